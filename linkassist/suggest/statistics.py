"""Statistics of a wiki's texts and links: TF-IDF of bigrams, link probability, co-citation, profiles of targets.

A *teacher* is a page whose links are used: for suggestions every page with links, for training those that are not held
out. The links of other pages are never looked at, so the features of a candidate do not know their own answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.suggest.corpus import (
    BoolArray,
    Corpus,
    FloatArray,
    IntArray,
    by_blocks,
    csr,
    in_order,
    keep_rows,
    top_per_row,
)
from linkassist.suggest.folding import fold
from linkassist.suggest.mentions import Mentions

_TERMS_PER_PAGE = 80
_TERMS_PER_PROFILE = 120
_N_CO_CITED = 60
_N_MARKED = 200
_MOST_LINKED_TOGETHER = 500  # a page of more links, such as an index of the wiki, does not count for co-citation
_LATELY = 0.1  # the share of the teachers that are the newest
_MOST_COMMON = 0.08  # a bigram on more than this share of the pages is dropped


@dataclass(frozen=True, slots=True)
class Texts:
    """Statistics of the texts alone, equal for every choice of teachers.

    mentioned: (pages, targets) how often a page's text says the target. vectors: (pages, width) unit rows.
    page_bigrams: (pages, terms) TF-IDF of character bigrams, unit rows; `bigrams.titles` is the same of the titles.
    """

    mentioned: sp.csr_matrix
    vectors: FloatArray
    bigrams: Bigrams
    page_bigrams: sp.csr_matrix
    n_characters: FloatArray


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the teachers' links; arrays are per target unless said otherwise.

    links: (pages, targets), the teachers' rows only. n_linked, n_mentioned: teachers that link, that say the target.
    link_probability: of the teachers that say it, the share that link it, shrunk towards 0 (Mihalcea and Csomai 2007).
    co_cited: (targets, targets) how strongly two targets are linked by the same pages.
    profiles: (targets, width) unit rows, the mean vector of the pages that link the target; zero where nobody does.
    term_profiles: (targets, terms) unit rows, the same of their bigrams. marked: (marks, targets) how strongly the
    pages that show a mark link a target. n_linked_lately: teachers among the newest tenth that link it, NaN if unknown.
    last_linked: when a page that links it was created last, Unix seconds, 0 if unknown.
    """

    is_teacher: BoolArray
    links: sp.csr_matrix
    n_linked: FloatArray
    n_mentioned: FloatArray
    link_probability: FloatArray
    co_cited: sp.csr_matrix
    profiles: FloatArray
    term_profiles: sp.csr_matrix
    marked: sp.csr_matrix
    n_linked_lately: FloatArray
    last_linked: IntArray


