"""The nouns of a wiki: pages, lines, spans and links.

Nothing here reads a file or knows the notation; `scrapbox/` makes these values and everything else uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Notation = Literal["bracket", "hashtag"]


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
