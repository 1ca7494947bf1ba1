"""What the templates get: plain values, ready to show. Nothing here reads the library or knows a language's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkassist.evaluate.figures import Origin
from linkassist.server.preferences import Preferences
from linkassist.server.views.local_graph import GraphView
from linkassist.suggestion import Group, Kind, Objection

PieceKind = Literal[
    "plain", "styled", "link", "red", "hashtag", "red_hashtag", "project_link", "external", "image", "icon",
    "code", "math", "location", "mark", "accepted",
]  # fmt: skip
State = Literal["open", "accepted", "rejected"]
Lane = Literal["text", "related", "red", "far"]  # parts of the list beside a page, in their order there


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a line as it is shown. `classes` are decoration classes, `card` the rank of the suggestion it marks."""

    kind: PieceKind
    text: str = ""
    href: str = ""
    source: str = ""
    classes: str = ""
    suggested: Kind = "page"
    card: int = -1
    count: int = 1
    children: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One line of prose; `indent` 0 has no bullet, and where a number stands it takes the bullet's place."""

    number: int
    indent: int
    pieces: tuple[Piece, ...]
    is_quote: bool = False
    is_numbered: bool = False
    shape: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A `code:` block; `number` is its title line."""

    number: int
    indent: int
    name: str
    text: str
    shape: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A `table:` block: rows of cells of pieces, each row with its line number."""

    number: int
    indent: int
    name: str
    rows: tuple[tuple[int, tuple[tuple[Piece, ...], ...]], ...]
    shape: Literal["table"] = "table"


Block = TextBlock | CodeBlock | TableBlock


@dataclass(frozen=True, slots=True)
class NamedLink:
    """A title and where it leads; `line` is a line of it, or one that says why it is here."""

    title: str
    address: str
    line: str = ""
    is_red: bool = False


@dataclass(frozen=True, slots=True)
class PreviewView:
    """A first look at a target: the first lines of a page, or the pages that link it where it has no page."""

    title: str
    address: str
    kind: Kind
    lines: tuple[str, ...]
    linkers: tuple[NamedLink, ...]
    n_linked: int