class Bigrams:
    """TF-IDF of character bigrams. The terms and their weights come from the texts and titles it is built from."""

    __slots__ = ("_frequency", "_idf", "_n_texts", "_n_titles", "_terms", "_title_frequency", "pages", "titles")

    def __init__(self, texts: list[str], titles: list[str]) -> None:
        codes, rows = _bigram_codes(texts)
        title_codes, title_rows = _bigram_codes(titles)
        self._terms = np.unique(np.concatenate([codes, title_codes]))
        counts = self._counts(codes, rows, len(texts))
        self._n_texts, self._n_titles = len(texts), len(titles)
        self._frequency = np.bincount(counts.indices, minlength=len(self._terms))
        self._idf = self._text_idf(self._frequency)
        self.pages = self._weighted(counts)
        in_titles = self._counts(title_codes, title_rows, len(titles))
        self._title_frequency = np.bincount(in_titles.indices, minlength=len(self._terms))
        self.titles = _unit_rows(sp.csr_matrix(in_titles.multiply(self._title_idf(self._title_frequency))))

    def of(self, texts: list[str]) -> sp.csr_matrix:
        """(texts, terms), unit rows: the bigrams of each text with the largest TF-IDF."""
        return self._weighted(self._counts(*_bigram_codes(texts), len(texts)))

    def of_new(self, text: str) -> sp.csr_matrix:
        """(1, terms), the row that the text would have, had it been among the texts in place of an empty one.

        Bigrams without a column count for the length of the row.
        """
        terms, counts = np.unique(_bigram_codes([text])[0], return_counts=True)
        column, before = self._known(terms, self._frequency)
        weight = (1 + np.log(counts)) * self._text_idf(before + 1)
        weight[np.lexsort((terms, -weight))[_TERMS_PER_PAGE:]] = 0
        return self._new_row(column, weight)

    def of_new_title(self, title: str) -> sp.csr_matrix:
        """(1, terms), the same of a title."""
        terms, counts = np.unique(_bigram_codes([title])[0], return_counts=True)
        column, before = self._known(terms, self._title_frequency)
        return self._new_row(column, counts * self._title_idf(before + 1))

    def _known(self, terms: IntArray, frequency: IntArray) -> tuple[IntArray, IntArray]:
        """(the columns of these terms, -1 where there is none; their frequency)."""
        at = np.searchsorted(self._terms, terms).clip(0, max(0, len(self._terms) - 1))
        is_known = self._terms[at] == terms if len(self._terms) else np.zeros(len(terms), np.bool_)
        return np.where(is_known, at, -1), np.where(is_known, frequency[at], 0) if len(self._terms) else 0 * terms

    def _new_row(self, column: IntArray, weight: FloatArray) -> sp.csr_matrix:
        unit = (weight / (np.sqrt((weight**2).sum()) + 1e-9)).astype(np.float32)
        kept = (column >= 0) & (unit > 0)
        return csr(np.zeros(int(kept.sum()), np.int64), column[kept], (1, len(self._terms)), unit[kept])

    def _text_idf(self, frequency: IntArray) -> FloatArray:
        is_too_common = frequency > max(20, _MOST_COMMON * self._n_texts)
        idf = np.log((self._n_texts + 1) / (frequency + 1)).clip(0)
        return np.where(is_too_common, 0, idf).astype(np.float32)

    def _title_idf(self, frequency: IntArray) -> FloatArray:
        idf: FloatArray = np.log((self._n_titles + 1) / (frequency + 1)).clip(0).astype(np.float32)
        return idf

    def _counts(self, codes: IntArray, rows: IntArray, n_rows: int) -> sp.csr_matrix:
        at = np.searchsorted(self._terms, codes).clip(0, max(0, len(self._terms) - 1))
        is_known = self._terms[at] == codes if len(self._terms) else np.zeros(0, np.bool_)
        return csr(rows[is_known], at[is_known], (n_rows, len(self._terms)))

    def _weighted(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        damped = counts.copy()
        damped.data = 1 + np.log(damped.data)
        return _unit_rows(top_per_row(sp.csr_matrix(damped.multiply(self._idf)), _TERMS_PER_PAGE))


def read_texts(corpus: Corpus, mentions: Mentions, vectors: FloatArray) -> Texts:
    """The statistics of the texts of the corpus. vectors: (pages, width) unit rows."""
    texts = [fold(reading.text) for reading in corpus.readings]
    bigrams = Bigrams(texts, [fold(f"^{name}$") for name in corpus.names])
    return Texts(
        mentioned=csr(mentions.page, mentions.target, (corpus.n_pages, corpus.n_targets)),
        vectors=vectors,
        bigrams=bigrams,
        page_bigrams=bigrams.pages,
        n_characters=np.array([len(text) for text in texts], np.float32),
    )


def reread_texts(texts: Texts, corpus: Corpus, mentions: Mentions, vectors: FloatArray, pages: IntArray) -> Texts:
    """A copy in which the rows of these pages are computed anew; mentions and vectors are those of all pages."""
    if len(pages) == 0:
        return texts
    changed = [fold(corpus.readings[page].text) for page in pages.tolist()]
    is_kept = np.ones(corpus.n_pages, np.bool_)
    is_kept[pages] = False
    fresh = texts.bigrams.of(changed).tocoo()
    n_characters = texts.n_characters.copy()
    n_characters[pages] = [len(text) for text in changed]
    into_place = csr(pages[fresh.row], fresh.col.astype(np.int64), texts.page_bigrams.shape, fresh.data)
    return replace(
        texts,
        mentioned=csr(mentions.page, mentions.target, texts.mentioned.shape),
        vectors=vectors,
        page_bigrams=in_order(keep_rows(texts.page_bigrams, is_kept) + into_place),
        n_characters=n_characters,
    )


def _bigram_codes(texts: list[str]) -> tuple[IntArray, IntArray]:
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    rows = np.repeat(np.arange(len(texts)), np.array([len(text) + 1 for text in texts], np.int64))[: len(codes)]
    first, second = codes[:-1], codes[1:]
    blank = (codes == ord("\n")) | (codes == ord("_")) | (codes == 0x1F)
    kept = ~(blank[:-1] | blank[1:])
    return (first[kept] << 21) | second[kept], rows[:-1][kept]


def _unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()) + 1e-9
    return in_order(sp.diags((1 / norms).astype(np.float32)) @ matrix)


