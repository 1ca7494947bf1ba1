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


def context_odds(mentions: Mentions, is_teacher: BoolArray) -> FloatArray:
    """Per mention, the log-odds that its context gives it of being a link; is_teacher: per page.

    0 where the teachers link nothing. Only mentions that no longer mention holds are learnt from.
    """
    is_known = is_teacher[mentions.page] & mentions.is_free & (mentions.passage >= 0)
    is_linked = mentions.is_linked[is_known]
    odds = np.zeros(len(mentions), np.float32)
    if not is_linked.any() or is_linked.all():
        return odds
    for context in (mentions.before, mentions.after, _cover_bin(mentions.cover)):
        odds += _odds(context, is_known, is_linked)
    return odds


def _cover_bin(cover: FloatArray) -> IntArray:
    return (cover * _COVER_BINS).astype(np.int64)


def _odds(context: IntArray, is_known: BoolArray, is_linked: BoolArray) -> FloatArray:
    """Per mention, the log of how much oftener its context is seen among links than among the rest."""
    _, number = np.unique(context, return_inverse=True)
    size = int(number.max(initial=0)) + 1
    linked = np.bincount(number[is_known][is_linked], minlength=size)
    others = np.bincount(number[is_known][~is_linked], minlength=size)
    share = linked.sum() / (linked.sum() + others.sum())
    odds = np.log((linked + _SMOOTHING * share) / (others + _SMOOTHING * (1 - share))) - np.log(share / (1 - share))
    per_mention: FloatArray = odds.astype(np.float32)[number]
    return per_mention
