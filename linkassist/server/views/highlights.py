"""Highlights of suggestions in a page's text; where two would overlap, the better one stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkassist.suggestion import Kind, Mention


@dataclass(frozen=True, slots=True)
class Highlight:
    """A mention that is highlighted, or, once accepted, shown as a link. card: the rank of its suggestion."""

    mention: Mention
    target: str
    kind: Kind
    card: int
    is_accepted: bool = False


def place_highlights(texts: Sequence[str], highlights: Iterable[Highlight]) -> dict[int, list[Highlight]]:
    """The highlights by line number, in order of their start. highlights: best first.

    Left out are those whose surface is not at its span, as after a change of the page, and those that overlap an
    accepted or a better one.
    """
    placed: dict[int, list[Highlight]] = {}
    for highlight in sorted(highlights, key=lambda each: not each.is_accepted):
        if not fits(texts, highlight.mention):
            continue
        on_line = placed.setdefault(highlight.mention.line, [])
        if not any(_overlap(highlight.mention, other.mention) for other in on_line):
            on_line.append(highlight)
    for on_line in placed.values():
        on_line.sort(key=lambda each: each.mention.start)
    return placed


def fits(texts: Sequence[str], mention: Mention) -> bool:
    """Whether the mention's surface stands at its span; never on the title line."""
    if not 0 < mention.line < len(texts) or not mention.surface:
        return False
    return texts[mention.line][mention.start : mention.end] == mention.surface


def place_of(mention: Mention) -> str:
    """The line, start and surface, as a form names the mention: "2:5:words"."""
    return f"{mention.line}:{mention.start}:{mention.surface}"


def _overlap(one: Mention, other: Mention) -> bool:
    return one.start < other.end and other.start < one.end
