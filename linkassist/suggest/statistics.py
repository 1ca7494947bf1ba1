"""What a wiki's existing links tell, as its teachers' pages tell it.

A *teacher* is a page whose links are believed: for real suggestions every page that has links; for training, the pages
that were there before the ones that are learnt from. Nothing here looks at the links of a page that is no teacher,
so what is measured about a page's candidates never knows that page's own answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, csr, keep_rows, top_per_row
from linkassist.suggest.mentions import Mentions, fold

_TERMS_PER_PAGE = 80
_N_CO_CITED = 60
_MOST_COMMON = 0.08  # a bigram on more than this share of the pages tells nothing


@dataclass(frozen=True, slots=True)
class Texts:
    """What the texts alone tell; the same for every choice of teachers.

    mentioned: (pages, targets) how often a page's text says the target. vectors: (pages, width) unit rows.
    bigrams: (pages, terms) TF-IDF of character bigrams, unit rows. titles: (targets, terms) the same of the titles.
    """

    mentioned: sp.csr_matrix
    vectors: FloatArray
    bigrams: sp.csr_matrix
    titles: sp.csr_matrix
    n_characters: FloatArray


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the teachers' links tell; arrays are per target unless said otherwise.

    links: (pages, targets), the teachers' rows only. n_linked, n_mentioned: teachers that link, that say the target.
    link_probability: of the teachers that say it, the share that link it, shrunk towards 0 (Mihalcea and Csomai 2007).
    co_cited: (targets, targets) how strongly two targets are linked by the same pages.
    profiles: (targets, width) unit rows, the mean vector of the pages that link the target; zero where nobody does.
    last_linked: when a page that links it was created last, Unix seconds, 0 if unknown.
    """

    is_teacher: BoolArray
    links: sp.csr_matrix
    n_linked: FloatArray
    n_mentioned: FloatArray
    link_probability: FloatArray
    co_cited: sp.csr_matrix
    profiles: FloatArray
    last_linked: IntArray


def read_texts(corpus: Corpus, mentions: Mentions, vectors: FloatArray) -> Texts:
    """What the texts of the corpus tell."""
    mentioned = csr(mentions.page, mentions.target, (corpus.n_pages, corpus.n_targets))
    page_texts = [fold(reading.text) for reading in corpus.readings]
    titles = [fold(f"^{name}$") for name in corpus.names]
    page_terms, title_terms, n_terms = _bigram_counts(page_texts, titles)
    document_frequency = np.bincount(page_terms.indices, minlength=n_terms)
    idf = np.log((corpus.n_pages + 1) / (document_frequency + 1)).clip(0).astype(np.float32)
    idf_titles = np.log((corpus.n_targets + 1) / (np.bincount(title_terms.indices, minlength=n_terms) + 1)).clip(0)
    too_common = document_frequency > max(20, _MOST_COMMON * corpus.n_pages)
    page_terms.data = 1 + np.log(page_terms.data)
    bigrams = top_per_row(sp.csr_matrix(page_terms.multiply(np.where(too_common, 0, idf))), _TERMS_PER_PAGE)
    return Texts(
        mentioned=mentioned,
        vectors=vectors,
        bigrams=_unit_rows(bigrams),
        titles=_unit_rows(sp.csr_matrix(title_terms.multiply(idf_titles.astype(np.float32)))),
        n_characters=np.array([len(text) for text in page_texts], np.float32),
    )


def _bigram_counts(pages: list[str], titles: list[str]) -> tuple[sp.csr_matrix, sp.csr_matrix, int]:
    """Bigram counts of the pages and of the titles over one set of terms."""
    codes_of_pages, rows_of_pages = _bigram_codes(pages)
    codes_of_titles, rows_of_titles = _bigram_codes(titles)
    terms, numbers = np.unique(np.concatenate([codes_of_pages, codes_of_titles]), return_inverse=True)
    n_pages = len(codes_of_pages)
    return (
        csr(rows_of_pages, numbers[:n_pages].astype(np.int64), (len(pages), len(terms))),
        csr(rows_of_titles, numbers[n_pages:].astype(np.int64), (len(titles), len(terms))),
        len(terms),
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
    return sp.csr_matrix(sp.diags((1 / norms).astype(np.float32)) @ matrix)


def learn_statistics(corpus: Corpus, texts: Texts, is_teacher: BoolArray) -> Statistics:
    """What the links of these teachers tell. is_teacher: (pages,)."""
    links = keep_rows(corpus.links, is_teacher)
    n_linked = np.asarray(links.sum(axis=0)).ravel().astype(np.float32)
    mentioned = keep_rows(texts.mentioned, is_teacher)
    says_or_links = mentioned.maximum(links)
    n_mentioned = np.bincount(says_or_links.indices, minlength=corpus.n_targets).astype(np.float32)
    last = np.zeros(corpus.n_targets, np.int64)
    cells = links.tocoo()
    np.maximum.at(last, cells.col, corpus.created[cells.row])
    return Statistics(
        is_teacher=is_teacher,
        links=links,
        n_linked=n_linked,
        n_mentioned=n_mentioned,
        link_probability=n_linked / (n_mentioned + 1.5),
        co_cited=_co_cited(links, n_linked),
        profiles=unit_rows_dense(links.T.tocsr() @ texts.vectors),
        last_linked=last,
    )


def _co_cited(links: sp.csr_matrix, n_linked: FloatArray) -> sp.csr_matrix:
    """Cosine of the targets' columns, each page counting the less the more it links; the strongest of each row."""
    per_page = np.asarray(links.sum(axis=1)).ravel()
    weighted = sp.diags((1 / np.sqrt(per_page + 1)).astype(np.float32)) @ links
    shared = sp.csr_matrix(weighted.T @ weighted)
    shared.setdiag(0)
    shared.eliminate_zeros()
    scale = sp.diags((1 / np.sqrt(n_linked + 1)).astype(np.float32))
    return top_per_row(sp.csr_matrix(scale @ shared @ scale), _N_CO_CITED)


def unit_rows_dense(matrix: npt.NDArray[np.floating]) -> FloatArray:
    """The rows scaled to length 1; a zero row stays zero."""
    return (matrix / (np.linalg.norm(matrix, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
