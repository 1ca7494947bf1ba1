"""Candidate (page, phrase) pairs for new links, and their features.

`boundary_rates.py` computes link rates by the edges of a phrase, `title_similarity.py` its similarity to titles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, starts_run
from linkassist.suggest.folding import script_shares
from linkassist.suggest.phrases.boundaries import BEFORE_COLON, JOINED, NGRAM, PIECES, QUOTED, WHOLE_LINE
from linkassist.suggest.phrases.boundary_rates import LinkRates
from linkassist.suggest.phrases.extraction import Phrases
from linkassist.suggest.phrases.title_similarity import TitleLikeness
from linkassist.wiki import Reading

_MOST_PER_PAGE = 90
_BLOCK = 200_000  # occurrences at once
_MOST_USUAL = 100_000  # phrases in the sample that titles are compared with

_FEATURE_NAMES: Final = """
    n_in_page n_pages weight weight_rank in_title is_quoted is_whole_line is_before_colon is_ngram is_joined
    is_several at_line_start at_line_end is_capital is_inside_old begins_old ends_old line_length n_lines
    left_odds right_odds head_odds tail_odds kind_odds odds odds_rank longer shorter first length share_latin
    share_hiragana share_katakana share_kanji title_likeness n_titles_like page_size n_known link_rate
