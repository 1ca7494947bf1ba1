"""What the templates get: plain values, ready to show. Nothing here reads the library or knows a language's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkassist.server.preferences import Preferences
from linkassist.suggestion import Kind

PieceKind = Literal[
    "plain", "styled", "link", "red", "hashtag", "red_hashtag", "project_link", "external", "image", "icon",
    "code", "math", "location", "mark", "accepted",
]  # fmt: skip
State = Literal["open", "accepted", "rejected"]


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

    position: int
    number: int
    before: str
    surface: str
    after: str


@dataclass(frozen=True, slots=True)
class CardView:
    """One suggestion in the list beside the page; `is_latest` marks what was decided last."""

    rank: int
    target: str
    address: str
    kind: Kind
    percent: int
    reasons: tuple[str, ...]
    mentions: tuple[MentionView, ...]
    state: State
    preview: PreviewView | None
    is_latest: bool = False


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project as the frame and the home screen name it."""

    name: str
    display_name: str
    address: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every screen. `here` is its own address, to come back to after a choice."""

    preferences: Preferences
    here: str
    title: str
    projects: tuple[ProjectView, ...] = ()
    project: ProjectView | None = None
    search: str = ""


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
    """The list of a project's pages, or the part of it that is shown."""

    rows: tuple[RowView, ...]
    sorts: tuple[Choice, ...]
    sort: str
    n_found: int
    first: int
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class FiguresView:
    """A project in figures. `indexed_at` is when its suggestions were last brought up to date, 0 if never."""

    n_pages: int
    n_links: int
    n_suggestions: int
    indexed_at: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What was just done, with what undoes it."""

    decision: Literal["accept", "reject", "undo"]
    target: str


@dataclass(frozen=True, slots=True)
class NeighbourGroup:
    """Pages that share a link with this one; `n_more` are not named."""

    through: NamedLink
    pages: tuple[NamedLink, ...]
    n_more: int


@dataclass(frozen=True, slots=True)
class PageView:
    """One page, its suggestions and its surroundings. `n_cut` lines at its end are too many to be shown.

    `n_open` counts the open suggestions, the weaker ones only where all are shown. `n_more` are kept for those who ask,
    `n_weaker` of them since they are not likely.
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
    backlinks: tuple[NamedLink, ...]
    n_backlinks: int
    neighbours: tuple[NeighbourGroup, ...]
    previous: NamedLink | None
    next: NamedLink | None
    notice: Notice | None


@dataclass(frozen=True, slots=True)
class RedView:
    """A title without a page: who links it, and which titles are like it."""

    title: str
    linkers: tuple[NamedLink, ...]
    n_linked: int
    near: tuple[NamedLink, ...]
