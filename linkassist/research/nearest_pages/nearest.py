"""The first experiment: each page and the page nearest to it, of those that are not the same again.

What pages say and how vectors are made is left to `run.py`; here are vectors alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import FloatArray, IntArray

Measure = Literal["euclid", "cosine"]
DoubleArray = npt.NDArray[np.float64]

NOBODY = -1  # where there is no other page
_AT_ONCE = 256  # pages whose distances to all others are held at a time
_SAME = 1e-5  # of the vectors' usual length: what lies nearer is the same, for vectors vary by 1e-6 with the batch


@dataclass(frozen=True, slots=True)
class Neighbours:
    """pages: (asked, k) numbers of the nearest pages, nearest first, NOBODY where there are no more.

    distances: (asked, k) Euclidean, infinite where there is nobody.
    """

    pages: IntArray
    distances: DoubleArray


def representatives(vectors: FloatArray, texts: Sequence[Hashable]) -> IntArray:
    """(pages,): per page the first page with the same text or exactly the same vector, itself where there is none."""
    first_of_text: dict[Hashable, int] = {}
    first_of_vector: dict[bytes, int] = {}
    found = np.arange(len(vectors), dtype=np.int64)
    for page, (vector, text) in enumerate(zip(vectors, texts, strict=True)):
        first = min(first_of_text.get(text, page), first_of_vector.get((vector + 0.0).tobytes(), page))
        found[page] = found[first]
        first_of_text.setdefault(text, page)
        first_of_vector.setdefault((vector + 0.0).tobytes(), page)
    return found


def nearest(vectors: FloatArray, same_as: IntArray, asked: IntArray, k: int, measure: Measure) -> Neighbours:
    """Per page asked, its k nearest pages by that measure, of those that are not the same again.

    vectors: (pages, width) as the encoder gives them; a page with the zero vector, of which the encoder says nothing,
    has no neighbours and is nobody's. same_as: what `representatives` gave: of pages that are the same only the first
    is anybody's neighbour, and none of them is the neighbour of another. Pages whose vectors differ by no more than
    rounding does are the same too.
    """
    points, is_said = _points(vectors, measure), np.asarray(vectors.any(axis=1), np.bool_)
    kept = np.flatnonzero((same_as == np.arange(len(same_as))) & is_said)
    others = points[kept]
    squares = (others**2).sum(axis=1)
    too_near = _SAME * float(np.sqrt(squares.mean())) if len(kept) else 0.0
    pages = np.full((len(asked), k), NOBODY, np.int64)
    distances = np.full((len(asked), k), np.inf)
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        mine = points[some]
        squared = (mine**2).sum(axis=1)[:, None] - 2 * mine @ others.T + squares
        apart = np.sqrt(squared.clip(0))
        apart[(apart <= too_near) | (same_as[some][:, None] == kept) | ~is_said[some][:, None]] = np.inf
        order = _smallest(apart, k)
        found = np.take_along_axis(apart, order, axis=1)
        rows = slice(start, start + len(some))
        pages[rows, : order.shape[1]] = np.where(np.isfinite(found), kept[order], NOBODY)
        distances[rows, : order.shape[1]] = found
    return Neighbours(pages, distances)


def _smallest(rows: DoubleArray, k: int) -> IntArray:
    """(rows, k or as many as there are): the columns of the smallest values of each row, smallest first."""
    chosen = np.argpartition(rows, k - 1, axis=1)[:, :k] if k < rows.shape[1] else np.argsort(rows, axis=1)
    order = np.argsort(np.take_along_axis(rows, chosen, axis=1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(chosen, order, axis=1), np.int64)


def _points(vectors: FloatArray, measure: Measure) -> DoubleArray:
    """(pages, width) points whose Euclidean distances rank as the measure does.

    They are moved so that their mean is 0, which changes no distance: large numbers would swallow small differences.
    """
    points = vectors.astype(np.float64)
    if measure == "cosine":
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(lengths > 0, lengths, 1)
    return np.asarray(points - points.mean(axis=0)) if len(points) else points
