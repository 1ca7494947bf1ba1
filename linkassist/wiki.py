"""The nouns of a wiki: pages, lines, spans and links.

Nothing here reads a file or knows the notation; `scrapbox/` makes these values and everything else uses them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

Notation = Literal["bracket", "hashtag"]
_start_of = attrgetter("start")


def title_key(title: str) -> str:
    """The form in which titles are compared: `title_key("Sample Text") == "sample_text"`.

    Scrapbox resolves links by this key and by nothing wider: no NFKC, no trimming.
    """
    return title.replace(" ", "_").lower()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range `[start, end)` of code points of a raw line."""

    start: int
    end: int

    def cut(self, text: str) -> str:
        """The part of `text` that the span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Line:
    """One raw line as exported. Times are Unix seconds, 0 where the export has none."""

    text: str
    created: int = 0
    updated: int = 0
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as exported; `lines[0]` is the title line. `page_id` is Scrapbox's own, "" where the export has none."""

    title: str
    lines: tuple[Line, ...]
    page_id: str = ""
    created: int = 0
    updated: int = 0
    views: int = 0

    @property
    def key(self) -> str:
        """The page's title key."""
        return title_key(self.title)

    @property
    def texts(self) -> list[str]:
        """The raw text of each line, the title line being 0."""
        return [line.text for line in self.lines]


@dataclass(frozen=True, slots=True)
class Link:
    """An internal link that stands in a page. `span` covers the whole notation: `[x]` or `#x`."""

    line: int
    span: Span
    target: str
    notation: Notation

    @property
    def key(self) -> str:
        """The title key of the target."""
        return title_key(self.target)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a passage's text and where it stands in the raw line. `is_prose`: a link may be put there."""

    start: int
    raw_start: int
    length: int
    is_prose: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """One line as a reader sees it: links by their titles, without code, URLs, math and icons.

    `parts` ascend and tile `text`, but for the separators (U+001F) that stand where something was left out.
    """

    line: int
    text: str
    parts: tuple[Segment, ...]

    def raw_span(self, start: int, end: int) -> Span | None:
        """The raw span of `text[start:end]`, which is not empty; None where it leaves one stretch of prose."""
        place = bisect_right(self.parts, start, key=_start_of) - 1
        if place < 0:
            return None
        part = self.parts[place]
        if not part.is_prose or end > part.start + part.length:
            return None
        offset = part.raw_start - part.start
        return Span(start + offset, end + offset)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is learnt from one page: its passages, the targets it links (distinct, as written) and the icons it shows.

    `also_linked`: targets linked only where nothing is learnt, as in a diary's line of dates, below an AI marker or
    behind some thousand others.
    `author` is the id of the user who wrote most of its lines, "" where the export does not say.
    `marks`: what else it shows and says of itself, each with its kind in front: the hosts it links to ("host:"), other
    projects ("project:"), icons ("icon:") and its author ("author:").
    """

    title: str
    passages: tuple[Passage, ...]
    links: tuple[str, ...]
    icons: tuple[str, ...] = ()
    also_linked: tuple[str, ...] = ()
    created: int = 0
    author: str = ""
    marks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The page's title key."""
        return title_key(self.title)

    @property
    def text(self) -> str:
        """The title and the passages, one a line."""
        return "\n".join([self.title, *(passage.text for passage in self.passages)])
