"""The screen of a page: its text with highlights, the cards beside it, its backlinks and neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from linkassist.files.catalogs import Language
from linkassist.review.line_after import LinesAfter
from linkassist.review.verdicts import ShownSuggestion, lessons_of, shown_suggestions
from linkassist.scrapbox.edits import Accepted
from linkassist.server.urls import listed_address, page_address, page_in_scrapbox
from linkassist.server.views.cards import CardEntry, CardView, ObjectionView, card_view, highlights_of, objections_to
from linkassist.server.views.highlights import Highlight, place_highlights
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.local_graph import MOST_JOINED, MOST_LINKS, GraphView, Spoke, local_graph
from linkassist.server.views.page_text import Block, RenderContext, render_page, shown_lines
from linkassist.server.views.plain_text import first_picture, plain_text
from linkassist.server.views.preview import PreviewRequest, PreviewView, preview_views
from linkassist.store.library import Library
from linkassist.store.navigation import (
    LinkedTargets,
    ProjectName,
    glances,
    linked_targets,
    linked_titles,
    next_by_gain,
    shared_targets,
)
from linkassist.store.pages import StoredPage, backlinks
from linkassist.store.verdicts import accepted_between, verdicts
from linkassist.suggest.feedback.learn import Lessons
from linkassist.suggestion import Floors, Group, Suggestion, Verdict
from linkassist.wiki import title_key

# What the reader has just done on a page.
PageAction = Literal["accept", "reject", "undo", "never", "again", "accept_all", "undo_all"]

SURE_PERCENT: Final = 70  # suggestions from here on can be accepted all at once

_N_CARDS: Final = 15
_N_BACKLINKS: Final = 24
_OF_JOINING: Final = ("joins", "bridges")  # reasons whose names are pages that the link would join


@dataclass(frozen=True, slots=True)
class Notice:
    """What the reader has just done; after a rejection with the objections to choose from.

    decision "never": the target is an ignored word now; "again": it no longer is. "accept_all": several were accepted,
    in the log entries after `since` up to `until`; n_links: how many of them hold. "undo_all": they were taken back.
    """

    decision: PageAction
    target: str = ""
    since: int = 0
    until: int = 0
    n_links: int = 0
    objections: tuple[ObjectionView, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighbourGroup:
    """Pages that share a link with this one. n_more: how many are left out."""

    through: NamedLink
    pages: tuple[NamedLink, ...]
    n_more: int


@dataclass(frozen=True, slots=True)
class GroupOption:
    """A filter of a page's suggestions by group, "" for all: the number of its cards and its address."""

    group: Group | Literal[""]
    n_cards: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PageView:
    """A page with its suggestions. scrapbox: its address there. n_cut: lines at its end that are not shown.

    n_open: open suggestions, the less likely ones only if shows_all. n_more: suggestions shown only with shows_all,
    n_weaker of them because they are less likely. floors: of what is shown unasked. sure: the open cards of at least
    SURE_PERCENT. groups: the filters, if there is more than one group; cards and counts are of `group` alone, "" for
    all. in_reverse: the address with shows_all the other way round. is_ignored: whether the reader wants no
    suggestions for the page.
    """

    title: str
    address: str
    scrapbox: str
    updated_at: int
    n_links: int
    blocks: tuple[Block, ...]
    n_cut: int
    appended: tuple[NamedLink, ...]
    cards: tuple[CardView, ...]
    rejected: tuple[CardView, ...]
    sure: tuple[CardView, ...]
    n_open: int
    n_more: int
    n_weaker: int
    floors: Floors
    shows_all: bool
    groups: tuple[GroupOption, ...]
    group: Group | Literal[""]
    in_reverse: str
    backlinks: tuple[NamedLink, ...]
    n_backlinks: int
    neighbours: tuple[NeighbourGroup, ...]
    graph: GraphView | None
    is_ignored: bool
    previous: NamedLink | None
    next: NamedLink | None
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class OneSuggestion:
    """The card of one target, and the text of the page with its mentions highlighted."""

    card: CardView
    blocks: tuple[Block, ...]


