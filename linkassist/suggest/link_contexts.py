"""Where links stand in a line: what a wiki's people bracket, told by what is beside it.

Of all places where the teachers' pages say a title, some are links and some are not. Which characters stand before and
after, and how much of its line the title is, tells them apart (naive Bayes, Manning, Raghavan and Schütze 2008,
section 13.2, https://nlp.stanford.edu/IR-book/).
"""

from __future__ import annotations

import numpy as np

from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggest.mentions import Mentions

_SMOOTHING = 5.0  # mentions of either sort that every context is taken to have had
_COVER_BINS = 12


class ContextLogOdds:
    """What the teachers' mentions tell about contexts, for any mentions.

    Only mentions that no longer mention holds are learnt from.
    """

    __slots__ = ("_odds",)

    def __init__(self, mentions: Mentions, is_teacher: BoolArray) -> None:
        is_known = is_teacher[mentions.page] & mentions.is_free & (mentions.passage >= 0)
        is_linked = mentions.is_linked[is_known]
        tells = bool(is_linked.any()) and not is_linked.all()
        self._odds = [CategoryLogOdds(context[is_known], is_linked) for context in _contexts(mentions)] if tells else []

    def of(self, mentions: Mentions) -> FloatArray:
        """Per mention, the log-odds that its context gives it of being a link; 0 for a context that no teacher has."""
        total = np.zeros(len(mentions), np.float32)
        for odds, context in zip(self._odds, _contexts(mentions), strict=False):
            total += odds.of(context)
        return total


def _contexts(mentions: Mentions) -> tuple[IntArray, IntArray, IntArray]:
    return mentions.before, mentions.after, (mentions.cover * _COVER_BINS).astype(np.int64)


class CategoryLogOdds:
    """Per context, the log of how much oftener it is seen among links than among the rest."""

    __slots__ = ("_contexts", "_odds")

    def __init__(self, context: IntArray, is_linked: BoolArray) -> None:
        self._contexts, number = np.unique(context, return_inverse=True)
        linked = np.bincount(number[is_linked], minlength=len(self._contexts))
        others = np.bincount(number[~is_linked], minlength=len(self._contexts))
        share = linked.sum() / (linked.sum() + others.sum())
        odds = np.log((linked + _SMOOTHING * share) / (others + _SMOOTHING * (1 - share))) - np.log(share / (1 - share))
        self._odds: FloatArray = odds.astype(np.float32)

    def of(self, context: IntArray) -> FloatArray:
        at = np.searchsorted(self._contexts, context).clip(0, len(self._contexts) - 1)
        return np.where(self._contexts[at] == context, self._odds[at], np.float32(0))
