"""The cards beside a text: what is suggested, why, where in the text, and what the reader has said to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from linkassist.files.catalogs import Language
from linkassist.review.line_after import LineAfter, LinesAfter
from linkassist.review.line_diff import DiffSpan
from linkassist.server.urls import page_address
from linkassist.server.views.highlights import Highlight, fits, place_of
from linkassist.server.views.links import NamedLink, page_link
from linkassist.server.views.plain_text import plain_text
from linkassist.server.views.preview import PreviewView
from linkassist.store.navigation import ProjectName
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Kind, Mention, Objection, Reason, Suggestion, Verdict
from linkassist.wiki import title_key

CardState = Literal["open", "accepted", "rejected"]
Lane = Literal["text", "related", "red", "far"]  # parts of the list beside a page, in their order there

_N_MENTIONS: Final = 20
_N_BEFORE: Final = 36  # code points of a line that are shown before what changes in it
_N_AFTER: Final = 48
_OF_LINES: Final = ("similar_line", "far")  # reasons shown as two lines, not as a sentence
_OBJECTIONS: Final[tuple[Objection, ...]] = get_args(Objection)
_STATES: Final[dict[str, CardState]] = {"accept": "accepted", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class MentionView:
    """A mention with the line after accepting it, cut around the change. number: of the mention's line, from 0.

    line: its spans; "kept" is what stands between the brackets that come in.
    is_added: the mention cannot become a link where it is, so the line is one added at the end of the page.
    """

    number: int
    start: int
    surface: str
    line: tuple[DiffSpan, ...]
    is_added: bool = False

    @property
    def place(self) -> str:
        """The line, start and surface, as a form names the mention: "2:5:words"."""
        return place_of(Mention(self.number, self.start, self.start + len(self.surface), self.surface))


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

    percent_found: the ranker's probability. percent: the probability after the reader's decisions. added: without a
    mention, the line added at the end; () if the target cannot be written as a link. is_led_by_lines: whether the
    similar lines are the strongest of its reasons.
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
    added: tuple[DiffSpan, ...] = ()
    is_led_by_lines: bool = False

    @property
    def n_more_reasons(self) -> int:
        """Reasons after the first."""
        return max(0, len(self.reasons) + (self.similar_lines is not None) - 1)


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
    after: LinesAfter | None = None,
) -> CardView:
    """The card of an entry. texts: the raw lines. after: the lines after accepting it, None to make them here."""
    suggestion = entry.suggestion
    after = after or LinesAfter(texts)
    is_open = entry.state == "open"
    mentions = tuple(_mention_views(entry, texts, after)) if is_open else ()
    added = after.of(suggestion.target, None) if is_open and not mentions else None
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
        mentions=mentions,
        state=entry.state,
        preview=preview if is_open else None,
        lane=_lane(entry.found),
        is_latest=title_key(suggestion.target) == latest,
        objections=objections_to(entry),
        similar_lines=_similar_lines(project, of_lines[0]) if is_open and of_lines else None,
        added=added.spans if added else (),
        is_led_by_lines=bool(of_lines) and suggestion.reasons[0] in of_lines,
    )


def open_card(
    project: ProjectName,
    rank: int,
    suggestion: Suggestion,
    texts: Sequence[str],
    language: Language,
    preview: PreviewView,
    after: LinesAfter | None = None,
) -> CardView:
    """The card of an open suggestion for a text with these lines."""
    return card_view(project, CardEntry(rank, suggestion, None, suggestion), texts, language, None, preview, after)


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


def _mention_views(entry: CardEntry, texts: Sequence[str], after: LinesAfter) -> Iterable[MentionView]:
    for mention in entry.suggestion.mentions[:_N_MENTIONS]:
        line = after.of(entry.suggestion.target, mention) if fits(texts, mention) else None
        if line:
            yield MentionView(mention.line, mention.start, mention.surface, _around_change(line), line.is_added)


def _around_change(line: LineAfter) -> tuple[DiffSpan, ...]:
    """The spans of the line without indentation; of a long one those around its change, with a "…"."""
    first = next(number for number, span in enumerate(line.spans) if span.how != "same")
    last = max(number for number, span in enumerate(line.spans) if span.how != "same")
    before = "".join(span.text for span in line.spans[:first]).lstrip()
    after = "".join(span.text for span in line.spans[last + 1 :]).rstrip()
    if len(before) > _N_BEFORE:
        before = f"…{before[-_N_BEFORE:]}"
    if len(after) > _N_AFTER:
        after = f"{after[:_N_AFTER]}…"
    changed = (DiffSpan(span.text, "kept" if span.how == "same" else span.how) for span in line.spans[first : last + 1])
    return tuple(span for span in (DiffSpan(before, "same"), *changed, DiffSpan(after, "same")) if span.text)


def highlights_of(entries: Iterable[CardEntry]) -> Iterable[Highlight]:
    for entry in entries:
        suggestion = entry.suggestion
        if entry.verdict and entry.verdict.decision == "accept":
            if entry.verdict.mention:
                yield Highlight(entry.verdict.mention, suggestion.target, suggestion.kind, entry.rank, is_accepted=True)
        elif entry.verdict is None:
            for mention in suggestion.mentions[:_N_MENTIONS]:
                yield Highlight(mention, suggestion.target, suggestion.kind, entry.rank)