def page_view(
    library: Library,
    project: ProjectName,
    stored: StoredPage,
    language: Language,
    *,
    shows_all: bool = False,
    group: Group | None = None,
    notice: Notice | None = None,
) -> PageView:
    """The screen of a stored page. shows_all: with every open suggestion, not only the likely ones.

    group: only suggestions of that group, if there are any.
    """
    texts = stored.page.texts
    lines = shown_lines(texts)
    linked = linked_targets(library, stored.id)
    lessons = lessons_of(library, project.id)
    everything, latest = _entries_of(library, stored, linked, lessons)
    entries = [entry for entry in everything if entry.found.group == group]
    if not entries:
        group, entries = None, everything
    best = list(_best(entries, _N_CARDS))
    shown = entries if shows_all else best
    highlights = place_highlights(texts, highlights_of(shown))
    previews = _previews(library, project, shown)
    lines_after = LinesAfter(texts, _accepted(everything))
    cards = [
        card_view(project, entry, texts, language, latest, preview, lines_after)
        for entry, preview in zip(shown, previews, strict=True)
    ]
    before, after = next_by_gain(library, project.id, stored.id)
    links, n_backlinks = _backlinks(library, project, stored)
    return PageView(
        title=stored.page.title,
        address=page_address(project.name, stored.page.title),
        scrapbox=page_in_scrapbox(project.name, stored.page.title),
        updated_at=stored.page.updated,
        n_links=len(linked.keys),
        blocks=render_page(lines, RenderContext(project.name, linked.existing_keys, highlights)),
        n_cut=len(texts) - len(lines),
        appended=tuple(_appended(project, shown, highlights)),
        cards=tuple(card for card in cards if card.state != "rejected"),
        rejected=tuple(card for card in cards if card.state == "rejected"),
        sure=tuple(card for card in cards if card.state == "open" and card.percent >= SURE_PERCENT),
        n_open=sum(entry.state == "open" if shows_all else entry.is_likely for entry in entries),
        n_more=len(entries) - len(best),
        n_weaker=sum(entry.state == "open" and not entry.is_likely for entry in entries),
        floors=lessons.rules.floors,
        shows_all=shows_all,
        groups=_groups(project, stored.page.title, everything, group, shows_all=shows_all),
        group=group or "",
        in_reverse=listed_address(project.name, stored.page.title, shows_all=not shows_all, group=group or ""),
        backlinks=links,
        n_backlinks=n_backlinks,
        neighbours=_neighbours(library, project, stored.id),
        graph=_graph(library, project, stored, shown, previews),
        is_ignored=stored.id in lessons.rules.pages,
        previous=page_link(project.name, before) if before else None,
        next=page_link(project.name, after) if after else None,
        notice=_completed(library, stored.id, notice, everything, lessons.rules.words) if notice else None,
    )


def one_suggestion(
    library: Library, project: ProjectName, stored: StoredPage, target: str, language: Language
) -> OneSuggestion | None:
    """The suggestion of the target for the page, open or decided; None if there is none."""
    texts = stored.page.texts
    linked = linked_targets(library, stored.id)
    entries, latest = _entries_of(library, stored, linked, lessons_of(library, project.id))
    found = [entry for entry in entries if title_key(entry.suggestion.target) == title_key(target)]
    if not found:
        return None
    (preview,) = _previews(library, project, found[:1])
    around = RenderContext(project.name, linked.existing_keys, place_highlights(texts, highlights_of(found)))
    after = LinesAfter(texts, _accepted(entries))
    return OneSuggestion(
        card_view(project, found[0], texts, language, latest, preview, after), render_page(shown_lines(texts), around)
    )


def _entries_of(
    library: Library, stored: StoredPage, linked: LinkedTargets, lessons: Lessons
) -> tuple[list[CardEntry], str | None]:
    """What was suggested for the page or decided on it, best first, and the title key that was decided on last."""
    decided = verdicts(library, stored.id)
    suggestions = shown_suggestions(library, stored.id, lessons, with_decided=True)
    return _entries(suggestions, decided, linked), title_key(decided[0].target) if decided else None


def _previews(library: Library, project: ProjectName, entries: Sequence[CardEntry]) -> list[PreviewView]:
    return preview_views(
        library, project, [PreviewRequest(entry.suggestion.target, entry.suggestion.kind) for entry in entries]
    )


def _accepted(entries: Sequence[CardEntry]) -> list[Accepted]:
    """The accepted links that are not in the page yet."""
    return [
        (entry.verdict.target, entry.verdict.mention)
        for entry in entries
        if entry.verdict and entry.verdict.decision == "accept"
    ]


def _appended(
    project: ProjectName, entries: Sequence[CardEntry], highlights: Mapping[int, Sequence[Highlight]]
) -> Iterable[NamedLink]:
    """The accepted links that the text has no words for, so that they go to the end of the page."""
    placed = {each.card for on_line in highlights.values() for each in on_line if each.is_accepted}
    for entry in entries:
        if entry.state == "accepted" and entry.rank not in placed:
            yield page_link(project.name, entry.suggestion.target, is_red=entry.suggestion.kind != "page")


def _backlinks(library: Library, project: ProjectName, stored: StoredPage) -> tuple[tuple[NamedLink, ...], int]:
    """The first pages that link the page, and how many there are."""
    key = stored.page.key
    found = backlinks(library, project.id, key, limit=_N_BACKLINKS)
    n_found = len(found) if len(found) < _N_BACKLINKS else glances(library, project.id, [key])[key].n_linked
    return tuple(page_link(project.name, each.title, plain_text(each.text)) for each in found), n_found


