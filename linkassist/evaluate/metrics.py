"""Metrics of ranked lists and of probabilities.

A list is given as *hits*, best first: whether each entry is right. `n_right` is the number of right entries that exist,
found or not, at least 1. Two choices are ours: recall@10 is capped at what a list of ten can reach, and lists are cut
after 50 entries.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from linkassist.evaluate.figures import CalibrationFigures, RankingFigures, ReliabilityBin

LIST_LENGTH = 50
N_BINS = 10


def recall_at(hits: Sequence[bool], n_right: int, k: int) -> float:
    """The share of the right entries that the first k hold, in [0, 1]: `recall_at([1, 0, 1], 4, 3) == 0.5`.

    Source: Manning, Raghavan and Schütze 2008, section 8.4, https://nlp.stanford.edu/IR-book/
    """
    return sum(hits[:k]) / n_right


def capped_recall_at(hits: Sequence[bool], n_right: int, k: int) -> float:
    """Recall relative to the best that k entries can reach: with k = 10, 10 of 30 right ones give 1.

    Source: Thakur et al. 2021, BEIR, section 3.3 ("R_cap@k"), https://arxiv.org/abs/2104.08663
    """
    return sum(hits[:k]) / min(k, n_right)


def precision_at(hits: Sequence[bool], k: int) -> float:
    """The share of right ones among the first k; missing entries of a shorter list count as wrong.

    Source: Manning, Raghavan and Schütze 2008, section 8.4, https://nlp.stanford.edu/IR-book/
    """
    return sum(hits[:k]) / k


def reciprocal_rank(hits: Sequence[bool]) -> float:
    """1 / the rank of the first right entry, 0 if there is none; its mean over lists is MRR.

    Source: Voorhees 1999, The TREC-8 Question Answering Track Report, section 3
    """
    return next((1 / rank for rank, is_hit in enumerate(hits, 1) if is_hit), 0.0)


def ndcg_at(hits: Sequence[bool], n_right: int, k: int) -> float:
    """Gains 1 / log2(rank + 1) of the right entries among the first k, over those of a perfect list, in [0, 1].

    `ndcg_at([0, 1], 1, 2) == 1 / log2(3)`, about 0.63.
    Source: Järvelin and Kekäläinen 2002, section 2.2, https://doi.org/10.1145/582415.582418, with the usual logarithm
    """
    gain = sum(1 / math.log2(rank + 1) for rank, is_hit in enumerate(hits[:k], 1) if is_hit)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, n_right) + 1))


def ranking_figures(lists: Sequence[Sequence[bool]], n_right: Sequence[int]) -> RankingFigures:
    """The figures of one or more lists of hits; `n_right[i]` belongs to `lists[i]`."""
    cut = [list(hits[:LIST_LENGTH]) for hits in lists]
    pairs = list(zip(cut, n_right, strict=True))
    return RankingFigures(
        n_lists=len(cut),
        n_right=sum(n_right),
        recall_at_10=_mean([capped_recall_at(hits, n, 10) for hits, n in pairs]),
        recall_at_50=_mean([recall_at(hits, n, LIST_LENGTH) for hits, n in pairs]),
        mrr=_mean([reciprocal_rank(hits) for hits in cut]),
        precision_at_1=_mean([precision_at(hits, 1) for hits in cut]),
        precision_at_3=_mean([precision_at(hits, 3) for hits in cut]),
        ndcg_at_10=_mean([ndcg_at(hits, n, 10) for hits, n in pairs]),
    )


def calibration_figures(probabilities: Sequence[float], hits: Sequence[bool], n_right: int) -> CalibrationFigures:
    """The figures of pooled suggestions, in any order. n_right: of all pages."""
    bins = reliability_bins(probabilities, hits)
    return CalibrationFigures(
        n_suggestions=len(hits),
        precision_at_recall_20=precision_at_recall(probabilities, hits, n_right, 0.2),
        precision_at_recall_50=precision_at_recall(probabilities, hits, n_right, 0.5),
        precision_at_recall_70=precision_at_recall(probabilities, hits, n_right, 0.7),
        error=calibration_error(bins),
        error_from_10=calibration_error(bins[1:]),
        bins=bins,
    )


def precision_at_recall(probabilities: Sequence[float], hits: Sequence[bool], n_right: int, recall: float) -> float:
    """The precision of the fewest most probable suggestions that reach the recall; 0 if all together do not.

    Of equally probable ones the right ones come first.
    Source: Manning, Raghavan and Schütze 2008, section 8.4 (a point of the precision-recall curve, not interpolated)
    """
    is_right = np.asarray(hits, np.bool_)
    order = np.lexsort((~is_right, -np.asarray(probabilities, np.float64)))
    found = np.cumsum(is_right[order])
    reached = np.flatnonzero(found / n_right >= recall)
    return float(found[reached[0]] / (reached[0] + 1)) if len(reached) else 0.0


def reliability_bins(probabilities: Sequence[float], hits: Sequence[bool]) -> tuple[ReliabilityBin, ...]:
    """Ten bins of equal width, lowest first.

    Source: Niculescu-Mizil and Caruana 2005, section 4 (reliability diagrams), https://doi.org/10.1145/1102351.1102430
    """
    predicted = np.asarray(probabilities, np.float64)
    is_right = np.asarray(hits, np.float64)
    number = np.minimum(N_BINS - 1, (predicted * N_BINS).astype(np.int64))
    counts = np.bincount(number, minlength=N_BINS)
    means = np.bincount(number, predicted, N_BINS) / np.maximum(counts, 1)
    shares = np.bincount(number, is_right, N_BINS) / np.maximum(counts, 1)
    return tuple(
        ReliabilityBin(b / N_BINS, (b + 1) / N_BINS, int(counts[b]), float(means[b]), float(shares[b]))
        for b in range(N_BINS)
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """The mean distance between predicted probability and observed share, weighted by the size of the bins; 0 for none.

    Source: Naeini, Cooper and Hauskrecht 2015 ("ECE"), section 3, https://doi.org/10.1609/aaai.v29i1.9602
    """
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.mean_probability - b.share_right) for b in bins) / max(1, n)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
