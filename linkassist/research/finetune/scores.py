"""Scores of a pair of pages by their vectors: the cosine, and a logistic regression over products and differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.classify.linear_probe import LogisticRegression
from linkassist.research.finetune.judging import FloatArray, ScorePairs
from linkassist.research.finetune.pairs import Pair

# Pages by number to (pages, width) unit rows.
EncodePages = Callable[[Sequence[int]], NDArray[np.float32]]


class VectorCache:
    """A cache of page vectors: each page is encoded once, on first use."""

    def __init__(self, encode: EncodePages) -> None:
        self._encode = encode
        self._vectors: dict[int, NDArray[np.float32]] = {}

    def of(self, pages: Sequence[int]) -> NDArray[np.float32]:
        """(pages, width), a row for each page asked for."""
        missing = sorted({page for page in pages if page not in self._vectors})
        if missing:
            self._vectors |= zip(missing, self._encode(missing), strict=True)
        return np.stack([self._vectors[page] for page in pages])

    def cosines(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs,) the cosine of each pair."""
        ones, others = self._both(pairs)
        return np.asarray((ones * others).sum(axis=1), np.float64)

    def features(self, pairs: Sequence[Pair]) -> FloatArray:
        """(pairs, 2 * width): elementwise product and absolute difference, u * v and |u - v|.

        Source: Conneau et al. 2017, section 3.1, without u and v themselves, https://arxiv.org/abs/1705.02364
        """
        ones, others = self._both(pairs)
        return np.concatenate([ones * others, np.abs(ones - others)], axis=1).astype(np.float64)

    def _both(self, pairs: Sequence[Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.of([pair.page for pair in pairs]), self.of([pair.other for pair in pairs])


def learn_regression(vectors: VectorCache, pairs: Sequence[Pair]) -> ScorePairs:
    """The log-odds of "linked" by a logistic regression over the features of the training pairs."""
    learnt = LogisticRegression(vectors.features(pairs), [int(pair.is_linked) for pair in pairs], n_labels=2)

    def score(asked: Sequence[Pair]) -> FloatArray:
        of_both = learnt.log_odds(vectors.features(asked))
        return of_both[:, 1] - of_both[:, 0]

    return score
