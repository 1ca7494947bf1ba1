"""The suggestions of some pages, by the model of their wiki and a ranker.

They do not depend on which other pages are asked at the same time, to the last bit. The page's own text is as it is
now; who else says and links what is as it was when the wiki was learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from linkassist.model.predict_phrases import LIMIT
from linkassist.model.vector_index import PageIndex
from linkassist.model.wiki_model import WikiModel
from linkassist.suggest.candidates import CandidateFinder, Nearest, PageBatch, Pairs, Search
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray
from linkassist.suggest.explain.attribution import Contributions
from linkassist.suggest.explain.explainer import LinkExplainer, best_rows
from linkassist.suggest.explain.similar_lines import LineExplainer
from linkassist.suggest.explain.supporting_pages import SupportingPages
from linkassist.suggest.features import FeatureBuilder, tabulate_mentions, title_features
from linkassist.suggest.link_budget import mark_held_back
from linkassist.suggest.mentions import Mentions
from linkassist.suggest.prefetch import prefetch_map
from linkassist.suggest.ranker import Ranker, has_links_already
from linkassist.suggest.statistics import Statistics
from linkassist.suggestion import Suggestion

_FLOOR = 0.02  # less likely suggestions are not worth keeping ...
_FLOOR_BESIDE_LINKS = 0.005  # where few are made at all; at 0.02 old pages lost 4 of 100 links that they gained later
_AT_LEAST = 10  # ... unless a page has fewer than this many
_HOPEFUL = 60  # candidates of a page that are scored in full


def nearest_in(vectors: FloatArray) -> Nearest:
    """Search among these unit vectors."""
    index = PageIndex(np.arange(len(vectors)), vectors, "")

    def search(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        found = index.nearest(queries, k)
        return found.page_ids, found.similarities

    return search


def search_of(corpus: Corpus, vectors: FloatArray, statistics: Statistics) -> Search:
    """What candidates are searched with. vectors: (pages, width) unit rows."""
    shared = np.flatnonzero((statistics.n_linked >= 2) & ~corpus.is_template)
    search_shared = nearest_in(statistics.profiles[shared])

    def nearest_profiles(queries: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        rows, similarities = search_shared(queries, k)
        return shared[rows], similarities

    return Search(nearest_in(vectors), nearest_profiles)


@dataclass(frozen=True, slots=True)
class PreparedPages:
    """The arrays that suggestions of some pages are predicted from; pages are numbered as in the wiki model.

    mentions: in their texts. icons: as `icon_pairs` gives them. new: by page, its new links, best first. n_links: per
    page. around: by page whose text has changed since the model was fitted, the pages and targets that it links or that
    link it. titles: (targets, terms), of the model and of these pages.
    """

    asked: PageBatch
    mentions: Mentions
    icons: frozenset[int]
    new: Mapping[int, list[Suggestion]]
    n_links: IntArray
    around: Mapping[int, IntArray]
    titles: sp.csr_matrix


class Predictor:
    """Makes the suggestions of pages, by the model of their wiki and a ranker."""

    def __init__(self, model: WikiModel, ranker: Ranker, n_searched: int | None = None) -> None:
        """n_searched: only the first so many pages of the wiki count as similar to others; None: all of them."""
        self._model, self._ranker = model, ranker
        corpus, texts, statistics = model.corpus, model.texts, model.statistics
        search = search_of(corpus, texts.vectors[:n_searched], statistics)
        self._finder = CandidateFinder(corpus, texts, statistics, search)
        self._traits = title_features(corpus)
        self._contributions = Contributions(ranker)
        self._witnesses = SupportingPages(corpus, texts.bigrams.titles, model.marks, statistics)
        self._lines = LineExplainer(corpus, texts.bigrams, model.linking)

    def asked(self, pages: IntArray, known: sp.csr_matrix) -> PageBatch:
        """The batch of these pages of the wiki. known: (pages of the wiki, targets), all links."""
        return self._finder.batch_of(pages, known)

    def predict(self, pages: PreparedPages, limit: int = LIMIT) -> Iterator[tuple[int, list[Suggestion]]]:
        """(page, suggestions best first), in order; suggestions that are held back are marked."""
        model, asked = self._model, pages.asked
        corpus, statistics = model.corpus, model.statistics
        table = tabulate_mentions(corpus, pages.mentions, model.odds.of(pages.mentions))
        maker = FeatureBuilder(corpus, model.texts, statistics, table, self._traits, pages.icons)
        target_of = {
            page: own for page, own in zip(asked.pages.tolist(), asked.own.tolist(), strict=True) if page != own
        }
        witnesses, lines = self._witnesses.beside(pages.titles, target_of), self._lines.beside(pages.around)
        explainer = LinkExplainer(corpus, statistics, pages.mentions, witnesses, lines, self._contributions)
        is_target = np.ones(corpus.n_targets, np.bool_)
        budgets = model.budgets.of(asked.n_characters.astype(np.int64), pages.n_links)
        budget_of = dict(zip(asked.pages.tolist(), budgets.tolist(), strict=True))

        def candidates(part: PageBatch) -> tuple[Pairs, FloatArray]:
            pairs = self._finder.find(part, is_target)
            return pairs, maker.features(pairs)

        for pairs, features in prefetch_map(candidates, asked.chunks(self._finder.chunk_size)):
            found = {page: list(pages.new.get(page, ())) for page in pairs.pages.tolist()}
            for page, suggestion in self._links(pairs, features, explainer, limit):
                found[page].append(suggestion)
            for page, suggestions in found.items():
                best_first = sorted(suggestions, key=lambda suggestion: -suggestion.probability)
                yield page, mark_held_back(best_first, budget_of[page])

    def _links(
        self, pairs: Pairs, features: FloatArray, explainer: LinkExplainer, limit: int
    ) -> Iterator[tuple[int, Suggestion]]:
        """(page, suggestion), at most `limit` of each page and kind."""
        hopeful = self._ranker.hopeful_links(features, pairs.page, _HOPEFUL)
        probability = np.zeros(len(features), np.float32)
        probability[hopeful] = self._ranker.score_links(features[hopeful])
        is_red = pairs.target >= self._model.corpus.n_pages
        floor = np.where(has_links_already(features), _FLOOR_BESIDE_LINKS, _FLOOR).astype(np.float32)
        rows = _best_of_each_kind(pairs.page, is_red, probability, floor, limit)
        explained = explainer.suggestions(pairs, rows, features[rows], probability[rows])
        return zip(pairs.page[rows].tolist(), explained, strict=True)


def _best_of_each_kind(
    page: IntArray, is_red: BoolArray, probability: FloatArray, floor: FloatArray, limit: int
) -> IntArray:
    """Rows, at most `limit` of each page and kind; the minimum holds for both kinds together."""
    chosen = [
        rows[is_red[rows] == kind][:limit]
        for rows in best_rows(page, probability, limit=2 * limit, floor=floor, at_least=_AT_LEAST)
        for kind in (False, True)
    ]
    return np.concatenate([np.zeros(0, np.int64), *chosen])
