"""Candidate (page, target) pairs: the union of the best targets of every source, with the scores of all sources.

The product's rules are applied here: never the page itself, never a target already linked, neither of them in another
spelling, no date or diary titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, cells, csr, top_per_row
from linkassist.suggest.same_titles import SameTitles
from linkassist.suggest.statistics import Statistics, Texts

N_NEIGHBOURS = 60
_N_FOUND = 160  # nearest pages searched for, so that enough of them are teachers
_N_PER_SOURCE = 30
_N_OF_SOURCE = {"titles": 15, "co_cited_likely": 15, "seeds_link": 15}
_N_SEEDS = 40  # links that a page has or is likely to have, from whose co-citations it gets candidates
_N_LIKELY = 12
_SHARP = 8  # the root of a sum of powers this high is close to the largest
_N_MENTIONED = 250
_MOST_SAID = 5_000  # targets said on one page, the most frequent; in two wikis no page says more than 1,500
_MOST_AT_ONCE = 400  # pages
_USUAL = 300  # links and said targets per page; where the mean is higher, a chunk has fewer pages


class Nearest(Protocol):
    """Exact search among unit vectors, such as FAISS gives it."""

    def __call__(self, queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """(queries, k) row numbers, nearest first, and their cosines; fewer columns where there are fewer rows."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """Two vector indexes, both with the numbers of the corpus: of the pages, and of the profiles of the targets that
    two or more pages link."""

    nearest_pages: Nearest
    nearest_profiles: Nearest


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs as parallel arrays, ordered by page: page, target, and by source name the scores.

    pages: the pages that were searched for. Per page of these: n_characters, the length of its text; nearest and alike,
    (pages, all pages), its neighbours by vector and by bigrams; known, (pages, targets), its links.
    """

    pages: IntArray
    n_characters: FloatArray
    page: IntArray
    target: IntArray
    scores: dict[str, FloatArray]
    nearest: sp.csr_matrix
    alike: sp.csr_matrix
    known: sp.csr_matrix


@dataclass(frozen=True, slots=True)
class PageBatch:
    """Pages to find candidates for, as rows of arrays.

    pages: their numbers, ascending. own: per row, the target that its title is. n_characters: length of the text.
    vectors: (rows, width). mentioned, known: (rows, targets), what it says and what it links. same: (rows, targets), 1
    where the target says the same as the page's title or is a spelling of one that it links. co_cited, links_back:
    (rows, targets), what is linked together with the page, and the pages that link it. bigrams, titles: (rows, terms).
    marks: (rows, marks).
    """

    pages: IntArray
    own: IntArray
    n_characters: FloatArray
    vectors: FloatArray
    mentioned: sp.csr_matrix
    known: sp.csr_matrix
    same: sp.csr_matrix
    co_cited: sp.csr_matrix
    links_back: sp.csr_matrix
    bigrams: sp.csr_matrix
    titles: sp.csr_matrix
    marks: sp.csr_matrix

    def chunks(self, n_rows: int) -> Iterator[PageBatch]:
        """Batches of `n_rows` rows each. What is found for a row does not depend on the others."""
        for start in range(0, len(self.pages), n_rows):
            part = slice(start, start + n_rows)
            yield PageBatch(**{field: getattr(self, field)[part] for field in self.__slots__})


