"""How many suggestions a page is shown, and which likely ones are held back.

A suggestion that is held back stays in the list, with its probability and a last reason that says why. Of two
suggestions for the same words at most one is right: on a public wiki's later links both were in 2 of 1,100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from linkassist.spelling import is_spelling_of
from linkassist.suggest.corpus import IntArray
from linkassist.suggestion import WORTH_SHOWING, Floors, Mention, Reason, Suggestion

_GENEROUS: Final = 0.95  # the share of pages of its length that have no more links than a page is offered
_FEWEST: Final = 3
_PAGES_PER_BIN: Final = 50


class LinkBudgets:
    """How many links the pages of a wiki have by their length: the 0.95 quantile of bins of pages, interpolated.

    A wiki with fewer than 50 pages that link anything sets no bound.
    """

    __slots__ = ("_middle", "_most")

    def __init__(self, lengths: IntArray, n_links: IntArray) -> None:
        """lengths: per page, the code points of its text. n_links: per page, the links it has."""
        length = np.log1p(lengths)
        linking = np.flatnonzero(n_links > 0)
        n_bins = min(20, len(linking) // _PAGES_PER_BIN)
        bins = np.array_split(linking[np.argsort(length[linking], kind="stable")], n_bins) if n_bins else []
        self._middle = [float(np.median(length[pages])) for pages in bins]
        self._most = np.maximum.accumulate([float(np.quantile(n_links[pages], _GENEROUS)) for pages in bins])

    def of(self, lengths: IntArray, n_links: IntArray) -> IntArray:
        """Per page, how many suggestions to show: the links that a page of its length may have, less those it has.

        At least three.
        """
        if not self._middle:
            return np.full(len(lengths), np.iinfo(np.int64).max)
        generous = np.ceil(np.interp(np.log1p(lengths), self._middle, self._most)).astype(np.int64)
        budget: IntArray = np.maximum(generous - n_links, _FEWEST)
        return budget


def mark_held_back(suggestions: Sequence[Suggestion], most: int) -> list[Suggestion]:
    """One page's suggestions, best first; those to be held back get one more reason. most: how many are shown.

    One below the default floor of its kind holds nothing back that reaches its own: a page of 22 % is shown though a
    new link of 25 %, which waits, is for the same words.
    """
    found: list[Suggestion] = []
    shown: list[Suggestion] = []
    for suggestion in suggestions:
        rivals = [each for each in shown if _reaches_floor(each)] if _reaches_floor(suggestion) else shown
        reason = _against(suggestion, rivals, most) if suggestion.probability >= WORTH_SHOWING else None
        if reason:
            found.append(replace(suggestion, reasons=(*suggestion.reasons, reason)))
        else:
            found.append(suggestion)
            shown.append(suggestion)
    return found


def _reaches_floor(suggestion: Suggestion) -> bool:
    return suggestion.probability >= Floors().of(suggestion.group)


def _against(suggestion: Suggestion, shown: Sequence[Suggestion], most: int) -> Reason | None:
    if suggestion.reasons and suggestion.reasons[0].signal == "in_link":
        return Reason("taken")  # of 110 such links on a public wiki's new pages nobody made one
    for better in shown:
        if is_spelling_of(suggestion.target, better.target):
            return Reason("same_title", names=(better.target,))
        # new links have a rule of their own (`predict_phrases.apart`), which keeps a word inside a sentence
        if not better.kind == suggestion.kind == "new" and _is_same_place(suggestion, better):
            return Reason("same_place", names=(better.target,))
    return Reason("enough", count=most, total=most) if len(shown) >= most else None


def _is_same_place(suggestion: Suggestion, better: Suggestion) -> bool:
    """Whether each mention contains one of the better suggestion's, or is contained in one."""
    return bool(suggestion.mentions) and all(
        any(_holds(mention, other) or _holds(other, mention) for other in better.mentions)
        for mention in suggestion.mentions
    )


def _holds(outer: Mention, inner: Mention) -> bool:
    return outer.line == inner.line and outer.start <= inner.start and inner.end <= outer.end
