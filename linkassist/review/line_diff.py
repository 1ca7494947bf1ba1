"""Changed lines as kept, removed and added parts: of one with known replacements, and of any two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from os.path import commonprefix
from typing import Final

from linkassist.scrapbox.edits import Replacement

_MOST_SIGNS: Final = 1_000  # compared one by one; of more, whole words are compared
_WORDS: Final = re.compile(r"\w+|\W")


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that accepted links change. `number`: from 0, the title line. `before`: "" for one added at the end.

    replaced: the replacements in `before`, in reading order.
    """

    number: int
    before: str
    after: str
    is_added: bool
    replaced: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class DiffSpan:
    """A part of a changed line. how: "same", "out" (removed) or "in" (added)."""

    text: str
    how: str


def diff_spans(change: LineChange) -> tuple[DiffSpan, ...]:
    """The changed line as kept, removed and added parts, in reading order."""
    if change.is_added:
        return (DiffSpan(change.after, "in"),)
    return tuple(each for each in _replaced_spans(change) if each.text)


def _replaced_spans(change: LineChange) -> Iterator[DiffSpan]:
    at = 0
    for each in change.replaced:
        yield DiffSpan(change.before[at : each.start], "same")
        surface = change.before[each.start : each.end]
        opening, is_kept, closing = each.link.partition(surface)
        if is_kept:
            yield from (DiffSpan(opening, "in"), DiffSpan(surface, "same"), DiffSpan(closing, "in"))
        else:
            yield from (DiffSpan(surface, "out"), DiffSpan(each.link, "in"))
        at = each.end
    yield DiffSpan(change.before[at:], "same")


def line_diff(before: str | None, after: str | None) -> tuple[DiffSpan, ...]:
    """The parts of a changed line, in reading order. before: None for a new line. after: None for a deleted one.

    Without the removed parts they are `after`, without the added ones `before`.
    """
    old, new = before or "", after or ""
    start = len(commonprefix([old, new]))
    end = len(commonprefix([old[start:][::-1], new[start:][::-1]]))
    old_part, new_part = old[start : len(old) - end], new[start : len(new) - end]
    spans = [DiffSpan(old[:start], "same"), *_compared(old_part, new_part), DiffSpan(old[len(old) - end :], "same")]
    return tuple(each for each in spans if each.text)


def _compared(old: str, new: str) -> Iterator[DiffSpan]:
    is_long = max(len(old), len(new)) > _MOST_SIGNS
    parts, new_parts = (_WORDS.findall(old), _WORDS.findall(new)) if is_long else (list(old), list(new))
    for kind, at, to, new_at, new_to in SequenceMatcher(None, parts, new_parts, autojunk=is_long).get_opcodes():
        if kind == "equal":
            yield DiffSpan("".join(parts[at:to]), "same")
        else:
            yield DiffSpan("".join(parts[at:to]), "out")
            yield DiffSpan("".join(new_parts[new_at:new_to]), "in")
