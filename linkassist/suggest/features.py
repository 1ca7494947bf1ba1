"""The features of candidate pairs: numbers that mean the same in every wiki and language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from linkassist.suggest.candidates import Pairs
from linkassist.suggest.corpus import Corpus, FloatArray, IntArray, starts_run
from linkassist.suggest.folding import fold, script_shares
from linkassist.suggest.mentions import Mentions
from linkassist.suggest.statistics import Statistics, Texts
from linkassist.wiki import title_key

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class MentionTable:
    """The mentions added up by (page, target) pair: parallel arrays, sorted by `key` = page * n_targets + target."""

    key: IntArray
    n_free: FloatArray
    edges: FloatArray
    in_title: FloatArray
    is_exact: FloatArray
    first: FloatArray  # passage number of the first mention
    context: FloatArray  # the largest log-odds of a context
    cover: FloatArray  # the largest share of a line


def tabulate_mentions(corpus: Corpus, mentions: Mentions, log_odds: FloatArray) -> MentionTable:
    """The mentions by pair. log_odds: per mention, from `ContextLogOdds.of`."""
    key, inverse = np.unique(mentions.page * corpus.n_targets + mentions.target, return_inverse=True)
    size = len(key)

    def most(values: np.ndarray, start: float) -> FloatArray:
        out = np.full(size, start, np.float32)
        np.maximum.at(out, inverse, values.astype(np.float32))
        return out

    return MentionTable(
        key=key,
        n_free=np.bincount(inverse, weights=mentions.is_free, minlength=size).astype(np.float32),
        edges=most(mentions.edges + 0.5 * mentions.is_free, 0),
        in_title=most(mentions.passage < 0, 0),
        is_exact=most(mentions.is_exact, 0),
        first=-most(-np.where(mentions.passage < 0, 9999, mentions.passage), -9999),
        context=most(np.where(mentions.passage < 0, -99, log_odds), -99),
        cover=most(np.where(mentions.passage < 0, 0, mentions.cover), 0),
    )


@dataclass(frozen=True, slots=True)
class TitleFeatures:
    """Features of the title alone, per target."""

    length: FloatArray
    shares: FloatArray  # (targets, 4): of Latin, hiragana, katakana, kanji


def title_features(corpus: Corpus) -> TitleFeatures:
    """Those of every target of the corpus."""
    lengths = np.array([len(key) for key in corpus.keys], np.float32)
    return TitleFeatures(lengths, script_shares([fold(key) for key in corpus.keys]))


_FEATURE_NAMES: Final = """
    n_mentions n_free edges in_title is_exact first_mention context context_rank cover link_probability n_linked
    n_mentioned rarity link_probability_rank link_probability_share is_page title_length share_latin
    share_hiragana share_katakana share_kanji target_size target_links neighbours neighbours_rank alike alike_rank
    neighbour_link_rate closest namesakes namesakes_rank co_cited co_cited_rank co_cited_likely
    co_cited_likely_rank co_cited_self seeds_link marked marked_rank term_profile term_profile_rank
    page_similarity page_similarity_rank profile_similarity profile_similarity_rank titles titles_rank links_back
    page_size n_candidates_mentioned n_known neighbours_density linked_lately days_since_linked target_age is_icon
