"""The context of links: a naive Bayes classifier of mentions by the characters beside them and by their line.

Of the line it knows the kind and the share that the mention has of it.

It is trained on the places where the teachers' pages say a title: some are links, some are not. Source: Manning,
Raghavan and Schütze 2008, section 13.2, https://nlp.stanford.edu/IR-book/.
"""

from __future__ import annotations

import numpy as np

from linkassist.suggest.corpus import BoolArray, FloatArray, IntArray
from linkassist.suggest.mentions import Mentions

_SMOOTHING = 5.0  # pseudo-counts of each context, shared out by the overall share of links
_COVER_BINS = 12


class ContextLogOdds:
    """The log-odds of a link by context. Trained on mentions that no longer mention contains."""

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


def _contexts(mentions: Mentions) -> tuple[IntArray, ...]:
    return mentions.before, mentions.after, (mentions.cover * _COVER_BINS).astype(np.int64), mentions.line_kind


class CategoryLogOdds:
    """Log-odds of a link per value of one feature, over the overall log-odds; 0 for a value that was not seen."""

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
