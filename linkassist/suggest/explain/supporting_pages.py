"""The pages, links and marks behind a piece of evidence, looked up for many suggestions at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.candidates import Pairs
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray, csr, keep_rows, places_within
from linkassist.suggest.statistics import Statistics

_MOST_NEAR = 40  # neighbours of a page that are looked up
_NEAR = 0.2  # cosine of a neighbour, at least
_MOST = 3  # supporting pages of one suggestion
_LONGEST_LIST = 2_000  # cells of a row that are looked up
_CELLS_AT_ONCE = 5_000_000

PageLists = Sequence[Sequence[int]]  # per suggestion, numbers of the corpus, the strongest first


@dataclass(frozen=True, slots=True)
class SharedMark:
    """A mark of a page (see `Reading.marks`): of the n_showing other pages that have it, n_linking link the target."""

    kind: str
    value: str
    n_linking: int
    n_showing: int


class CellLookup:
    """A sparse matrix, (rows, targets), as a sorted list of cells in which many are looked up at once."""

    def __init__(self, matrix: sp.csr_matrix) -> None:
        matrix = sp.csr_matrix(matrix)
        matrix.sort_indices()
        self._n_columns = matrix.shape[1]
        rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
        self._keys = rows * self._n_columns + matrix.indices
        self._values = matrix.data

    def strongest(
        self,
        lists: sp.csr_matrix,
        place: IntArray,
        target: IntArray,
        k: int = _MOST,
        cells_at_once: int = _CELLS_AT_ONCE,
    ) -> PageLists:
        """Per i, at most k columns c of row `place[i]` of `lists`, those of the largest product of two cells first.

        The cells are lists[place[i], c] and self[c, target[i]]; of a row, the first `_LONGEST_LIST` are looked up.
        cells_at_once: how many are looked up together, for the memory.
        """
        lengths = np.minimum(np.diff(lists.indptr), _LONGEST_LIST)[place].astype(np.int64)
        borders = np.searchsorted(np.cumsum(lengths), np.arange(cells_at_once, lengths.sum(), cells_at_once))
        found: list[Sequence[int]] = []
        for part in np.split(np.arange(len(place)), np.unique(borders)):
            found += self._strongest(lists, lengths[part], place[part], target[part], k)
        return found

    def _strongest(
        self, lists: sp.csr_matrix, lengths: IntArray, place: IntArray, target: IntArray, k: int
    ) -> PageLists:
        owner = np.repeat(np.arange(len(place)), lengths)
        at = lists.indptr[place][owner] + places_within(lengths)
        thing = lists.indices[at].astype(np.int64)
        want = thing * self._n_columns + target[owner]
        found = np.searchsorted(self._keys, want)
        is_there = found < len(self._keys)
        is_there[is_there] = self._keys[found[is_there]] == want[is_there]
        owner, thing = owner[is_there], thing[is_there]
        weight = lists.data[at[is_there]] * self._values[found[is_there]]
        return _grouped(owner, thing, weight, len(place), k)


def _grouped(owner: IntArray, thing: IntArray, weight: FloatArray, size: int, k: int) -> PageLists:
    order = np.lexsort((thing, -weight, owner))
    things = thing[order].tolist()
    starts = np.searchsorted(owner[order], np.arange(size + 1)).tolist()
    return [things[a : min(b, a + k)] for a, b in zip(starts[:-1], starts[1:], strict=True)]


class SupportingPages:
    """The pages that support candidates, for one corpus and one choice of teachers."""

    def __init__(self, corpus: Corpus, titles: sp.csr_matrix, marks: Sequence[str], statistics: Statistics) -> None:
        """titles: (targets, terms). marks: the columns of the corpus's marks."""
        self._corpus = corpus
        self._titles = titles
        self._linking = sp.csr_matrix(statistics.links.T)
        self._links = CellLookup(statistics.links)
        self._co_cited = CellLookup(sp.csr_matrix(statistics.co_cited.T))
        self._showing = _pages_by_mark(corpus, marks, statistics)
        self._target_of: Mapping[int, int] = {}

    def beside(self, titles: sp.csr_matrix, target_of: Mapping[int, int]) -> SupportingPages:
        """A copy with other titles, (targets, terms). target_of: the targets of pages whose title is not the target of
        their number."""
        other = copy(self)
        other._titles, other._target_of = titles, target_of
        return other

    def linking(self, target: int) -> IntArray:
        """The pages that link the target, ascending."""
        cut = slice(self._linking.indptr[target], self._linking.indptr[target + 1])
        return np.asarray(self._linking.indices[cut], np.int64)

    def neighbours(self, pairs: Pairs, rows: IntArray) -> PageLists:
        """Per row of `pairs`, the neighbours of its page that link its target, the most similar first."""
        near = pairs.nearest.maximum(pairs.alike)
        return self._links.strongest(_first(near, _MOST_NEAR, _NEAR), *_places(pairs, rows))

    def companions(self, pairs: Pairs, rows: IntArray) -> PageLists:
        """Per row, the links of its page that are co-cited with its target, the most often first."""
        return self._co_cited.strongest(pairs.known, *_places(pairs, rows))

    def linked_pages(self, pairs: Pairs, rows: IntArray) -> PageLists:
        """Per row, the pages that its page links and that link its target."""
        return self._links.strongest(sp.csr_matrix(pairs.known[:, : self._corpus.n_pages]), *_places(pairs, rows))

    def namesakes(self, pages: IntArray, targets: IntArray) -> PageLists:
        """Per i, the pages that link target i and have a title similar to that of page i."""
        low, high = self._linking.indptr[targets], self._linking.indptr[targets + 1]
        owner = np.repeat(np.arange(len(pages)), high - low)
        other = self._linking.indices[low[owner] + places_within(high - low)].astype(np.int64)
        likeness = np.asarray(self._titles[other].multiply(self._titles[pages[owner]]).sum(axis=1)).ravel()
        kept = (likeness > _NEAR) & (other != pages[owner])
        return _grouped(owner[kept], other[kept], likeness[kept], len(pages), _MOST)

    def linking_both(self, page: int, target: int) -> list[int]:
        """Pages that link both this page and the target."""
        own = self._target_of.get(page, page)
        both = np.intersect1d(self.linking(own), self.linking(target), assume_unique=True)
        return [int(other) for other in both[:_MOST]]

    def mark(self, page: int, target: int) -> SharedMark | None:
        """The mark of the page that goes most often with a link to the target; None where none does."""
        linking = frozenset(self.linking(target).tolist()) - {page}
        best, most = None, 0.0
        for mark in self._corpus.readings[page].marks:
            showing = self._showing.get(mark, frozenset())
            n_linking = len(linking & showing)
            if n_linking / math.sqrt(len(showing) + 1) > most:
                most = n_linking / math.sqrt(len(showing) + 1)
                kind, _, value = mark.partition(":")
                best = SharedMark(kind, value, n_linking, len(showing) - int(page in showing))
        return best


def _pages_by_mark(corpus: Corpus, marks: Sequence[str], statistics: Statistics) -> dict[str, frozenset[int]]:
    """Per mark, the teachers that have it."""
    shown = sp.csr_matrix(keep_rows(corpus.marks, statistics.is_teacher).T)
    shown.eliminate_zeros()
    pages = [frozenset(each.tolist()) for each in np.split(shown.indices, shown.indptr[1:-1])]
    return dict(zip(marks, pages, strict=False))


def _places(pairs: Pairs, rows: IntArray) -> tuple[IntArray, IntArray]:
    return np.searchsorted(pairs.pages, pairs.page[rows]), pairs.target[rows]


def _first(matrix: sp.csr_matrix, k: int, least: float) -> sp.csr_matrix:
    """The k largest cells of each row that are above `least`."""
    cells = sp.csr_matrix(matrix).tocoo()
    kept = cells.data > least
    row, column, data = cells.row[kept], cells.col[kept], cells.data[kept]
    order = np.lexsort((column, -data, row))
    row, column, data = row[order], column[order], data[order]
    kept = np.arange(len(row)) - np.searchsorted(row, row) < k
    return csr(row[kept].astype(np.int64), column[kept].astype(np.int64), matrix.shape, data[kept])