"""
FEATURES: Final = tuple(_FEATURE_NAMES.split())


class FeatureBuilder:
    """Computes the features of pairs, for one corpus and one choice of teachers."""

    def __init__(
        self,
        corpus: Corpus,
        texts: Texts,
        statistics: Statistics,
        table: MentionTable,
        titles: TitleFeatures,
        icons: frozenset[int],
    ) -> None:
        """icons: from `icon_pairs`."""
        self._corpus = corpus
        self._texts = texts
        self._statistics = statistics
        self._table = table
        self._titles = titles
        n_teachers = max(1.0, float(statistics.is_teacher.sum()))
        self._rarity = np.log(n_teachers / (statistics.n_mentioned + 0.5)).astype(np.float32)
        self._n_links = np.diff(statistics.links.indptr).astype(np.float32)
        self._icons = icons

    def features(self, pairs: Pairs) -> FloatArray:
        """(pairs, len(FEATURES)) float32; NaN where a value is unknown."""
        corpus, statistics, scores = self._corpus, self._statistics, pairs.scores
        target, page = pairs.target, pairs.page
        key = page * corpus.n_targets + target
        at = np.searchsorted(self._table.key, key).clip(0, max(0, len(self._table.key) - 1))
        has = self._table.key[at] == key if len(self._table.key) else np.zeros(len(key), np.bool_)

        def looked_up(values: FloatArray) -> FloatArray:
            return np.where(has, values[at], 0).astype(np.float32) if len(values) else np.zeros(len(key), np.float32)

        is_page = target < corpus.n_pages
        as_page = np.where(is_page, target, 0)
        probability = np.where(has, statistics.link_probability[target], 0)
        row = np.searchsorted(pairs.pages, page) if _is_sorted(pairs.pages) else _row_numbers(page)
        known = np.diff(pairs.known.indptr).astype(np.float32)
        say = scores["neighbours_say"]
        now, then = corpus.created[page], statistics.last_linked[target]
        born = np.where(is_page, corpus.created[as_page], 0)
        columns = {
            "n_mentions": np.log1p(scores["mentions"]),
            "n_free": np.log1p(looked_up(self._table.n_free)),
            "edges": looked_up(self._table.edges),
            "in_title": looked_up(self._table.in_title),
            "is_exact": looked_up(self._table.is_exact),
            "first_mention": np.where(has, looked_up(self._table.first), np.nan),
            "context": np.where(has, looked_up(self._table.context), np.nan),
            "context_rank": _rank(row, np.where(has, looked_up(self._table.context) + 100, 0)),
            "cover": looked_up(self._table.cover),
            "link_probability": probability,
            "n_linked": np.log1p(statistics.n_linked[target]),
            "n_mentioned": np.log1p(statistics.n_mentioned[target]),
            "rarity": self._rarity[target],
            "link_probability_rank": _rank(row, probability),
            "link_probability_share": _share(row, probability),
            "is_page": is_page,
            "title_length": self._titles.length[target],
            "share_latin": self._titles.shares[target, 0],
            "share_hiragana": self._titles.shares[target, 1],
            "share_katakana": self._titles.shares[target, 2],
            "share_kanji": self._titles.shares[target, 3],
            "target_size": np.where(is_page, np.log1p(self._texts.n_characters[as_page]), np.nan),
            "target_links": np.where(is_page, np.log1p(self._n_links[as_page]), np.nan),
            "neighbours": _share(row, scores["neighbours"]),
            "neighbours_rank": _rank(row, scores["neighbours"]),
            "alike": scores["alike"],
            "alike_rank": _rank(row, scores["alike"]),
            "neighbour_link_rate": (scores["neighbours"] + scores["alike"]) / (say + 0.05),
            "closest": scores["closest"],
            "namesakes": scores["namesakes"],
            "namesakes_rank": _rank(row, scores["namesakes"]),
            "co_cited": scores["co_cited"],
            "co_cited_rank": _rank(row, scores["co_cited"]),
            "co_cited_likely": scores["co_cited_likely"],
            "co_cited_likely_rank": _rank(row, scores["co_cited_likely"]),
            "co_cited_self": scores["co_cited_self"],
            "seeds_link": scores["seeds_link"],
            "marked": scores["marked"],
            "marked_rank": _rank(row, scores["marked"]),
            "term_profile": scores["term_profile"],
            "term_profile_rank": _rank(row, scores["term_profile"]),
            "page_similarity": np.where(is_page, scores["page_similarity"], np.nan),
            "page_similarity_rank": _rank(row, scores["page_similarity"]),
            "profile_similarity": scores["profile_similarity"],
            "profile_similarity_rank": _rank(row, scores["profile_similarity"]),
            "titles": scores["titles"],
            "titles_rank": _rank(row, scores["titles"]),
            "links_back": scores["links_back"],
            "page_size": np.log1p(pairs.n_characters)[row],
            "n_candidates_mentioned": np.log1p(np.bincount(row, weights=has, minlength=row.max(initial=0) + 1))[row],
            "n_known": np.log1p(known)[row],
            "neighbours_density": self._density(pairs)[row],
            "linked_lately": statistics.n_linked_lately[target] / (statistics.n_linked[target] + 1),
            "days_since_linked": _days(now, then),
            "target_age": _days(now, born),
            "is_icon": np.fromiter((k in self._icons for k in key.tolist()), np.bool_, len(key)),
        }
        return np.stack([columns[name].astype(np.float32) for name in FEATURES], axis=1)

    def _density(self, pairs: Pairs) -> FloatArray:
        """Per page of `pairs.pages`: log of the mean number of links of its neighbours, weighted by similarity."""
        weights = pairs.nearest.power(2) + pairs.alike.power(2)
        total = np.asarray(weights.sum(axis=1)).ravel()
        density: FloatArray = np.log1p((weights @ self._n_links) / (total + 1e-9)).astype(np.float32)
        return density


def icon_pairs(corpus: Corpus, pages: IntArray) -> frozenset[int]:
    """page * n_targets + target for each target whose icon one of these pages shows."""
    number = {key: i for i, key in enumerate(corpus.keys)}
    return frozenset(
        page * corpus.n_targets + number[key]
        for page in pages.tolist()
        for icon in corpus.readings[page].icons
        if (key := title_key(icon)) in number
    )


def _is_sorted(values: IntArray) -> bool:
    return bool(np.all(values[:-1] < values[1:]))


def _row_numbers(page: IntArray) -> IntArray:
    """Per pair, a number from 0 that grows with each new page."""
    return np.cumsum(starts_run(page)) - 1


def _rank(row: IntArray, score: FloatArray) -> FloatArray:
    """The rank of each score within its row, from 0 for the largest; equal scores share the first rank, at most 98.

    Scores of 0 get 99.
    """
    order = np.lexsort((-score, row))
    sorted_row, sorted_score = row[order], score[order]
    position = np.arange(len(order))
    first_of_row = np.maximum.accumulate(np.where(starts_run(sorted_row), position, 0))
    first_of_score = np.maximum.accumulate(np.where(starts_run(sorted_row, sorted_score), position, 0))
    rank = np.empty(len(order), np.float32)
    rank[order] = first_of_score - first_of_row
    return np.where(score > 0, np.minimum(rank, 98), 99).astype(np.float32)


def _share(row: IntArray, score: FloatArray) -> FloatArray:
    """Each score divided by the largest of its row."""
    largest = np.zeros(row.max(initial=0) + 1, np.float32)
    np.maximum.at(largest, row, score.astype(np.float32))
    return (score / (largest[row] + 1e-9)).astype(np.float32)


def _days(now: IntArray, then: IntArray) -> FloatArray:
    return np.where((now > 0) & (then > 0), (now - then) / _DAY_S, np.nan).astype(np.float32)
