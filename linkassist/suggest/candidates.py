"""All sources of candidates, page by page, as one list of (page, target) pairs with what each source said.

The product's rules are applied here: never the page itself, never a target already linked, no date or diary titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, cells, csr, top_per_row
from linkassist.suggest.statistics import Statistics, Texts

N_NEIGHBOURS = 60
_N_FOUND = 160  # nearest pages asked for, so that enough of them are teachers
_N_PER_SOURCE = 30
_N_MENTIONED = 250
_CHUNK = 400


class Nearest(Protocol):
    """Exact search among unit vectors, such as FAISS gives it."""

    def __call__(self, queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """(queries, k) row numbers, nearest first, and their cosines; fewer columns where there are fewer rows."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """nearest_pages: among the vectors of all pages. nearest_profiles: among the profiles of the targets that two or
    more pages link; both answer with the numbers of the corpus."""

    nearest_pages: Nearest
    nearest_profiles: Nearest


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs, ordered by page, and the sources' scores beside them (all of the same length).

    neighbours: per page of `pages`, the rows of `nearest` (by vector) and `alike` (by bigram), (pages, all pages).
    """

    pages: IntArray
    page: IntArray
    target: IntArray
    scores: dict[str, FloatArray]
    nearest: sp.csr_matrix
    alike: sp.csr_matrix
    known: sp.csr_matrix


def find_candidates(
    corpus: Corpus,
    texts: Texts,
    statistics: Statistics,
    search: Search,
    pages: IntArray,
    known: sp.csr_matrix,
    is_target: BoolArray,
) -> Iterator[Pairs]:
    """The candidates of these pages, some hundred pages at a time.

    known: (pages, targets) the links that each page is taken to have; a candidate is none of them.
    is_target: per target, False for what cannot be a candidate.
    """
    titles = sp.csr_matrix(texts.bigrams.titles.T)
    teachers = np.flatnonzero(statistics.is_teacher)
    bigrams = sp.csr_matrix(texts.page_bigrams[teachers].T)
    for start in range(0, len(pages), _CHUNK):
        rows = pages[start : start + _CHUNK]
        alike = _alike(texts.page_bigrams[rows], bigrams, rows, teachers, corpus.n_pages)
        yield _candidates_of(corpus, texts, statistics, search, rows, known[rows], alike, titles, is_target)


def _candidates_of(
    corpus: Corpus,
    texts: Texts,
    statistics: Statistics,
    search: Search,
    rows: IntArray,
    known: sp.csr_matrix,
    alike: sp.csr_matrix,
    title_columns: sp.csr_matrix,
    is_target: BoolArray,
) -> Pairs:
    shape = (len(rows), corpus.n_targets)
    vectors = texts.vectors[rows]
    mentioned = sp.csr_matrix(texts.mentioned[rows])
    by_probability = sp.csr_matrix(mentioned.sign().multiply(statistics.link_probability[None, :] + 1e-3))
    seeds = sp.csr_matrix(by_probability.maximum(known))
    found, similarity = search.nearest_pages(vectors, _N_FOUND)
    similarity = np.where(found == rows[:, None], 0, similarity)
    nearest = _table(found, similarity * statistics.is_teacher[found], N_NEIGHBOURS, (len(rows), corpus.n_pages))
    neighbours_links = sp.csr_matrix(nearest.power(2) @ statistics.links)
    alike_links = sp.csr_matrix(alike.power(2) @ statistics.links)
    co_cited = sp.csr_matrix(top_per_row(seeds, 40) @ statistics.co_cited)
    titles = sp.csr_matrix(texts.bigrams.titles[rows] @ title_columns)
    sources = (
        top_per_row(by_probability, _N_MENTIONED),
        top_per_row(neighbours_links, _N_PER_SOURCE),
        top_per_row(alike_links, _N_PER_SOURCE),
        top_per_row(co_cited, _N_PER_SOURCE),
        top_per_row(titles, _N_PER_SOURCE // 2),
        _table(found, similarity, _N_PER_SOURCE // 2, shape),
        _table(*search.nearest_profiles(vectors, _N_PER_SOURCE // 2), _N_PER_SOURCE // 2, shape),
    )
    union = sources[0].sign()
    for source in sources[1:]:
        union = union + source.sign()
    pair_row, target = _allowed(is_target & ~corpus.is_template, sp.csr_matrix(union), rows, known)
    as_page = np.where(target < corpus.n_pages, target, 0)
    page_similarity = np.einsum("ij,ij->i", vectors[pair_row], texts.vectors[as_page])
    neighbours_say = sp.csr_matrix((nearest.power(2) + alike.power(2)) @ texts.mentioned.sign())
    scores = {
        "mentions": cells(mentioned, pair_row, target),
        "neighbours": cells(neighbours_links, pair_row, target),
        "alike": cells(alike_links, pair_row, target),
        "neighbours_say": cells(neighbours_say, pair_row, target),
        "co_cited": cells(co_cited, pair_row, target),
        "titles": cells(titles, pair_row, target),
        "page_similarity": np.where(target < corpus.n_pages, page_similarity, 0).astype(np.float32),
        "profile_similarity": np.einsum("ij,ij->i", vectors[pair_row], statistics.profiles[target]),
        "links_back": _links_back(corpus, statistics, rows, pair_row, target),
    }
    return Pairs(rows, rows[pair_row], target, scores, nearest, alike, known)


def _links_back(
    corpus: Corpus, statistics: Statistics, rows: IntArray, pair_row: IntArray, target: IntArray
) -> FloatArray:
    is_page = target < corpus.n_pages
    values = np.zeros(len(target), np.float32)
    values[is_page] = cells(statistics.links, target[is_page], rows[pair_row[is_page]])
    return values


def _allowed(
    is_target: BoolArray, union: sp.csr_matrix, rows: IntArray, known: sp.csr_matrix
) -> tuple[IntArray, IntArray]:
    """(row of the chunk, target) of the pairs that the rules allow, ordered by row."""
    union.sort_indices()
    pair_row = np.repeat(np.arange(len(rows), dtype=np.int64), np.diff(union.indptr))
    target = union.indices.astype(np.int64)
    is_bad = (rows[pair_row] == target) | ~is_target[target] | (cells(known, pair_row, target) > 0)
    return pair_row[~is_bad], target[~is_bad]


def _alike(
    bigrams: sp.csr_matrix, teacher_bigrams: sp.csr_matrix, rows: IntArray, teachers: IntArray, n_pages: int
) -> sp.csr_matrix:
    """(rows, pages): the TF-IDF cosine of the teachers that share the most bigrams."""
    product = sp.csr_matrix(bigrams @ teacher_bigrams)
    at = np.repeat(rows, np.diff(product.indptr))
    product.data[teachers[product.indices] == at] = 0
    top = top_per_row(product, N_NEIGHBOURS)
    row = np.repeat(np.arange(len(rows)), np.diff(top.indptr))
    return csr(row, teachers[top.indices], (len(rows), n_pages), top.data)


def _table(columns: IntArray, scores: FloatArray, k: int, shape: tuple[int, int]) -> sp.csr_matrix:
    """(rows, columns): the k largest positive scores of each row, given as found by a search."""
    row = np.repeat(np.arange(shape[0]), columns.shape[1])
    kept = scores.ravel() > 0
    values = scores.ravel()[kept].astype(np.float32)
    return top_per_row(csr(row[kept], columns.ravel()[kept], shape, values), k)
