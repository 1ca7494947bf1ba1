"""How well a score classifies pairs of pages as linked and ranks lists: the figures of every method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from linkassist.evaluate.metrics import capped_recall_at, reciprocal_rank
from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.pairs import AskedList, Pair, asked_lists, balanced_pairs, hard_pairs

Item = TypeVar("Item")
FloatArray = NDArray[np.float64]
# One number a pair, higher where a link is likelier.
ScorePairs = Callable[[Sequence[Pair]], FloatArray]

N_DEV_PAIRS: Final = 1000
N_TEST_PAIRS: Final = 2000
N_LISTS: Final = 200


@dataclass(frozen=True, slots=True)
class Questions:
    """dev_pairs, dev_lists: for early stopping, the pairs also for the threshold. The others are the test."""

    dev_pairs: tuple[Pair, ...]
    dev_lists: tuple[AskedList, ...]
    test_pairs: tuple[Pair, ...]
    hard_pairs: tuple[Pair, ...]
    test_lists: tuple[AskedList, ...]


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """accuracy, auc: on the test's pairs, half of them linked; hard_auc: on the linked and the hard pairs.
    recall_at_10 (capped at what a list of ten can reach), mrr: on the test's lists."""

    accuracy: float
    auc: float
    hard_auc: float
    recall_at_10: float
    mrr: float


def questions_of(wiki: LinkedWiki) -> Questions:
    """The pairs and lists of a wiki, the same for every method; of a large wiki a random sample."""
    return Questions(
        dev_pairs=_sample(balanced_pairs(wiki, wiki.dev), N_DEV_PAIRS, wiki.seed),
        dev_lists=_sample(asked_lists(wiki, wiki.dev), N_LISTS, wiki.seed),
        test_pairs=_sample(balanced_pairs(wiki, wiki.test), N_TEST_PAIRS, wiki.seed),
        hard_pairs=_sample(hard_pairs(wiki, wiki.test), N_TEST_PAIRS, wiki.seed),
        test_lists=_sample(asked_lists(wiki, wiki.test), N_LISTS, wiki.seed),
    )


def _sample(items: Sequence[Item], n_items: int, seed: int) -> tuple[Item, ...]:
    """A random sample of at most `n_items`, in order."""
    chosen = np.random.default_rng(seed).permutation(len(items))[:n_items]
    return tuple(items[at] for at in np.sort(chosen))


def judge(questions: Questions, score: ScorePairs) -> LinkFigures:
    """The figures of one way to score pairs. The threshold of the accuracy is the best on the dev pairs."""
    threshold = best_threshold(score(questions.dev_pairs), _labels(questions.dev_pairs))
    scores, is_linked = score(questions.test_pairs), _labels(questions.test_pairs)
    hits = [hits_of(each, some) for each, some in _scored(questions.test_lists, score)]
    return LinkFigures(
        accuracy=float(np.mean((scores >= threshold) == is_linked)),
        auc=auc(scores, is_linked),
        hard_auc=pair_auc(questions.hard_pairs, score),
        recall_at_10=float(np.mean([capped_recall_at(each, sum(each), 10) for each in hits])),
        mrr=float(np.mean([reciprocal_rank(each) for each in hits])),
    )


def pair_auc(pairs: Sequence[Pair], score: ScorePairs) -> float:
    """The AUC of the pairs' scores."""
    return auc(score(pairs), _labels(pairs))


def list_auc(lists: Sequence[AskedList], score: ScorePairs) -> float:
    """The mean AUC within the lists: how often a linked page is ranked above one that is not, in [0, 1]."""
    found = [auc(scores, np.array(each.is_gold)) for each, scores in _scored(lists, score) if not all(each.is_gold)]
    return float(np.mean(found)) if found else 0.5


def auc(scores: FloatArray, is_linked: NDArray[np.bool_]) -> float:
    """How often a linked pair scores higher than one that is not, in [0, 1]; of two equal scores half counts.

    `auc([1, 2, 3], [False, True, True]) == 1`, and with all scores equal it is 0.5.
    Source: Hanley and McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747
    """
    n_linked = int(is_linked.sum())
    n_others = len(is_linked) - n_linked
    above = rankdata(scores)[is_linked].sum() - n_linked * (n_linked + 1) / 2
    return float(above / (n_linked * n_others))


def best_threshold(scores: FloatArray, is_linked: NDArray[np.bool_]) -> float:
    """The score from which on "linked" is right most often; the middle of two neighbouring scores, or infinity."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    # Right, if the first n count as linked: the linked ones among them, and the others behind them.
    n_right = np.concatenate([[0], np.cumsum(np.where(is_linked[order], 1, -1))])
    edges = np.concatenate([[np.inf], (ordered[:-1] + ordered[1:]) / 2, [-np.inf]])
    is_edge = np.concatenate([[True], ordered[:-1] > ordered[1:], [True]])
    return float(edges[np.where(is_edge, n_right, -len(scores) - 1).argmax()])


def hits_of(asked: AskedList, scores: FloatArray) -> list[bool]:
    """Whether each candidate is right, best score first."""
    return [asked.is_gold[at] for at in np.argsort(-scores, kind="stable")]


def _scored(lists: Sequence[AskedList], score: ScorePairs) -> list[tuple[AskedList, FloatArray]]:
    """Each list with its scores, which come from one call, so that no page is encoded twice."""
    scores = score([pair for each in lists for pair in each.pairs])
    ends = np.cumsum([len(each.candidates) for each in lists])[:-1]
    return list(zip(lists, np.split(scores, ends), strict=True))


def _labels(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    return np.array([pair.is_linked for pair in pairs], np.bool_)