def learn_statistics(corpus: Corpus, texts: Texts, is_teacher: BoolArray) -> Statistics:
    """The statistics of the links of these teachers. is_teacher: (pages,)."""
    links = keep_rows(corpus.links, is_teacher)
    n_linked = np.asarray(links.sum(axis=0)).ravel().astype(np.float32)
    mentioned = keep_rows(texts.mentioned, is_teacher)
    says_or_links = mentioned.maximum(links)
    n_mentioned = np.bincount(says_or_links.indices, minlength=corpus.n_targets).astype(np.float32)
    last = np.zeros(corpus.n_targets, np.int64)
    cells = links.tocoo()
    telling = keep_rows(links, np.diff(links.indptr) <= _MOST_LINKED_TOGETHER)
    np.maximum.at(last, cells.col, corpus.created[cells.row])
    return Statistics(
        is_teacher=is_teacher,
        links=links,
        n_linked=n_linked,
        n_mentioned=n_mentioned,
        link_probability=n_linked / (n_mentioned + 1.5),
        co_cited=_co_cited(telling, n_linked),
        profiles=unit_rows_dense(links.T.tocsr() @ texts.vectors),
        term_profiles=_term_profiles(links, texts.page_bigrams),
        marked=_marked(keep_rows(corpus.marks, is_teacher), telling, n_linked),
        n_linked_lately=_linked_lately(links, corpus.created, is_teacher),
        last_linked=last,
    )


def _term_profiles(links: sp.csr_matrix, page_bigrams: sp.csr_matrix) -> sp.csr_matrix:
    """(targets, terms), unit rows: the sum of the linking pages' bigrams, the strongest of each target."""
    kept = by_blocks(links.T.tocsr(), page_bigrams, lambda block, _: top_per_row(block, _TERMS_PER_PROFILE))
    return _unit_rows(kept)


def _marked(marks: sp.csr_matrix, links: sp.csr_matrix, n_linked: FloatArray) -> sp.csr_matrix:
    """(marks, targets): the cosine of their columns of pages, shrunk a little; the strongest of each mark."""
    n_marked = np.asarray(marks.sum(axis=0)).ravel()
    of_mark, of_target = ((1 / np.sqrt(n + 1)).astype(np.float32) for n in (n_marked, n_linked))

    def strongest(block: sp.csr_matrix, first: int) -> sp.csr_matrix:
        scale = sp.diags(of_mark[first : first + block.shape[0]])
        return top_per_row(sp.csr_matrix(scale @ block @ sp.diags(of_target)), _N_MARKED)

    return by_blocks(marks.T.tocsr(), links, strongest)


def _linked_lately(links: sp.csr_matrix, created: IntArray, is_teacher: BoolArray) -> FloatArray:
    times = created[is_teacher]
    if len(np.unique(times[times > 0])) <= len(times) // 2:
        return np.full(links.shape[1], np.nan, np.float32)
    is_late = is_teacher & (created >= np.quantile(times, 1 - _LATELY))
    return np.asarray(keep_rows(links, is_late).sum(axis=0), np.float32).ravel()


def _co_cited(links: sp.csr_matrix, n_linked: FloatArray) -> sp.csr_matrix:
    """(targets, targets): the cosine of their columns of pages, where a page with more links weighs less; the
    strongest of each row."""
    per_page = np.asarray(links.sum(axis=1)).ravel()
    weighted = sp.diags((1 / np.sqrt(per_page + 1)).astype(np.float32)) @ links
    of_target = (1 / np.sqrt(n_linked + 1)).astype(np.float32)

    def strongest(block: sp.csr_matrix, first: int) -> sp.csr_matrix:
        numbers = np.arange(first, first + block.shape[0])
        block.data[block.indices == np.repeat(numbers, np.diff(block.indptr))] = 0  # the target itself
        block.eliminate_zeros()
        scale = sp.diags(of_target[numbers])
        return top_per_row(sp.csr_matrix(scale @ block @ sp.diags(of_target)), _N_CO_CITED)

    return by_blocks(sp.csr_matrix(weighted.T), weighted, strongest)


def unit_rows_dense(matrix: npt.NDArray[np.floating]) -> FloatArray:
    """The rows scaled to length 1; a zero row stays zero."""
    unit: FloatArray = (matrix / (np.linalg.norm(matrix, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    return unit
