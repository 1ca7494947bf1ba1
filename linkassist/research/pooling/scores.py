"""Vectors of pages held against the links that people made: two ways to go from what is near to what is linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.embed.encoder import normalised
from linkassist.evaluate.futures import AskedPage
from linkassist.evaluate.metrics import LIST_LENGTH, capped_recall_at, reciprocal_rank
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray

_N_NEIGHBOURS = 60  # whose links are proposed, as of the simple peer "neighbours' links"
_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Scores:
    """Recall@10 and reciprocal rank of each page that has something to find.

    nearest_*: is a linked page among the nearest? links_*: is what is linked among what the nearest pages link?
    """

    nearest_recall_at_10: FloatArray
    nearest_reciprocal_rank: FloatArray
    links_recall_at_10: FloatArray
    links_reciprocal_rank: FloatArray


def score_vectors(vectors: FloatArray, corpus: Corpus, asked: Sequence[AskedPage]) -> Scores:
    """The scores of one vector a page, by cosine. vectors: (pages, width). asked: pages with links to find."""
    unit = normalised(np.asarray(vectors))
    links = sp.csr_matrix(corpus.links)
    nearest: list[tuple[float, float]] = []
    linked: list[tuple[float, float]] = []
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        numbers = np.array([page.number for page in some])
        similarity = unit[numbers] @ unit.T
        similarity[np.arange(len(some)), numbers] = -np.inf
        near = _largest(similarity, _N_NEIGHBOURS)
        weights = np.take_along_axis(similarity, near, axis=1).clip(0) ** 2
        rows = np.repeat(np.arange(len(some)), near.shape[1])
        told = sp.csr_matrix((weights.ravel(), (rows, near.ravel())), (len(some), corpus.n_pages)) @ links
        proposals = np.asarray(told.todense())
        proposals[np.arange(len(some)), numbers] = 0
        for page, pages, proposed in zip(some, near, proposals, strict=True):
            if page.pages:
                nearest.append(_figures(pages[:LIST_LENGTH], page.pages, corpus))
            if page.gold:
                best = _largest(proposed[None, :], LIST_LENGTH)[0]
                linked.append(_figures(best[proposed[best] > 0], page.gold, corpus))
    of_nearest, of_links = (np.array(each, np.float32).reshape(-1, 2) for each in (nearest, linked))
    return Scores(of_nearest[:, 0], of_nearest[:, 1], of_links[:, 0], of_links[:, 1])


def _figures(best: IntArray, right: frozenset[str], corpus: Corpus) -> tuple[float, float]:
    hits = [corpus.keys[target] in right for target in best.tolist()]
    return capped_recall_at(hits, len(right), 10), reciprocal_rank(hits)


def _largest(rows: FloatArray, k: int) -> IntArray:
    """(rows, k or as many as there are): the columns of the largest values of each row, largest first."""
    n_kept = min(k, rows.shape[1])
    chosen = np.argpartition(-rows, n_kept - 1, axis=1)[:, :n_kept]
    order = np.lexsort((chosen, -np.take_along_axis(rows, chosen, axis=1)), axis=1)
    return np.asarray(np.take_along_axis(chosen, order, axis=1), np.int64)