class CandidateFinder:
    """Finds candidates for pages of one corpus. statistics: of the links of one choice of teachers."""

    def __init__(self, corpus: Corpus, texts: Texts, statistics: Statistics, search: Search) -> None:
        self._corpus = corpus
        self._texts = texts
        self._statistics = statistics
        self._search = search
        self._same_titles = SameTitles(corpus.keys)
        self._teachers = np.flatnonzero(statistics.is_teacher)
        self._teacher_bigrams = sp.csr_matrix(texts.page_bigrams[self._teachers].T)
        # right factors: (terms, targets), (terms, targets), and (pages, targets), 1 where the page says the target
        self._titles = sp.csr_matrix(texts.bigrams.titles.T)
        self._term_profiles = sp.csr_matrix(statistics.term_profiles.T)
        self._said = sp.csr_matrix(top_per_row(texts.mentioned, _MOST_SAID).sign())
        self.backlinks = backlink_matrix(statistics.links)

    @property
    def chunk_size(self) -> int:
        """How many pages' candidates to find at once, so that the matrices fit into memory."""
        per_page = int(self._said.nnz + self._statistics.links.nnz) // max(1, self._corpus.n_pages)
        return max(1, _MOST_AT_ONCE * _USUAL // max(_USUAL, per_page))

    def batch_of(self, pages: IntArray, known: sp.csr_matrix) -> PageBatch:
        """These pages as the corpus has them.

        known: (pages of the corpus, targets), the links that each page has, which are no candidates.
        """
        texts = self._texts
        return PageBatch(
            pages=pages,
            own=pages,
            n_characters=texts.n_characters[pages],
            vectors=texts.vectors[pages],
            mentioned=sp.csr_matrix(texts.mentioned[pages]),
            known=known[pages],
            same=self._same_titles.of_pages([self._corpus.readings[page] for page in pages.tolist()]),
            co_cited=self._statistics.co_cited[pages],
            links_back=self.backlinks[pages],
            bigrams=texts.page_bigrams[pages],
            titles=texts.bigrams.titles[pages],
            marks=self._corpus.marks[pages],
        )

    def find(self, batch: PageBatch, is_target: BoolArray) -> Pairs:
        """The candidates of these pages. is_target: per target, False where it must not be a candidate."""
        corpus, statistics = self._corpus, self._statistics
        rows, known, vectors, mentioned = batch.pages, batch.known, batch.vectors, batch.mentioned
        shape = (len(rows), corpus.n_targets)
        links = statistics.links
        alike = _alike(batch.bigrams, self._teacher_bigrams, rows, self._teachers, corpus.n_pages)
        by_probability = sp.csr_matrix(mentioned.sign().multiply(statistics.link_probability[None, :] + 1e-3))
        seeds = top_per_row(sp.csr_matrix(by_probability.maximum(known)), _N_SEEDS)
        found, similarity = self._search.nearest_pages(vectors, _N_FOUND)
        similarity = np.where(found == rows[:, None], 0, similarity)
        nearest = _as_matrix(
            found, similarity * statistics.is_teacher[found], N_NEIGHBOURS, (len(rows), corpus.n_pages)
        )
        titles = sp.csr_matrix(batch.titles @ self._titles)
        namesakes = _pages_alone(titles, rows, statistics.is_teacher)
        neighbours_links = sp.csr_matrix(nearest.power(2) @ links)
        alike_links = sp.csr_matrix(alike.power(2) @ links)
        likely = top_per_row(neighbours_links.multiply(1 / (neighbours_links.max(axis=1).toarray() + 1e-9)), _N_LIKELY)
        scores = {
            "neighbours": neighbours_links,
            "alike": alike_links,
            "namesakes": namesakes.power(2) @ links,
            "co_cited": seeds @ statistics.co_cited,
            "co_cited_likely": likely @ statistics.co_cited,
            "co_cited_self": batch.co_cited,
            "marked": batch.marks @ statistics.marked,
            "term_profile": batch.bigrams @ self._term_profiles,
            "seeds_link": seeds[:, : corpus.n_pages] @ links,
            "titles": titles,
            "links_back": batch.links_back,
        }
        scores = {name: sp.csr_matrix(matrix) for name, matrix in scores.items()}
        sources = [
            top_per_row(by_probability, _N_MENTIONED),
            *(top_per_row(matrix, _N_OF_SOURCE.get(name, _N_PER_SOURCE)) for name, matrix in scores.items()),
            _as_matrix(found, similarity, _N_PER_SOURCE // 2, shape),
            _as_matrix(*self._search.nearest_profiles(vectors, _N_PER_SOURCE // 2), _N_PER_SOURCE // 2, shape),
        ]
        union = sources[0].sign()
        for source in sources[1:]:
            union = union + source.sign()
        pair_row, target = _allowed(is_target & ~corpus.is_template, sp.csr_matrix(union), batch.own, known, batch.same)
        as_page = np.where(target < corpus.n_pages, target, 0)
        page_similarity = np.einsum("ij,ij->i", vectors[pair_row], self._texts.vectors[as_page])
        scores["mentions"] = mentioned
        scores["neighbours_say"] = sp.csr_matrix((nearest.power(2) + alike.power(2)) @ self._said)
        scores["closest"] = sp.csr_matrix((nearest.power(_SHARP) + alike.power(_SHARP)) @ links).power(1 / _SHARP)
        values = {name: cells(matrix, pair_row, target) for name, matrix in scores.items()}
        values["page_similarity"] = np.where(target < corpus.n_pages, page_similarity, 0).astype(np.float32)
        values["profile_similarity"] = np.einsum("ij,ij->i", vectors[pair_row], statistics.profiles[target])
        return Pairs(rows, batch.n_characters, rows[pair_row], target, values, nearest, alike, known)


def backlink_matrix(links: sp.csr_matrix) -> sp.csr_matrix:
    """(pages, targets), 1 where the target is a page that links this page. links: (pages, targets)."""
    n_pages, n_targets = links.shape
    turned = sp.csr_matrix(links[:, :n_pages].T)
    turned.resize((n_pages, n_targets))
    return turned


def _pages_alone(titles: sp.csr_matrix, rows: IntArray, is_teacher: BoolArray) -> sp.csr_matrix:
    """(rows, pages): `titles`, (rows, targets), in the columns of teachers but the row's own page."""
    pages = sp.csr_matrix(titles[:, : len(is_teacher)] @ sp.diags(is_teacher.astype(np.float32)))
    at = np.repeat(rows, np.diff(pages.indptr))
    pages.data[pages.indices == at] = 0
    return top_per_row(pages, N_NEIGHBOURS // 2)


def _allowed(
    is_target: BoolArray, union: sp.csr_matrix, own: IntArray, known: sp.csr_matrix, same: sp.csr_matrix
) -> tuple[IntArray, IntArray]:
    """(row of the batch, target) of the pairs that the rules allow, ordered by row. own: each row's own target."""
    union.sort_indices()
    pair_row = np.repeat(np.arange(len(own), dtype=np.int64), np.diff(union.indptr))
    target = union.indices.astype(np.int64)
    is_bad = (own[pair_row] == target) | ~is_target[target] | (cells(known, pair_row, target) > 0)
    is_bad |= cells(same, pair_row, target) > 0
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


def _as_matrix(columns: IntArray, scores: FloatArray, k: int, shape: tuple[int, int]) -> sp.csr_matrix:
    """Search results, (rows, results) each, as a sparse matrix with the k largest positive scores of each row."""
    row = np.repeat(np.arange(shape[0]), columns.shape[1])
    kept = scores.ravel() > 0
    values = scores.ravel()[kept].astype(np.float32)
    return top_per_row(csr(row[kept], columns.ravel()[kept], shape, values), k)
