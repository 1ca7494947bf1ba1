"""Pages written in a test, and what the suggesting modules make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.scrapbox.page_text import read_page
from linkassist.suggest.candidates import CandidateFinder, Nearest, Pairs, Search
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, build_corpus
from linkassist.suggest.features import FeatureBuilder, icon_pairs, tabulate_mentions, title_features
from linkassist.suggest.link_contexts import ContextLogOdds
from linkassist.suggest.mentions import Mentions, TitleFinder
from linkassist.suggest.statistics import Statistics, Texts, learn_statistics, read_texts, unit_rows_dense
from linkassist.wiki import Line, Page, Reading

DAY_S = 86_400
MARKER = "___BELOW_IS_LESS_INTERESTING___"


def reading(title: str, *lines: str, created: int = 0) -> Reading:
    """The reading of a page with these lines below its title line."""
    return read_page(Page(title, tuple(Line(text) for text in (title, *lines)), created=created))


def readings(pages: Mapping[str, str]) -> list[Reading]:
    """Title and text to readings; the pages are a day apart, the first one the oldest."""
    return [
        reading(title, *text.strip("\n").split("\n"), created=DAY_S * number)
        for number, (title, text) in enumerate(pages.items(), start=1)
    ]


def corpus_of(pages: Mapping[str, str]) -> Corpus:
    """The corpus of these pages."""
    return build_corpus(readings(pages))


def number_of(corpus: Corpus, name: str) -> int:
    """The number of the target of that name."""
    return corpus.names.index(name)


def numbers_of(corpus: Corpus, *names: str) -> IntArray:
    """The numbers of these targets."""
    return np.array([number_of(corpus, name) for name in names], np.int64)


@dataclass(frozen=True, slots=True)
class Found:
    """The candidates of a wiki, with all that they were found from."""

    corpus: Corpus
    mentions: Mentions
    texts: Texts
    statistics: Statistics
    pairs: Pairs

    def targets_of(self, title: str) -> list[str]:
        """The names of the page's candidates, in alphabetical order."""
        targets = self.pairs.target[self.pairs.page == number_of(self.corpus, title)]
        return sorted(self.corpus.names[target] for target in targets.tolist())


def vectors_of(corpus: Corpus) -> FloatArray:
    """(pages, 32) unit rows: how often each character, by its code modulo 32, is on a page."""
    counts = np.zeros((corpus.n_pages, 32), np.float32)
    for row, page in enumerate(corpus.readings):
        np.add.at(counts[row], [ord(char) % 32 for char in page.text], 1)
    return unit_rows_dense(counts)


def find(
    corpus: Corpus,
    known: sp.csr_matrix | None = None,
    is_teacher: BoolArray | None = None,
    is_target: BoolArray | None = None,
    pages: IntArray | None = None,
    vectors: FloatArray | None = None,
) -> Found:
    """The candidates of these pages, of all pages with all links known where nothing else is said."""
    mentions = TitleFinder(corpus.names, is_target).find(corpus.readings)
    texts = read_texts(corpus, mentions, vectors_of(corpus) if vectors is None else vectors)
    statistics = learn_statistics(corpus, texts, np.diff(corpus.links.indptr) > 0 if is_teacher is None else is_teacher)
    shared = np.flatnonzero(statistics.n_linked >= 2)

    def nearest_profiles(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        rows, similarities = nearest_among(statistics.profiles[shared])(queries, k)
        return shared[rows], similarities

    finder = CandidateFinder(corpus, texts, statistics, Search(nearest_among(texts.vectors), nearest_profiles))
    asked = finder.batch_of(
        np.arange(corpus.n_pages) if pages is None else pages, corpus.links if known is None else known
    )
    pairs = finder.find(asked, np.ones(corpus.n_targets, np.bool_) if is_target is None else is_target)
    return Found(corpus, mentions, texts, statistics, pairs)


def features_of(found: Found) -> FloatArray:
    """(pairs, features): the evidence of the candidates."""
    odds = ContextLogOdds(found.mentions, found.statistics.is_teacher).of(found.mentions)
    table = tabulate_mentions(found.corpus, found.mentions, odds)
    icons = icon_pairs(found.corpus, np.arange(found.corpus.n_pages))
    maker = FeatureBuilder(found.corpus, found.texts, found.statistics, table, title_features(found.corpus), icons)
    return maker.features(found.pairs)


def nearest_among(vectors: FloatArray) -> Nearest:
    """Exact search by a matrix product."""

    def search(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        cosines = queries @ vectors.T
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return order.astype(np.int64), np.take_along_axis(cosines, order, axis=1)

    return search