@dataclass(frozen=True, slots=True)
class MentionView:
    """A place in the text that could become the link, with the words around it. `number` counts lines from 0."""

    number: int
    before: str
    surface: str
    after: str
    start: int = 0

    @property
    def place(self) -> str:
        """Where it stands in the raw text and what stands there, as a form names it: "2:5:words"."""
        return f"{self.number}:{self.start}:{self.surface}"


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """What can be said against a rejected suggestion, and whether it was; `key` is the key that says it."""

    code: Objection
    key: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AlikeView:
    """Two lines that speak for a suggestion, side by side: this page's, and that of a page that links the target.

    `is_far`: by links the two pages lie far apart.
    """

    own: str
    page: NamedLink
    other: str
    is_far: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """One suggestion in the list beside the page; `is_latest` marks what was decided last.

    `percent_found` is what the ranker gave, `percent` what it is after what the reader has taught.
    """

    rank: int
    target: str
    address: str
    kind: Kind
    percent: int
    percent_found: int
    reasons: tuple[str, ...]
    mentions: tuple[MentionView, ...]
    state: State
    preview: PreviewView | None
    lane: Lane
    is_latest: bool = False
    objections: tuple[ObjectionView, ...] = ()
    alike: AlikeView | None = None


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project as the frame and the home screen name it."""

    name: str
    display_name: str
    address: str


Section = Literal["pages", "queue", "outbox", "draft", "quality", "settings"]


@dataclass(frozen=True, slots=True)
class TabView:
    """A way to one of the project's screens; `count` is how much waits there, where that is told."""

    section: Section
    address: str
    is_here: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every screen. `here` is its own address, to come back to after a choice.

    is_logged_in: with the password, so that it can log out.
    """

    preferences: Preferences
    here: str
    title: str
    projects: tuple[ProjectView, ...] = ()
    project: ProjectView | None = None
    search: str = ""
    tabs: tuple[TabView, ...] = ()
    is_logged_in: bool = False


@dataclass(frozen=True, slots=True)
class RowView:
    """A page in the list; `beginning` is what its text begins with.

    `gain_share` is its gain in per cent of the greatest in the project.
    """

    title: str
    address: str
    n_suggestions: int
    gain: float
    gain_share: int
    n_links: int
    updated_at: int
    beginning: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to see a list."""

    name: str
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class HomeView:
    """The list of a project's pages, or the part of it that is shown. everything: the address without a filter.

    is_dated: whether the pages tell when they were changed.
    """

    rows: tuple[RowView, ...]
    sorts: tuple[Choice, ...]
    filters: tuple[Choice, ...]
    is_dated: bool
    is_filtered: bool
    n_found: int
    first: int
    everything: str
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class FiguresView:
    """A project in figures."""

    n_pages: int
    n_links: int
    n_suggestions: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What was just done, with what undoes it; after a rejection also what can be said against the suggestion.

    "never": the target is an ignored word now, "again": it is none any more.
    """

    decision: Literal["accept", "reject", "undo", "never", "again"]
    target: str
    objections: tuple[ObjectionView, ...] = ()


@dataclass(frozen=True, slots=True)
class NeighbourGroup:
    """Pages that share a link with this one; `n_more` are not named."""

    through: NamedLink
    pages: tuple[NamedLink, ...]
    n_more: int


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """One group of a page's suggestions, "" for all of them: how many cards it has, and where they are alone."""

    group: Group | Literal[""]
    n_cards: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PageView:
    """One page, its suggestions and its surroundings. `n_cut` lines at its end are too many to be shown.

    `n_open` counts the open suggestions, the weaker ones only where all are shown. `n_more` are kept for those who ask,
    `n_weaker` of them since they are not likely. `groups`: each, where there is more than one; cards and counts are of
    those in `group` alone, "" for all. `in_reverse`: the address with the weaker ones, or without them.
    `is_ignored`: the reader wants no suggestions for it.
    """

    title: str
    address: str
    updated_at: int
    n_links: int
    blocks: tuple[Block, ...]
    n_cut: int
    appended: tuple[NamedLink, ...]
    cards: tuple[CardView, ...]
    rejected: tuple[CardView, ...]
    n_open: int
    n_more: int
    n_weaker: int
    shows_all: bool
    groups: tuple[GroupChoice, ...]
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
class RedView:
    """A title without a page: who links it, and which titles are like it.

    scrapbox: where it can be written. is_suggested: whether other pages may be suggested it.
    """

    title: str
    linkers: tuple[NamedLink, ...]
    n_linked: int
    near: tuple[NamedLink, ...]
    scrapbox: str
    is_suggested: bool


@dataclass(frozen=True, slots=True)
class HeadlineView:
    """Of ten suggestions shown between `low` and `high` per cent, people had made `of_ten`; `n` were counted."""

    low: int
    high: int
    of_ten: int
    n: int


@dataclass(frozen=True, slots=True)
class DotView:
    """The suggestions of one tenth: what was promised and what came true, in per cent and as a place in the diagram.

    Between `least_y` and `most_y` lies what can be said with 95 % certainty.
    """

    x: float
    y: float
    radius: float
    least_y: float
    most_y: float
    low: int
    high: int
    n: int
    promised: int
    right: int


@dataclass(frozen=True, slots=True)
class SuggesterView:
    """Ours or a simple one beside it, in per cent."""

    name: str
    is_ours: bool
    found_in_10: int
    first_right: int


@dataclass(frozen=True, slots=True)
class KindFiguresView:
    """One kind of suggestion, in per cent."""

    kind: Kind
    n_links: int
    found_in_10: int
    first_right: int


@dataclass(frozen=True, slots=True)
class SignalView:
    """The suggestions with one first reason: what was promised and what came true, in per cent."""

    signal: str
    n: int
    promised: int
    right: int


@dataclass(frozen=True, slots=True)
class QualityView:
    """How far the suggestions can be trusted, as last measured at `made_at`.

    origin, moment, n_before, n_asked: what was measured on. n_linking: pages whose authors linked anything; n_links:
    what was there to find, `is_rough` where that is little.
    """

    made_at: int
    origin: Origin
    moment: int
    is_blind: bool
    encoder: str
    n_before: int
    n_asked: int
    n_linking: int
    n_links: int
    is_rough: bool
    headline: HeadlineView | None
    dots: tuple[DotView, ...]
    suggesters: tuple[SuggesterView, ...]
    kinds: tuple[KindFiguresView, ...]
    signals: tuple[SignalView, ...]
