"""Where suggestions show in a page's text: which mentions get a mark, and where two would overlap, which one stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkassist.suggestion import Kind, Mention


@dataclass(frozen=True, slots=True)
class Highlight:
    """A mention to be shown in the text: as a candidate, or, once accepted, as the link that it becomes."""

    mention: Mention
    target: str
    kind: Kind
    card: int
    is_accepted: bool = False


def place_highlights(texts: Sequence[str], marks: Iterable[Highlight]) -> dict[int, list[Highlight]]:
    """The marks that can stand, by line, in the order of the line. `marks` come best first.

    Left out are those whose surface is not at its span (the page has changed since), and those that overlap an
    accepted one or a better one.
    """
    placed: dict[int, list[Highlight]] = {}
    for mark in sorted(marks, key=lambda mark: not mark.is_accepted):
        if not fits(texts, mark.mention):
            continue
        on_line = placed.setdefault(mark.mention.line, [])
        if not any(_overlap(mark.mention, other.mention) for other in on_line):
            on_line.append(mark)
    for on_line in placed.values():
        on_line.sort(key=lambda mark: mark.mention.start)
    return placed


def fits(texts: Sequence[str], mention: Mention) -> bool:
    """Whether the mention's surface stands at its span; never on the title line."""
    if not 0 < mention.line < len(texts) or not mention.surface:
        return False
    return texts[mention.line][mention.start : mention.end] == mention.surface


def _overlap(one: Mention, other: Mention) -> bool:
    return one.start < other.end and other.start < one.end
