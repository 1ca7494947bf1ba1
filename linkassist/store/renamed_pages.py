"""Recognises renamed pages in an export without ids: by the time of creation and the lines they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from linkassist.store.codec import decode_texts
from linkassist.wiki import title_key

_LEAST_SHARED: Final = 0.5  # of the lines, as a Dice coefficient
_MOST_OF_ONE_TIME: Final = 100  # pages of one second; a converter may have given its own time to all


@dataclass(frozen=True, slots=True)
class DatedText:
    """A page by its creation, in Unix seconds, and its row in `texts`. number: what the caller calls it."""

    number: int
    title: str
    created: int
    text_id: int


def pair_renamed(
    connection: Connection, before: Iterable[DatedText], after: Iterable[DatedText]
) -> Iterator[tuple[int, int]]:
    """(number before, number after) of pages that are the same under another title, each number at most once.

    Such two were created in the same second and share at least half of their lines below the title; of several, they
    share more with each other than with any other page. Pages without a time or without text are not recognised.
    """
    befores, afters = _by_time(before), _by_time(after)
    for created in befores.keys() & afters.keys():
        if len(befores[created]) <= _MOST_OF_ONE_TIME and len(afters[created]) <= _MOST_OF_ONE_TIME:
            yield from _pairs(connection, befores[created], afters[created])


def _by_time(pages: Iterable[DatedText]) -> dict[int, list[DatedText]]:
    found: defaultdict[int, list[DatedText]] = defaultdict(list)
    for page in pages:
        if page.created > 0:
            found[page.created].append(page)
    return found


def _pairs(
    connection: Connection, before: Sequence[DatedText], after: Sequence[DatedText]
) -> Iterator[tuple[int, int]]:
    new_lines = [_lines(connection, page) for page in after]
    shares = [[_share(lines, new) for new in new_lines] for lines in (_lines(connection, page) for page in before)]
    for row, page in zip(shares, before, strict=True):
        best = max(row)
        at = row.index(best)
        rivals = [other[at] for other in shares if other is not row]
        if best >= _LEAST_SHARED and row.count(best) == 1 and best > max(rivals, default=0.0):
            yield page.number, after[at].number


def _lines(connection: Connection, page: DatedText) -> Counter[str]:
    """The lines below the title that are not blank, each with how often it occurs; none of a damaged text."""
    # As bytes: of text that is no UTF-8, sqlite3 raises an error.
    (stored,) = connection.execute("SELECT CAST(lines AS BLOB) FROM texts WHERE id = ?", (page.text_id,)).fetchone()
    try:
        texts = decode_texts(stored.decode())
        has_title_line = bool(texts) and title_key(texts[0]) == title_key(page.title)
        return Counter(text for text in texts[has_title_line:] if text.strip())
    except (ValueError, TypeError, AttributeError):
        return Counter()


def _share(lines: Counter[str], others: Counter[str]) -> float:
    """The Dice coefficient of two multisets of lines, 0 where either is empty."""
    n_lines = lines.total() + others.total()
    return 2 * (lines & others).total() / n_lines if n_lines else 0.0
