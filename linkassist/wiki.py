"""The data types of a wiki: pages, lines, spans, links and passages. `scrapbox/` makes them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal

Notation = Literal["bracket", "hashtag"]
PassageKind = Literal["text", "quote", "table", "table_title"]
_start_of = attrgetter("start")

LATEST_TIME: Final = 4_102_444_800  # 2100-01-01
_EARLIEST_IN_FRACTIONS: Final = 315_532_800  # 1980-01-01: a time counted in milliseconds or microseconds is no older
_UNITS_PER_S: Final = (1_000, 1_000_000)


def unix_second(value: object) -> int:
    """A time from outside in Unix seconds, 0 if unknown: `unix_second(1_616_457_600_000) == 1_616_457_600`.

    value: seconds up to 2100, or milliseconds or microseconds from 1980 to 2100; fractions are dropped.
    Anything else, such as a negative number, text or null, is unknown.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return 0
    whole = int(value)
    if whole < LATEST_TIME:
        return whole
    seconds = (whole // per_s for per_s in _UNITS_PER_S)
    return next((each for each in seconds if _EARLIEST_IN_FRACTIONS <= each < LATEST_TIME), 0)


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
    """An internal link in a page. `span` covers the whole notation: `[x]` or `#x`."""

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
    """A segment of a passage's text, and its place in the raw line. `is_prose`: a link can be put there."""

    start: int
    raw_start: int
    length: int
    is_prose: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """The visible text of one line: links by their titles, without code, URLs, math and icons.

    `segments` ascend and tile `text`, except for the separators (U+001F) in place of what was left out. created,
    updated: times of the line, Unix seconds, 0 where unknown. kind: of the line.
    """

    line: int
    text: str
    segments: tuple[Segment, ...]
    created: int = 0
    updated: int = 0
    kind: PassageKind = "text"

    def raw_span(self, start: int, end: int) -> Span | None:
        """The raw span of `text[start:end]`, which is not empty; None where it is not within one segment of prose."""
        place = bisect_right(self.segments, start, key=_start_of) - 1
        if place < 0:
            return None
        segment = self.segments[place]
        if not segment.is_prose or end > segment.start + segment.length:
            return None
        offset = segment.raw_start - segment.start
        return Span(start + offset, end + offset)

    def links(self) -> Iterator[tuple[str, Segment]]:
        """(title key, segment) of the segments that are no prose. A segment is a link if the page links that key."""
        for segment in self.segments:
            if not segment.is_prose:
                yield title_key(self.text[segment.start : segment.start + segment.length]), segment


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a page that are learnt from: passages, linked targets (distinct, as written) and icons.

    also_linked: targets linked only where nothing is learnt, as in a diary's line of dates, below an AI marker or after
    some thousand others.
    marks: other attributes, prefixed with their kind: the hosts it links to ("host:"), other projects ("project:"),
    icons ("icon:") and the user who wrote most of its lines ("author:").
    points_to: the title to which the page does no more than point, "" for any other page.
    """

    title: str
    passages: tuple[Passage, ...]
    links: tuple[str, ...]
    icons: tuple[str, ...] = ()
    also_linked: tuple[str, ...] = ()
    created: int = 0
    marks: tuple[str, ...] = ()
    points_to: str = ""

    @property
    def key(self) -> str:
        """The page's title key."""
        return title_key(self.title)

    @property
    def text(self) -> str:
        """The title and the passages, one a line."""
        return "\n".join([self.title, *(passage.text for passage in self.passages)])
