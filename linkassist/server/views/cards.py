"""The cards beside a text: what is suggested, why, where in the text, and what the reader has said to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from linkassist.files.catalogs import Language
from linkassist.server.urls import page_address
from linkassist.server.views.highlights import Highlight, fits
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.plain_text import plain_text, words_around
from linkassist.server.views.preview import PreviewView
from linkassist.store.navigation import ProjectName
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Kind, Objection, Reason, Suggestion, Verdict
from linkassist.wiki import Span, title_key

CardState = Literal["open", "accepted", "rejected"]
Lane = Literal["text", "related", "red", "far"]  # parts of the list beside a page, in their order there

_N_MENTIONS: Final = 5
_N_BEFORE: Final = 14  # code points of a line that are shown before a mention
_N_AFTER: Final = 24
_OF_LINES: Final = ("similar_line", "far")  # reasons shown as two lines, not as a sentence
_OBJECTIONS: Final[tuple[Objection, ...]] = get_args(Objection)
_STATES: Final[dict[str, CardState]] = {"accept": "accepted", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention with the words around it. number: of its line, from 0."""

    number: int
    before: str
    surface: str
    after: str
    start: int = 0

    @property
    def place(self) -> str:
        """The line, start and surface, as a form names the mention: "2:5:words"."""
        return f"{self.number}:{self.start}:{self.surface}"


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """An objection that a rejected suggestion may get. key: on the keyboard. is_chosen: whether it has it."""

    code: Objection
    key: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SimilarLinesView:
    """Two similar lines, shown side by side: one of this page, and one of a page that links the target."""

    own: str
    page: NamedLink
    other: str


@dataclass(frozen=True, slots=True)
class CardView:
    """A suggestion. is_latest: whether it was decided on last.

    percent_found: the ranker's probability. percent: the probability after the reader's decisions.
    """

    rank: int
    target: str
    address: str
    kind: Kind
    percent: int
    percent_found: int
    reasons: tuple[str, ...]
    mentions: tuple[MentionView, ...]
    state: CardState
    preview: PreviewView | None
    lane: Lane
    is_latest: bool = False
    objections: tuple[ObjectionView, ...] = ()
    similar_lines: SimilarLinesView | None = None


@dataclass(frozen=True, slots=True)
class CardEntry:
    """A suggestion of the page, or a verdict on one that is no longer suggested.

    rank: its place in the list as it was found, which names it on the screen. found: the suggestion as it was found,
    before the reader's decisions changed its probability and place.
    """

    rank: int
    suggestion: Suggestion
    verdict: Verdict | None
    found: Suggestion

    @property
    def state(self) -> CardState:
        return _STATES[self.verdict.decision] if self.verdict else "open"

    @property
    def is_likely(self) -> bool:
        """Whether it is open and likely enough to be shown unasked."""
        return self.verdict is None and self.suggestion.is_worth_showing


def card_view(
    project: ProjectName,
    entry: CardEntry,
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
        objections=objections_to(entry),
        similar_lines=_similar_lines(project, of_lines[0]) if is_open and of_lines else None,
    )


def open_card(
    project: ProjectName,
    rank: int,
    suggestion: Suggestion,
    texts: Sequence[str],
    language: Language,
    preview: PreviewView,
) -> CardView:
    """The card of an open suggestion for a text with these lines."""
    return card_view(project, CardEntry(rank, suggestion, None, suggestion), texts, language, None, preview)


def _similar_lines(project: ProjectName, reason: Reason) -> SimilarLinesView:
    page, line = reason.names
    link = page_link(project.name, page)
    return SimilarLinesView(plain_text(reason.quote), link, plain_text(line))


def _lane(found: Suggestion) -> Lane:
    """The lane of the card, which no decision changes."""
    if found.group == "far":
        return "far"
    if found.kind != "page":
        return "red"
    return "text" if found.mentions else "related"


def _percent(probability: float) -> int:
    """From 1 to 99, for no ranker knows that a link is certain or impossible."""
    return min(99, max(1, round(100 * probability)))


def objections_to(entry: CardEntry) -> tuple[ObjectionView, ...]:
    """The objections that make sense for a rejected suggestion, none for others.

    A new link has no page that could be close or have another sense; without a mention there are no words to object to.
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


def _mention_views(entry: CardEntry, texts: Sequence[str]) -> Iterable[MentionView]:
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


def highlights_of(entries: Iterable[CardEntry]) -> Iterable[Highlight]:
    for entry in entries:
        suggestion = entry.suggestion
        if entry.verdict and entry.verdict.decision == "accept":
            if entry.verdict.mention:
                yield Highlight(entry.verdict.mention, suggestion.target, suggestion.kind, entry.rank, is_accepted=True)
        elif entry.verdict is None:
            for mention in suggestion.mentions:
                yield Highlight(mention, suggestion.target, suggestion.kind, entry.rank)
