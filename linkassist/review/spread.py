"""Chooses cards that differ: from many pages, for many targets, from all parts of the wiki.

Greedy selection in the manner of maximal marginal relevance: the next card is the one whose gain, lowered for what it
has in common with the cards chosen before, is the largest.
Source: Carbonell and Goldstein 1998, https://dl.acm.org/doi/10.1145/290941.291025
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

_SAME_PAGE: Final = 0.3
_SAME_TARGET: Final = 0.4
_SAME_SERIES: Final = 0.7  # per card of the series: of three diaries, the third counts half
_SHARED_LINKS: Final = 0.5  # times the Jaccard coefficient, per card before
_APART: Final = 3  # cards between two of one page or one target, where others are left


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible card. neighbours: the title keys that its page links, and its own."""

    page_id: int
    title: str
    target: str
    target_key: str
    gain: float
    neighbours: frozenset[str]


def spread(candidates: Sequence[Candidate], n_cards: int, before: Sequence[Candidate] = ()) -> list[Candidate]:
    """Up to `n_cards` of the candidates in the order in which they are shown; equals stay in the order given.

    before: the cards already chosen, in order, from which these shall differ too.
    """
    chosen = list(before)
    pages = Counter(each.page_id for each in chosen)
    targets = Counter(each.target_key for each in chosen)
    series = Counter(series_of(each.title) for each in chosen)
    left = list(candidates)
    apart = [prod(_apart(each, other) for other in chosen) for each in left]
    while left and len(chosen) < len(before) + n_cards:
        worth = [
            each.gain
            * _SAME_PAGE ** pages[each.page_id]
            * _SAME_TARGET ** targets[each.target_key]
            * _SAME_SERIES ** (series[series_of(each.title)] if series_of(each.title) else 0)
            * factor
            for each, factor in zip(left, apart, strict=True)
        ]
        at = max(_furthest_apart(left, chosen), key=lambda place: worth[place])
        best = left.pop(at)
        apart.pop(at)
        apart = [factor * _apart(each, best) for each, factor in zip(left, apart, strict=True)]
        chosen.append(best)
        pages[best.page_id] += 1
        targets[best.target_key] += 1
        series[series_of(best.title)] += 1
    return chosen[len(before) :]


def series_of(title: str) -> str:
    """The series that a title belongs to, "" if none: of `2021/10/03` "0", as of all dates; of `週報12` "週報0"."""
    pattern = re.sub(r"\d+", "0", title)
    folder = pattern.partition("/")[0] if "/" in pattern.strip("/") else ""
    return folder or (pattern if pattern != title else "")


def _furthest_apart(left: Sequence[Candidate], chosen: Sequence[Candidate]) -> list[int]:
    """The places of the candidates that share neither page nor target with the last cards; with fewer if none do."""
    for n_last in range(min(_APART, len(chosen)), 0, -1):
        last = chosen[-n_last:]
        pages, targets = {each.page_id for each in last}, {each.target_key for each in last}
        if found := [
            place for place, each in enumerate(left) if each.page_id not in pages and each.target_key not in targets
        ]:
            return found
    last_page = chosen[-1].page_id if chosen else None
    return [place for place, each in enumerate(left) if each.page_id != last_page] or list(range(len(left)))


def _apart(one: Candidate, other: Candidate) -> float:
    """1 for pages without a common neighbour, down to a half for the same neighbours (Jaccard coefficient)."""
    n_shared = len(one.neighbours & other.neighbours)
    if not n_shared:
        return 1.0
    return 1 - _SHARED_LINKS * n_shared / (len(one.neighbours) + len(other.neighbours) - n_shared)
