"""One page as its screen shows it: the text with its marks, the list beside it, what stands around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from linkassist.review.verdicts import ShownSuggestion, lessons_of, shown_suggestions
from linkassist.server.preferences import Language
from linkassist.server.urls import listed_address, page_address
from linkassist.server.views.local_graph import MOST_JOINED, MOST_LINKS, GraphView, Spoke, local_graph
from linkassist.server.views.marks import Mark, fits, place_marks
from linkassist.server.views.models import (
    AlikeView,
    Block,
    CardView,
    GroupChoice,
    Lane,
    MentionView,
    NamedLink,
    NeighbourGroup,
    Notice,
    ObjectionView,
    PageView,
    PreviewView,
    State,
)
from linkassist.server.views.page_text import Surroundings, render_page, shown_lines
from linkassist.server.views.plain_text import plain_text, words_around
from linkassist.server.views.preview import Wanted, preview_views
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
from linkassist.store.verdicts import verdicts
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Group, Objection, Reason, Suggestion, Verdict
from linkassist.wiki import Span, title_key

_N_CARDS = 15
_N_BACKLINKS = 24
_N_MENTIONS = 5
_N_BEFORE, _N_AFTER = 14, 24
_OF_LINES = ("similar_line", "far")  # reasons that are seen rather than read
_OF_JOINING = ("joins", "bridges")  # their names are pages that the link would join
_OBJECTIONS: tuple[Objection, ...] = get_args(Objection)
_STATES: dict[str, State] = {"accept": "accepted", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A suggestion of the page, or a verdict on one that is no longer suggested.

    `rank` names it on the screen. It is its place in the list as it was found, so it stays when lessons move it;
    `found` is what it was then.
    """

    rank: int
    suggestion: Suggestion
    verdict: Verdict | None
    found: Suggestion

    @property
    def state(self) -> State:
        return _STATES[self.verdict.decision] if self.verdict else "open"

    @property
    def is_likely(self) -> bool:
        """Whether it is open and worth showing to those who have not asked for the weaker ones."""
        return self.verdict is None and self.suggestion.is_worth_showing


@dataclass(frozen=True, slots=True)
class OneSuggestion:
    """The card of one target, and the text of the page with its mentions marked."""

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
    """The screen of a stored page. shows_all: every open suggestion, also beyond the best of those worth showing.

    group: those of one group alone, where there are any.
    """
    texts = stored.page.texts
    lines = shown_lines(texts)
    linked = linked_targets(library, stored.id)
    decided = verdicts(library, stored.id)
    lessons = lessons_of(library, project.id)
    shown_ones = shown_suggestions(library, stored.id, lessons, with_decided=True)
    entries = everything = _entries(shown_ones, decided, linked)
    latest = title_key(decided[0].target) if decided else None
    if any(entry.found.group == group for entry in everything):
        entries = [entry for entry in everything if entry.found.group == group]
    else:
        group = None
    best = list(_best(entries, _N_CARDS))
    shown = entries if shows_all else best
    marks = place_marks(texts, _marks(shown))
    placed_accepted = {mark.card for on_line in marks.values() for mark in on_line if mark.is_accepted}
    wanted = [Wanted(entry.suggestion.target, entry.suggestion.kind) for entry in shown]
    previews = preview_views(library, project, wanted)
    cards = [
        _card(project, entry, texts, language, latest, preview) for entry, preview in zip(shown, previews, strict=True)
    ]
    before, after = next_by_gain(library, project.id, stored.id)
    around = backlinks(library, project.id, stored.page.key, limit=_N_BACKLINKS)
    n_backlinks = len(around)
    if n_backlinks == _N_BACKLINKS:
        n_backlinks = glances(library, project.id, [stored.page.key])[stored.page.key].n_linked
    return PageView(
        title=stored.page.title,
        address=page_address(project.name, stored.page.title),
        updated_at=stored.page.updated,
        n_links=len(linked.keys),
        blocks=render_page(lines, Surroundings(project.name, linked.existing_keys, marks)),
        n_cut=len(texts) - len(lines),
        appended=tuple(
            NamedLink(
                entry.suggestion.target,
                page_address(project.name, entry.suggestion.target),
                is_red=entry.suggestion.kind != "page",
            )
            for entry in shown
            if entry.state == "accepted" and entry.rank not in placed_accepted
        ),
        cards=tuple(card for card in cards if card.state != "rejected"),
        rejected=tuple(card for card in cards if card.state == "rejected"),
        n_open=sum(entry.state == "open" if shows_all else entry.is_likely for entry in entries),
        n_more=len(entries) - len(best),
        n_weaker=sum(entry.state == "open" and not entry.is_likely for entry in entries),
        shows_all=shows_all,
        groups=_groups(project, stored.page.title, everything, group, shows_all=shows_all),
        group=group or "",
        in_reverse=listed_address(project.name, stored.page.title, shows_all=not shows_all, group=group or ""),
        backlinks=tuple(
            NamedLink(each.title, page_address(project.name, each.title), plain_text(each.text)) for each in around
        ),
        n_backlinks=n_backlinks,
        neighbours=_neighbours(library, project, stored.id),
        graph=_graph(library, project, stored, shown, previews),
        is_ignored=stored.id in lessons.rules.pages,
        previous=NamedLink(before, page_address(project.name, before)) if before else None,
        next=NamedLink(after, page_address(project.name, after)) if after else None,
        notice=_completed(notice, everything, lessons.rules.words) if notice else None,
    )