"""
PHRASE_FEATURES: Final = tuple(_FEATURE_NAMES.split())


@dataclass(frozen=True, slots=True)
class PhrasePairs:
    """Candidate (page, phrase) pairs ordered by page. features: (pairs, len(PHRASE_FEATURES))."""

    page: IntArray
    phrase: IntArray
    features: FloatArray


class PhraseStatistics:
    """Statistics of a wiki's links and phrases, for the features of any phrase."""

    __slots__ = ("likeness", "link_rate", "n_pages", "rates")

    def __init__(self, corpus: Corpus, phrases: Phrases, is_old: BoolArray, is_teacher: BoolArray) -> None:
        """is_old: per phrase, from `not_new`. is_teacher: per page, whether its links are used."""
        self.rates = LinkRates(corpus, phrases, is_teacher)
        new = np.flatnonzero(~is_old)
        self.likeness = TitleLikeness(corpus, phrases.keys_of(new[:: len(new) // _MOST_USUAL + 1]))
        self.n_pages = corpus.n_pages
        self.link_rate = np.log1p(corpus.links.nnz / max(1, np.count_nonzero(np.diff(corpus.links.indptr))))


class PhraseFeatureBuilder:
    """Chooses the most likely new phrases of pages and computes their features."""

    def __init__(
        self,
        readings: Sequence[Reading],
        phrases: Phrases,
        is_old: BoolArray,
        n_known: IntArray,
        habits: PhraseStatistics,
    ) -> None:
        """phrases: of these pages. is_old: per phrase, from `not_new`. n_known: per page, how many links it has."""
        self._phrases = phrases
        self._is_old = is_old
        self._habits = habits
        lengths = [[len(reading.title), *(len(p.text) for p in reading.passages)] for reading in readings]
        n_lines = np.array([len(of_page) for of_page in lengths], np.int64)
        self._line_length = np.array([length for of_page in lengths for length in of_page], np.int64)
        self._first_line = np.cumsum(n_lines) - n_lines
        # features that all phrases of a page share
        self._of_page = {
            "n_lines": np.log1p(n_lines - 1),
            "page_size": np.log1p([len(reading.text) for reading in readings]),
            "n_known": np.log1p(n_known),
            "link_rate": np.full(len(readings), habits.link_rate),
        }

    def blocks(self, pages: IntArray) -> Iterator[PhrasePairs]:
        """The pairs of these pages (ascending), in blocks of pages."""
        first = np.searchsorted(self._phrases.page, pages, side="left")
        behind = np.searchsorted(self._phrases.page, pages, side="right")
        number = (np.cumsum(behind - first) - 1) // _BLOCK
        for block in np.split(np.arange(len(pages)), np.flatnonzero(np.diff(number)) + 1):
            rows = [np.arange(first[i], behind[i]) for i in block.tolist()]
            yield self._pairs(np.concatenate([np.zeros(0, np.int64), *rows]))

    def _pairs(self, rows: IntArray) -> PhrasePairs:
        """The pairs of the pages whose occurrences are `rows`."""
        phrases = self._phrases
        is_new = ~self._is_old[phrases.phrase[rows]]
        beside = [flag[is_new] for flag in self._beside_old(rows)]
        rows = rows[is_new]
        odds = self._habits.rates.odds(phrases, rows)
        group, best = _grouped(phrases.page[rows].astype(np.int64) * len(phrases) + phrases.phrase[rows], odds.total)
        odds_rank = _rank_in_page(phrases.page[rows[best]], odds.total[best])
        kept = odds_rank < _MOST_PER_PAGE
        number = np.where(kept, np.cumsum(kept) - 1, -1)[group]
        rows_kept, number = rows[number >= 0], number[number >= 0]
        best = best[kept]
        columns = {
            **self._of_all(rows_kept, number, len(best)),
            **self._of_best(rows[best]),
            "is_inside_old": beside[0][best],
            "begins_old": beside[1][best],
            "ends_old": beside[2][best],
            "left_odds": odds.left[best],
            "right_odds": odds.right[best],
            "head_odds": odds.head[best],
            "tail_odds": odds.tail[best],
            "kind_odds": odds.kind[best],
            "odds": odds.total[best],
            "odds_rank": odds_rank[kept],
        }
        page = phrases.page[rows[best]].astype(np.int64)
        columns |= {name: values[page] for name, values in self._of_page.items()}
        columns["weight_rank"] = _rank_in_page(page, columns["weight"])
        features = np.stack([columns[name].astype(np.float32) for name in PHRASE_FEATURES], axis=1)
        return PhrasePairs(page, phrases.phrase[rows[best]].astype(np.int64), features)

    def _of_all(self, rows: IntArray, number: IntArray, n: int) -> dict[str, np.ndarray]:
        """The features that depend on all occurrences of a pair. number: per row, its pair, below n."""
        phrases = self._phrases
        count = np.bincount(number, minlength=n)
        phrase = np.zeros(n, np.int64)
        phrase[number] = phrases.phrase[rows]
        first = np.full(n, np.iinfo(np.int32).max)
        np.minimum.at(first, number, phrases.passage[rows])

        def any_of(flag: BoolArray) -> BoolArray:
            return np.asarray(np.bincount(number[flag], minlength=n) > 0)

        kind, at_line = phrases.kind[rows], phrases.at_line[rows]
        n_pages = phrases.n_pages[phrase]
        return {
            "n_in_page": np.log1p(count),
            "n_pages": np.log1p(n_pages),
            "weight": (1 + np.log(count)) * np.log((self._habits.n_pages + 1) / n_pages.clip(1)),
            "in_title": any_of(phrases.passage[rows] < 0),
            "is_quoted": any_of(kind == QUOTED),
            "is_whole_line": any_of(kind == WHOLE_LINE),
            "is_before_colon": any_of(kind == BEFORE_COLON),
            "is_ngram": any_of(kind == NGRAM),
            "is_joined": any_of(kind == JOINED),
            "is_several": any_of(kind == PIECES),
            "at_line_start": any_of(at_line & 1 > 0),
            "at_line_end": any_of(at_line & 2 > 0),
            "first": first,
        }

    def _of_best(self, rows: IntArray) -> dict[str, np.ndarray]:
        """The features of the most likely occurrence of each pair, and of its words."""
        phrases = self._phrases
        distinct, word = np.unique(phrases.phrase[rows].astype(np.int64), return_inverse=True)
        keys = phrases.keys_of(distinct)
        script = script_shares(keys)
        likeness, n_like = self._habits.likeness.of(keys)
        line = self._first_line[phrases.page[rows]] + phrases.passage[rows] + 1
        return {
            "is_capital": phrases.is_capital[rows],
            "line_length": np.log1p(self._line_length[line]),
            "longer": phrases.longer[rows],
            "shorter": phrases.shorter[rows],
            "length": phrases.end[rows] - phrases.start[rows],
            "share_latin": script[word, 0],
            "share_hiragana": script[word, 1],
            "share_katakana": script[word, 2],
            "share_kanji": script[word, 3],
            "title_likeness": likeness[word],
            "n_titles_like": n_like[word],
        }

    def _beside_old(self, rows: IntArray) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Per occurrence, whether it is inside one of a known target, and whether it begins or ends with one."""
        phrases = self._phrases
        phrase = phrases.phrase[rows]
        is_old = self._is_old[phrase] & ~phrases.is_empty[phrase]
        line = (phrases.page[rows].astype(np.int64) << 40) | ((phrases.passage[rows].astype(np.int64) + 1) << 20)
        start, end = line + phrases.start[rows], line + phrases.end[rows]
        order = np.lexsort((-end, start))
        reach = np.maximum.accumulate(np.where(is_old[order], end[order], 0)) if len(order) else end
        is_inside = np.zeros(len(order), np.bool_)
        is_inside[order] = reach >= end[order]
        return is_inside & ~is_old, np.isin(start, start[is_old]), np.isin(end, end[is_old])


def _grouped(keys: IntArray, value: FloatArray) -> tuple[IntArray, IntArray]:
    """Groups of equal keys: (per row its group; per group the row of the largest value, the first of equals)."""
    order = np.argsort(keys, kind="stable")
    is_new = starts_run(keys[order])
    in_order = np.cumsum(is_new) - 1
    group = np.empty(len(order), np.int64)
    group[order] = in_order
    if len(order) == 0:
        return group, order
    ordered = value[order]
    is_best = ordered == np.maximum.reduceat(ordered, np.flatnonzero(is_new))[in_order]
    at = np.flatnonzero(is_best)
    return group, order[at[starts_run(in_order[at])]]


def _rank_in_page(page: np.ndarray, value: np.ndarray) -> IntArray:
    """Per pair, the rank of its value within its page, from 0 for the largest; the page numbers ascend."""
    order = np.lexsort((-value, page))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(page, page, side="left")
    return rank
