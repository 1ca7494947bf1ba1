"""Ways to score a pair of pages by a vector for each: the cosine, and a logistic regression over what both say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from linkassist.finetune.judging import FloatArray, auc
from linkassist.finetune.pairs import Pair

# Pages by number to (pages, width) unit rows.
EncodePages = Callable[[Sequence[int]], NDArray[np.float32]]

_PENALTIES: Final = (0.003, 0.03, 0.3, 3.0)


class PageVectors:
    """The vectors of pages, each encoded once, when it is first asked for."""

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
        """(pairs, 2 * width): product and distance in each dimension, u * v and |u - v|.

        Source: Conneau et al. 2017, section 3.1, without u and v themselves, https://arxiv.org/abs/1705.02364
        """
        ones, others = self._both(pairs)
        return np.concatenate([ones * others, np.abs(ones - others)], axis=1).astype(np.float64)

    def _both(self, pairs: Sequence[Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.of([pair.page for pair in pairs]), self.of([pair.other for pair in pairs])


class LogisticRegression:
    """Log-odds of "linked" from the features of a pair, each scaled to mean 0 and variance 1."""

    def __init__(self, features: FloatArray, is_linked: NDArray[np.bool_], penalty: float) -> None:
        """features: (pairs, features). penalty: of the mean loss, times half the squared length of the weights."""
        self._mean, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-9
        scaled = self._scaled(features)
        signs = np.where(is_linked, 1.0, -1.0)

        def loss(weights: FloatArray) -> tuple[float, FloatArray]:
            margins = signs * (scaled @ weights)
            slope = -signs * expit(-margins) / len(signs)
            decayed = np.append(weights[:-1], 0.0)  # the last one is the constant
            value = np.logaddexp(0, -margins).mean() + penalty / 2 * decayed @ decayed
            return float(value), scaled.T @ slope + penalty * decayed

        self.weights: FloatArray = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B").x

    def log_odds(self, features: FloatArray) -> FloatArray:
        """(pairs,) log-odds."""
        return self._scaled(features) @ self.weights

    def _scaled(self, features: FloatArray) -> FloatArray:
        return np.column_stack([(features - self._mean) / self._scale, np.ones(len(features))])


def learn_regression(vectors: PageVectors, train: Sequence[Pair], dev: Sequence[Pair]) -> LogisticRegression:
    """The regression learnt from the training pairs, with the penalty whose AUC on the dev pairs is best."""

    def of(pairs: Sequence[Pair]) -> tuple[FloatArray, NDArray[np.bool_]]:
        return vectors.features(pairs), np.array([pair.is_linked for pair in pairs], np.bool_)

    features, is_linked = of(train)
    dev_features, dev_is_linked = of(dev)
    learnt = [LogisticRegression(features, is_linked, penalty) for penalty in _PENALTIES]
    return max(learnt, key=lambda each: auc(each.log_odds(dev_features), dev_is_linked))
