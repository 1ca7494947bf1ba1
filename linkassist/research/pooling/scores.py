"""Scores of page vectors on the links that people made, by the nearest pages and by what these link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.embed.encoder import normalised
from linkassist.evaluate.baselines import largest
from linkassist.evaluate.futures import AskedPage
from linkassist.evaluate.metrics import LIST_LENGTH, capped_recall_at, reciprocal_rank
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray

_N_NEIGHBOURS = 60  # whose links are proposed, as by the baseline "neighbours' links"
_BATCH = 128


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
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        numbers = np.array([page.number for page in batch])
        similarity = unit[numbers] @ unit.T
        similarity[np.arange(len(batch)), numbers] = -np.inf
        near = largest(similarity, _N_NEIGHBOURS)
        weights = np.take_along_axis(similarity, near, axis=1).clip(0) ** 2
        rows = np.repeat(np.arange(len(batch)), near.shape[1])
        scores = sp.csr_matrix((weights.ravel(), (rows, near.ravel())), (len(batch), corpus.n_pages)) @ links
        proposals = np.asarray(scores.todense())
        proposals[np.arange(len(batch)), numbers] = 0
        for page, pages, proposed in zip(batch, near, proposals, strict=True):
            if page.pages:
                nearest.append(_figures(pages[:LIST_LENGTH], page.pages, corpus))
            if page.gold:
                best = largest(proposed[None, :], LIST_LENGTH)[0]
                linked.append(_figures(best[proposed[best] > 0], page.gold, corpus))
    of_nearest, of_links = (np.array(each, np.float32).reshape(-1, 2) for each in (nearest, linked))
    return Scores(of_nearest[:, 0], of_nearest[:, 1], of_links[:, 0], of_links[:, 1])


def _figures(best: IntArray, right: frozenset[str], corpus: Corpus) -> tuple[float, float]:
    hits = [corpus.keys[target] in right for target in best.tolist()]
    return capped_recall_at(hits, len(right), 10), reciprocal_rank(hits)