def one_suggestion(
    library: Library, project: ProjectName, stored: StoredPage, target: str, language: Language
) -> OneSuggestion | None:
    """The suggestion of that target for the page, whatever became of it; None where there never was one."""
    texts = stored.page.texts
    linked = linked_targets(library, stored.id)
    decided = verdicts(library, stored.id)
    shown_ones = shown_suggestions(library, stored.id, lessons_of(library, project.id), with_decided=True)
    found = [
        entry
        for entry in _entries(shown_ones, decided, linked)
        if title_key(entry.suggestion.target) == title_key(target)
    ]
    if not found:
        return None
    (preview,) = preview_views(library, project, [Wanted(found[0].suggestion.target, found[0].suggestion.kind)])
    latest = title_key(decided[0].target) if decided else None
    around = Surroundings(project.name, linked.existing_keys, place_marks(texts, _marks(found)))
    return OneSuggestion(
        _card(project, found[0], texts, language, latest, preview), render_page(shown_lines(texts), around)
    )


def _entries(suggestions: Sequence[ShownSuggestion], decided: Sequence[Verdict], linked: LinkedTargets) -> list[_Entry]:
    """The list, best first; what the page has come to link itself is settled and left out."""
    entries = [
        _Entry(shown.stored.rank, shown.suggestion, shown.stored.verdict, shown.stored.suggestion)
        for shown in suggestions
        if title_key(shown.suggestion.target) not in linked.keys
    ]
    known = {title_key(entry.suggestion.target) for entry in entries} | linked.keys
    for verdict in decided:
        if title_key(verdict.target) not in known:
            mentions = (verdict.mention,) if verdict.mention else ()
            suggestion = Suggestion(verdict.target, verdict.kind, verdict.probability, mentions)
            entries.append(
                _Entry(max((entry.rank for entry in entries), default=0) + 1, suggestion, verdict, suggestion)
            )
    return entries


def _best(entries: Sequence[_Entry], n_open: int) -> Iterable[_Entry]:
    """The first of the open entries that are worth showing, and all decided ones."""
    for entry in entries:
        if entry.state != "open":
            yield entry
        elif entry.is_likely and n_open > 0:
            n_open -= 1
            yield entry


def _groups(
    project: ProjectName, title: str, entries: Sequence[_Entry], chosen: Group | None, *, shows_all: bool
) -> tuple[GroupChoice, ...]:
    """The groups to choose from, all of them together first; none where that would be no choice."""
    counted = Counter(entry.found.group for entry in entries if entry.verdict or shows_all or entry.is_likely)
    if chosen:
        counted[chosen] += 0  # with its last card decided on elsewhere, it is still where the reader is
    if len(counted) < 2:
        return ()

    def choice(group: Group | Literal[""], n_cards: int) -> GroupChoice:
        address = listed_address(project.name, title, shows_all=shows_all, group=group)
        return GroupChoice(group, n_cards, address, group == (chosen or ""))

    return (
        choice("", counted.total()),
        *(choice(group, counted[group]) for group in get_args(Group) if group in counted),
    )


def _marks(entries: Iterable[_Entry]) -> Iterable[Mark]:
    for entry in entries:
        suggestion = entry.suggestion
        if entry.verdict and entry.verdict.decision == "accept":
            if entry.verdict.mention:
                yield Mark(entry.verdict.mention, suggestion.target, suggestion.kind, entry.rank, is_accepted=True)
        elif entry.verdict is None:
            for mention in suggestion.mentions:
                yield Mark(mention, suggestion.target, suggestion.kind, entry.rank)


