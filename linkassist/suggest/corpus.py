"""A wiki as arrays: its pages, every target a link could have, and the matrix of links; and helpers for such matrices.

Targets are numbered: first the pages, in order, then the red links. All of `suggest/` uses these numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.suggest.date_titles import is_date_title
from linkassist.wiki import Reading, title_key

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

_BLOCK_CELLS = 30_000_000  # multiplications in one block of a product: half a gigabyte at most


@dataclass(frozen=True, slots=True)
class Corpus:
    """The wiki as arrays.

    keys, names: per target, its title key and the form in which it is written; the first `len(readings)` are the pages.
    links: (pages, targets) float32, 1 where the page links the target; no page links itself.
    is_template: per target, True for what is never suggested: date and diary titles, and those without a letter.
    created: per page, Unix seconds, 0 where unknown. marks: (pages, marks) float32, 1 where the page has the mark (see
    `Reading.marks`); marks of a single page are left out.
    """

    readings: Sequence[Reading]
    keys: list[str]
    names: list[str]
    links: sp.csr_matrix
    is_template: BoolArray
    created: IntArray
    marks: sp.csr_matrix

    @property
    def n_pages(self) -> int:
        """The number of pages, which are the first targets; the rest are red links."""
        return len(self.readings)

    @property
    def n_targets(self) -> int:
        """Pages and red links together."""
        return len(self.keys)


def build_corpus(readings: Sequence[Reading]) -> Corpus:
    """The corpus of these pages, in their order. Title keys must be distinct."""
    keys = [reading.key for reading in readings]
    names = [reading.title for reading in readings]
    number = {key: i for i, key in enumerate(keys)}
    rows: list[int] = []
    columns: list[int] = []
    for row, reading in enumerate(readings):
        for target in reading.links:
            key = title_key(target)
            column = number.get(key)
            if column is None:
                column = number[key] = len(keys)
                keys.append(key)
                names.append(target)
            if column != row:
                rows.append(row)
                columns.append(column)
    links = csr(rows, columns, (len(readings), len(keys)))
    links.data[:] = 1.0
    return Corpus(
        readings=readings,
        keys=keys,
        names=names,
        links=links,
        is_template=np.array([is_template_key(key) for key in keys], dtype=np.bool_),
        created=np.array([reading.created for reading in readings], dtype=np.int64),
        marks=_marks(readings),
    )


def is_template_key(key: str) -> bool:
    """Whether a target of this title key is never suggested."""
    return is_date_title(key) or _is_signs(key)


def _is_signs(key: str) -> bool:
    """True for `##` and `---`: what Markdown leaves behind is a link to nothing."""
    return key.isascii() and not any(char.isalnum() for char in key)


def all_known(corpus: Corpus) -> sp.csr_matrix:
    """(pages, targets): every link of every page, `Reading.also_linked` included."""
    number = {key: i for i, key in enumerate(corpus.keys)}
    rows, columns = [], []
    for row, reading in enumerate(corpus.readings):
        for target in reading.also_linked:
            column = number.get(title_key(target))
            if column is not None:
                rows.append(row)
                columns.append(column)
    return sp.csr_matrix(corpus.links.maximum(csr(rows, columns, corpus.links.shape).sign()))


def _marks(readings: Sequence[Reading]) -> sp.csr_matrix:
    number = mark_numbers(readings)
    shown = [(row, number[mark]) for row, reading in enumerate(readings) for mark in reading.marks if mark in number]
    return csr([row for row, _ in shown], [column for _, column in shown], (len(readings), len(number)))


def mark_numbers(readings: Sequence[Reading]) -> dict[str, int]:
    """The columns of `Corpus.marks`: those that two or more pages show, in the order in which they are first seen."""
    n_showing = Counter(mark for reading in readings for mark in reading.marks)
    return {mark: number for number, mark in enumerate(mark for mark, n in n_showing.items() if n > 1)}


def csr(
    rows: Sequence[int] | IntArray,
    columns: Sequence[int] | IntArray,
    shape: tuple[int, int],
    data: FloatArray | None = None,
) -> sp.csr_matrix:
    """A float32 matrix with sorted indices; values of equal cells are added up. data: 1 for each where it is None."""
    values = np.ones(len(rows), np.float32) if data is None else data
    matrix = sp.csr_matrix((values, (np.asarray(rows, np.int64), np.asarray(columns, np.int64))), shape=shape)
    matrix.sum_duplicates()
    return matrix


def keep_rows(matrix: sp.csr_matrix, is_kept: BoolArray) -> sp.csr_matrix:
    """The matrix with only these rows; the others are empty."""
    return in_order(sp.diags(is_kept.astype(np.float32)) @ matrix)


def in_order(matrix: sp.spmatrix) -> sp.csr_matrix:
    """The matrix with sorted column indices, so that sums over a row do not depend on the other rows."""
    matrix = sp.csr_matrix(matrix)
    return matrix if matrix.has_sorted_indices else matrix.sorted_indices()


def top_per_row(matrix: sp.csr_matrix, k: int) -> sp.csr_matrix:
    """The matrix with only the k largest cells of each row, its column indices sorted."""
    matrix = in_order(matrix)
    lengths = np.diff(matrix.indptr)
    if lengths.max(initial=0) <= k:
        return matrix
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    rank = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], lengths)
    kept = order[rank < k]
    return csr(rows[kept], matrix.indices[kept].astype(np.int64), matrix.shape, matrix.data[kept])


def by_blocks(
    left: sp.csr_matrix,
    right: sp.csr_matrix,
    finish: Callable[[sp.csr_matrix, int], sp.csr_matrix],
    block_cells: int = _BLOCK_CELLS,
) -> sp.csr_matrix:
    """`finish(left @ right, 0)`, worked out in blocks of rows where the whole product would not fit into memory.

    finish: reduces a block, given with the number of its first row; it treats each row by itself.
    block_cells: multiplications in one block.
    """
    left, right = sp.csr_matrix(left), sp.csr_matrix(right)
    n_added = np.concatenate([[0], np.cumsum(np.diff(right.indptr)[left.indices], dtype=np.int64)])[left.indptr]
    borders = np.searchsorted(n_added, np.arange(block_cells, n_added[-1], block_cells))
    rows = [0, *np.setdiff1d(borders, [0, left.shape[0]]).tolist(), left.shape[0]]
    blocks = [finish(sp.csr_matrix(left[a:b] @ right), a) for a, b in pairwise(rows)]
    return blocks[0] if len(blocks) == 1 else sp.csr_matrix(sp.vstack(blocks, format="csr"))


def starts_run(*values: np.ndarray) -> BoolArray:
    """Per position, whether any of these arrays of one length differs there from the position before; True at 0."""
    is_first = np.ones(len(values[0]), np.bool_)
    is_first[1:] = np.logical_or.reduce([each[1:] != each[:-1] for each in values])
    return is_first


def places_within(counts: IntArray) -> IntArray:
    """0, 1, ... within each group of these sizes: `places_within([2, 3]) == [0, 1, 0, 1, 2]`."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def cells(matrix: sp.csr_matrix, rows: IntArray, columns: IntArray) -> FloatArray:
    """`matrix[rows[i], columns[i]]` for each i, 0 where the cell is empty."""
    matrix = sp.csr_matrix(matrix)
    matrix.sort_indices()
    n_columns = matrix.shape[1]
    have = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr)) * n_columns + matrix.indices
    want = rows * n_columns + columns
    at = np.searchsorted(have, want)
    found = at < len(have)
    found[found] = have[at[found]] == want[found]
    values = np.zeros(len(want), np.float32)
    values[found] = matrix.data[at[found]]
    return values
