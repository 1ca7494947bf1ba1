"""The first experiment: the nearest neighbours of page vectors, without duplicates. `run.py` makes the vectors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from linkassist.evaluate.baselines import largest
from linkassist.suggest.corpus import FloatArray, IntArray

Measure = Literal["euclid", "cosine"]
DoubleArray = npt.NDArray[np.float64]

NO_PAGE = -1  # fills the places of missing neighbours
_BATCH = 256  # pages whose distances to all others are held at a time
_DUPLICATE = 1e-5  # of the mean vector length: nearer pages are duplicates; vectors vary by 1e-6 with the batch


@dataclass(frozen=True, slots=True)
class NearestPages:
    """pages: (asked, k) numbers of the nearest pages, nearest first, NO_PAGE where there are fewer.

    distances: (asked, k) Euclidean, infinite at NO_PAGE.
    """

    pages: IntArray
    distances: DoubleArray


def representatives(vectors: FloatArray, texts: Sequence[Hashable]) -> IntArray:
    """(pages,): the first page with the same text or exactly the same vector; the page itself if it is the first."""
    first_of_text: dict[Hashable, int] = {}
    first_of_vector: dict[bytes, int] = {}
    found = np.arange(len(vectors), dtype=np.int64)
    for page, (vector, text) in enumerate(zip(vectors, texts, strict=True)):
        first = min(first_of_text.get(text, page), first_of_vector.get((vector + 0.0).tobytes(), page))
        found[page] = found[first]
        first_of_text.setdefault(text, page)
        first_of_vector.setdefault((vector + 0.0).tobytes(), page)
    return found


def nearest(vectors: FloatArray, same_as: IntArray, asked: IntArray, k: int, measure: Measure) -> NearestPages:
    """The k nearest neighbours of each page asked about, without duplicates.

    vectors: (pages, width) as the encoder gives them; a page with the zero vector has no neighbours and is none.
    same_as: from `representatives`: of duplicates only the first is a neighbour, and never of another duplicate. Pages
    whose vectors differ by no more than rounding are duplicates too.
    """
    points, has_vector = _points(vectors, measure), np.asarray(vectors.any(axis=1), np.bool_)
    kept = np.flatnonzero((same_as == np.arange(len(same_as))) & has_vector)
    others = points[kept]
    squares = (others**2).sum(axis=1)
    min_distance = _DUPLICATE * float(np.sqrt(squares.mean())) if len(kept) else 0.0
    pages = np.full((len(asked), k), NO_PAGE, np.int64)
    distances = np.full((len(asked), k), np.inf)
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        mine = points[batch]
        squared = (mine**2).sum(axis=1)[:, None] - 2 * mine @ others.T + squares
        apart = np.sqrt(squared.clip(0))
        apart[(apart <= min_distance) | (same_as[batch][:, None] == kept) | ~has_vector[batch][:, None]] = np.inf
        order = largest(-apart, k)
        found = np.take_along_axis(apart, order, axis=1)
        rows = slice(start, start + len(batch))
        pages[rows, : order.shape[1]] = np.where(np.isfinite(found), kept[order], NO_PAGE)
        distances[rows, : order.shape[1]] = found
    return NearestPages(pages, distances)


def _points(vectors: FloatArray, measure: Measure) -> DoubleArray:
    """(pages, width) points whose Euclidean distances rank as the measure does.

    They are centred, which changes no distance, since the float error of large coordinates would hide small ones.
    """
    points = vectors.astype(np.float64)
    if measure == "cosine":
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(lengths > 0, lengths, 1)
    return np.asarray(points - points.mean(axis=0)) if len(points) else points