def _card(
    project: ProjectName,
    entry: _Entry,
    texts: Sequence[str],
    language: Language,
    latest: str | None,
    preview: PreviewView,
) -> CardView:
    suggestion = entry.suggestion
    is_open = entry.state == "open"
    of_lines = [reason for reason in suggestion.reasons if reason.signal in _OF_LINES and len(reason.names) == 2]
    return CardView(
        rank=entry.rank,
        target=suggestion.target,
        address=page_address(project.name, suggestion.target),
        kind=suggestion.kind,
        percent=_percent(suggestion.probability),
        percent_found=_percent(entry.found.probability),
        reasons=tuple(reason_text(reason, language) for reason in suggestion.reasons if reason not in of_lines)
        if is_open
        else (),
        mentions=tuple(_mention_views(entry, texts)) if is_open else (),
        state=entry.state,
        preview=preview if is_open else None,
        lane=_lane(entry.found),
        is_latest=title_key(suggestion.target) == latest,
        objections=_objections(entry),
        alike=_alike(project, of_lines[0]) if is_open and of_lines else None,
    )


def open_card(
    project: ProjectName,
    rank: int,
    suggestion: Suggestion,
    texts: Sequence[str],
    language: Language,
    preview: PreviewView,
) -> CardView:
    """The card of a suggestion that nothing is decided about, for a text with these lines."""
    return _card(project, _Entry(rank, suggestion, None, suggestion), texts, language, None, preview)


def _alike(project: ProjectName, reason: Reason) -> AlikeView:
    page, line = reason.names
    link = NamedLink(page, page_address(project.name, page))
    return AlikeView(plain_text(reason.quote), link, plain_text(line), is_far=reason.signal == "far")


def _lane(found: Suggestion) -> Lane:
    """The part of the list where the card stands, whatever is decided."""
    if found.group == "far":
        return "far"
    if found.kind != "page":
        return "red"
    return "text" if found.mentions else "related"


def _percent(probability: float) -> int:
    """Neither certain nor impossible: 0 and 100 would claim what no ranker knows."""
    return min(99, max(1, round(100 * probability)))


def _objections(entry: _Entry) -> tuple[ObjectionView, ...]:
    """What can be said against a rejected suggestion.

    A new link leads nowhere yet that could be near or be mistaken for something else; and where the text does not say
    the target there are no words to object to.
    """
    verdict = entry.verdict
    if verdict is None or verdict.decision != "reject":
        return ()
    pointless: set[Objection] = set()
    if verdict.kind == "new":
        pointless |= {"wrong_sense", "too_near"}
    if not verdict.mention and not entry.found.mentions:
        pointless |= {"wrong_sense", "wrong_span"}
    return tuple(
        ObjectionView(code, key, code == verdict.why)
        for key, code in enumerate(_OBJECTIONS, start=1)
        if code not in pointless
    )


def _mention_views(entry: _Entry, texts: Sequence[str]) -> Iterable[MentionView]:
    for mention in entry.suggestion.mentions[:_N_MENTIONS]:
        if fits(texts, mention):
            before, after = words_around(texts[mention.line], Span(mention.start, mention.end))
            yield MentionView(
                mention.line,
                f"…{before[-_N_BEFORE:]}" if len(before) > _N_BEFORE else before,
                mention.surface,
                f"{after[:_N_AFTER]}…" if len(after) > _N_AFTER else after,
                mention.start,
            )


def _neighbours(library: Library, project: ProjectName, page_id: int) -> tuple[NeighbourGroup, ...]:
    return tuple(
        NeighbourGroup(
            through=NamedLink(shared.target, page_address(project.name, shared.target), is_red=not shared.has_page),
            pages=tuple(NamedLink(title, page_address(project.name, title)) for title in shared.titles),
            n_more=shared.n_pages - len(shared.titles),
        )
        for shared in shared_targets(library, project.id, page_id)
    )


def _graph(
    library: Library,
    project: ProjectName,
    stored: StoredPage,
    shown: Sequence[_Entry],
    previews: Sequence[PreviewView],
) -> GraphView | None:
    """The picture of what stands around the page: of all links the first, of the suggestions those not rejected."""

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


def _completed(notice: Notice, entries: Sequence[_Entry], ignored: frozenset[str]) -> Notice | None:
    """The notice with its objections; None if things stand otherwise: its address may be an old one, opened again."""
    key = title_key(notice.target)
    if notice.decision in ("never", "again"):
        return notice if (key in ignored) == (notice.decision == "never") else None
    entry = next((each for each in entries if each.verdict and title_key(each.suggestion.target) == key), None)
    decision = entry.verdict.decision if entry and entry.verdict else "undo"
    if notice.decision != decision:
        return None
    return replace(notice, objections=_objections(entry)) if entry else notice