def _entries(
    suggestions: Sequence[ShownSuggestion], decided: Sequence[Verdict], linked: LinkedTargets
) -> list[CardEntry]:
    """The entries, best first, without targets that the page links by now."""
    entries = [
        CardEntry(shown.stored.rank, shown.suggestion, shown.stored.verdict, shown.stored.suggestion)
        for shown in suggestions
        if title_key(shown.suggestion.target) not in linked.keys
    ]
    known = {title_key(entry.suggestion.target) for entry in entries} | linked.keys
    for verdict in decided:
        if title_key(verdict.target) not in known:
            mentions = (verdict.mention,) if verdict.mention else ()
            suggestion = Suggestion(verdict.target, verdict.kind, verdict.probability, mentions)
            entries.append(
                CardEntry(max((entry.rank for entry in entries), default=0) + 1, suggestion, verdict, suggestion)
            )
    return entries


def _best(entries: Sequence[CardEntry], n_open: int) -> Iterable[CardEntry]:
    """The first `n_open` likely open entries, and all decided ones."""
    for entry in entries:
        if entry.state != "open":
            yield entry
        elif entry.is_likely and n_open > 0:
            n_open -= 1
            yield entry


def _groups(
    project: ProjectName, title: str, entries: Sequence[CardEntry], chosen: Group | None, *, shows_all: bool
) -> tuple[GroupOption, ...]:
    """The filters, that for all groups first; empty if there is only one group."""
    counted = Counter(entry.found.group for entry in entries if entry.verdict or shows_all or entry.is_likely)
    if chosen:
        counted[chosen] += 0  # chosen, though its last card was decided on elsewhere
    if len(counted) < 2:
        return ()

    def choice(group: Group | Literal[""], n_cards: int) -> GroupOption:
        address = listed_address(project.name, title, shows_all=shows_all, group=group)
        return GroupOption(group, n_cards, address, group == (chosen or ""))

    return (
        choice("", counted.total()),
        *(choice(group, counted[group]) for group in get_args(Group) if group in counted),
    )


def _neighbours(library: Library, project: ProjectName, page_id: int) -> tuple[NeighbourGroup, ...]:
    groups = shared_targets(library, project.id, page_id)
    known = glances(library, project.id, list({title_key(title) for shared in groups for title in shared.titles}))

    def tile(title: str) -> NamedLink:
        lines = known[title_key(title)].lines
        beginning = " ".join(filter(None, map(plain_text, lines)))
        return replace(page_link(project.name, title, beginning), picture=first_picture(lines))

    return tuple(
        NeighbourGroup(
            through=page_link(project.name, shared.target, is_red=not shared.has_page),
            pages=tuple(map(tile, shared.titles)),
            n_more=shared.n_pages - len(shared.titles),
        )
        for shared in groups
    )


def _graph(
    library: Library,
    project: ProjectName,
    stored: StoredPage,
    shown: Sequence[CardEntry],
    previews: Sequence[PreviewView],
) -> GraphView | None:
    """The graph of the page: its first links, and its likely suggestions that are not rejected."""

    def spoke(title: str) -> Spoke:
        return Spoke(title, page_address(project.name, title))

    titles, n_links = linked_titles(library, stored.id, limit=MOST_LINKS)
    links = [replace(spoke(title), kind="page" if has_page else "red") for title, has_page in titles]
    proposed = []
    for entry, preview in zip(shown, previews, strict=True):
        if entry.state == "rejected" or not (entry.is_likely or entry.verdict):
            continue
        found = entry.found
        names = [link.title for link in preview.linkers] if found.kind == "red" else []
        names += [name for reason in found.reasons if reason.signal in _OF_JOINING for name in reason.names]
        joined = tuple(spoke(name) for name in dict.fromkeys(names)) if found.kind != "page" else ()
        target = replace(spoke(found.target), kind=found.kind, is_accepted=entry.state == "accepted")
        proposed.append(replace(target, joined=joined[:MOST_JOINED]))
    return local_graph(spoke(stored.page.title), links, proposed, n_links - len(links))


def _completed(
    library: Library, page_id: int, notice: Notice, entries: Sequence[CardEntry], ignored: frozenset[str]
) -> Notice | None:
    """The notice with its objections; None if it no longer holds, as at an old address opened again."""
    if notice.decision in ("accept_all", "undo_all"):
        n_links = len(accepted_between(library, page_id, notice.since, notice.until))
        return replace(notice, n_links=n_links) if (n_links > 0) == (notice.decision == "accept_all") else None
    key = title_key(notice.target)
    if notice.decision in ("never", "again"):
        return notice if (key in ignored) == (notice.decision == "never") else None
    entry = next((each for each in entries if each.verdict and title_key(each.suggestion.target) == key), None)
    decision = entry.verdict.decision if entry and entry.verdict else "undo"
    if notice.decision != decision:
        return None
    return replace(notice, objections=objections_to(entry)) if entry else notice
