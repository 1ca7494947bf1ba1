"""Candidates for `new`: phrases nobody has linked yet that would join pages, and their features.

Where a phrase may begin and end is found in `spans.py`, and how likely people are to link what stands so in
`edges.py`. How good a title it would make is left to the ranker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, is_date_title
from linkassist.suggest.edges import link_odds
from linkassist.suggest.likeness import title_likeness
from linkassist.suggest.mentions import fold, fold_key, script_shares
from linkassist.suggest.spans import (
    BEFORE_COLON,
    EMPTY_WORDS,
    JOINED,
    NGRAM,
    PIECES,
    QUOTED,
    WHOLE_LINE,
    Edges,
    Hashes,
    Spans,
    codes_of,
    find_spans,
    join_spans,
    ngram_words,
)
from linkassist.wiki import Reading

_CHUNK = 2_000_000  # code points looked through at once
_MOST_COMMON = 0.03  # a phrase on more than this share of the pages joins nothing
_MOST_PER_PAGE = 120
_LAST_LATIN = 0x530  # of the scripts that have capitals
SWEET_SPOT = 7  # pages: more than these are a topic rather than a bridge

_STOP_WORDS = """
    おすすめ 場合 自分 今日 今回 以下 以上 必要 方法 問題 可能 結果 理由 意味 実際 関係 最近 一方 部分
"""
_DATES_BEGIN = frozenset("0123456789日일djfmasonw\"'#([<*-+~.:_")
_STOP = EMPTY_WORDS.union(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every phrase of the wiki, also those that are titles, and where it stands.

    keys: per phrase, its folded form. n_pages: pages that say it. is_empty: a date, or a word of no content. The rest
    is per occurrence, ordered by page. passage: -1 is the title. kind, edges: of `spans.py`. at_line: 1 where it begins
    its line, 2 where it ends it, 3 for both. is_capital: it begins with a capital letter. longer: the share of the
    phrase's uses that the next longer one has, the larger of both sides; shorter: its share of the next shorter one's.
    Phrases that nearly every page says are left out, and so are words that are only said together within longer ones.
    """

    keys: list[str]
    n_pages: IntArray
    is_empty: BoolArray
    page: IntArray
    phrase: IntArray
    passage: IntArray
    start: IntArray
    end: IntArray
    kind: IntArray
    edges: Edges
    at_line: IntArray
    is_capital: BoolArray
    longer: FloatArray
    shorter: FloatArray


def find_phrases(readings: Sequence[Reading], on_progress: Callable[[int], None] | None = None) -> Phrases:
    """The phrases of these pages; `on_progress` is told how many pages are done."""
    chunks = list(_chunks(readings))
    texts = [fold("\n".join(reading.text for reading in readings[first:last])) for first, last in chunks]
    words = ngram_words(texts)
    parts, base = [], 0
    for (_, last), text in zip(chunks, texts, strict=True):
        spans = find_spans(text, words)
        parts.append(replace(spans, start=spans.start + base, end=spans.end + base))
        base += len(text) + 1
        if on_progress:
            on_progress(last)
    return _phrases_of(readings, "\n".join(texts), join_spans(parts))


def _phrases_of(readings: Sequence[Reading], text: str, spans: Spans) -> Phrases:
    """text: the folded text of all pages, in which the spans stand."""
    line_page, line_start = _lines(readings)
    line = np.searchsorted(line_start, spans.start, side="right") - 1
    phrase, n_said, n_pages = _counted(spans.hashes, line_page[line])
    longer, shorter = _around(spans.start, spans.end, n_said[phrase])
    # several pieces must stand apart or be said again, and not only within longer ones
    kept = (spans.kind != PIECES) | np.where(n_said[phrase] > 1, longer < 1, spans.edges.is_framed)
    kept &= n_pages[phrase] <= max(SWEET_SPOT, _MOST_COMMON * len(readings))
    used = np.bincount(phrase[kept], minlength=len(n_said)) > 0
    number = (np.cumsum(used) - 1)[phrase[kept]]
    start, end, line = spans.start[kept], spans.end[kept], line[kept]
    page = line_page[line]
    first = np.zeros(int(used.sum()), np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    keys = [text[a:b] for a, b in zip(start[first].tolist(), end[first].tolist(), strict=True)]
    raw = codes_of("\n".join(reading.text for reading in readings))
    is_capital = (raw != codes_of(text)) & (raw < _LAST_LATIN) & (raw != ord(" "))
    first_line = np.searchsorted(line_page, np.arange(len(readings) + 1))
    line_end = np.append(line_start[1:], len(text) + 1) - 1
    return Phrases(
        keys=keys,
        n_pages=n_pages[used],
        is_empty=_are_empty(keys),
        page=page,
        phrase=number,
        passage=line - first_line[page] - 1,
        start=start - line_start[line],
        end=end - line_start[line],
        kind=spans.kind[kept],
        edges=spans.edges.at(kept),
        at_line=(start == line_start[line]) + 2 * (end == line_end[line]),
        is_capital=is_capital[start],
        longer=longer[kept],
        shorter=shorter[kept],
    )


def _are_empty(keys: Sequence[str]) -> BoolArray:
    """Per key, whether it is a date or a word of no content; only what begins as a date does is looked at closely."""
    return np.fromiter(
        ((key[0] in _DATES_BEGIN and len(key) < 30 and is_date_title(key)) or key in _STOP for key in keys),
        np.bool_,
        len(keys),
    )


def _chunks(readings: Sequence[Reading]) -> Iterator[tuple[int, int]]:
    """(first page, page behind the last) of stretches of about `_CHUNK` code points."""
    first, size = 0, 0
    for page, reading in enumerate(readings):
        size += len(reading.text) + 1
        if size > _CHUNK or page == len(readings) - 1:
            yield first, page + 1
            first, size = page + 1, 0


def _lines(readings: Sequence[Reading]) -> tuple[IntArray, IntArray]:
    """Per line of all pages, titles among them: its page, and where it starts in the text of them all."""
    page = np.repeat(np.arange(len(readings)), [len(reading.passages) + 1 for reading in readings])
    lengths = [len(text) for reading in readings for text in (reading.title, *(p.text for p in reading.passages))]
    ends = np.cumsum(np.array(lengths, np.int64) + 1)
    return page.astype(np.int64), ends - np.array(lengths, np.int64) - 1


def _counted(hashes: Hashes, page: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """(the number of each occurrence's phrase; per phrase, how often it is said; and on how many pages).

    page: ascending.
    """
    order = np.argsort(hashes, kind="stable")
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = hashes[order][1:] != hashes[order][:-1]
    is_new_page = is_new.copy()
    is_new_page[1:] |= page[order][1:] != page[order][:-1]
    in_order = np.cumsum(is_new) - 1
    phrase = np.empty(len(order), np.int64)
    phrase[order] = in_order
    return phrase, np.bincount(in_order), np.bincount(in_order, weights=is_new_page).astype(np.int64)


def _around(start: IntArray, end: IntArray, n_said: IntArray) -> tuple[FloatArray, FloatArray]:
    """Per occurrence: the larger share that the next longer span on either side has of its uses; and its own share of
    the next shorter one's, the larger again. 0 where there is none."""
    longer, shorter = np.zeros(len(start), np.float32), np.zeros(len(start), np.float32)
    for first, second in ((start, end), (-end, -start)):
        order = np.lexsort((second, first))
        is_same = first[order][1:] == first[order][:-1]
        inner, outer = order[:-1][is_same], order[1:][is_same]
        share = (n_said[outer] / n_said[inner]).astype(np.float32)
        longer[inner] = np.maximum(longer[inner], share)
        shorter[outer] = np.maximum(shorter[outer], share)
    return longer, shorter


def not_new(corpus: Corpus, phrases: Phrases, is_target: BoolArray | None = None) -> BoolArray:
    """Per phrase, whether it is no new link: a page, a red link, a date or a word of no content.

    is_target: per target, False for red links that are to count as new; None for none.
    """
    is_old = phrases.is_empty.copy()
    number = {key: i for i, key in enumerate(phrases.keys)}
    for i, key in enumerate(corpus.keys):
        if (is_target is None or is_target[i]) and (phrase := number.get(fold_key(key))) is not None:
            is_old[phrase] = True
    return is_old


PHRASE_FEATURES = (
    "n_in_page",
    "n_pages",
    "weight",
    "weight_rank",
    "in_title",
    "is_quoted",
    "is_whole_line",
    "is_before_colon",
    "is_ngram",
    "is_joined",
    "is_several",
    "at_line_start",
    "at_line_end",
    "is_capital",
    "is_inside_old",
    "begins_old",
    "ends_old",
    "line_length",
    "n_lines",
    "left_odds",
    "right_odds",
    "head_odds",
    "tail_odds",
    "kind_odds",
    "odds",
    "odds_rank",
    "longer",
    "shorter",
    "first",
    "length",
    "share_latin",
    "share_hiragana",
    "share_katakana",
    "share_kanji",
    "title_likeness",
    "n_titles_like",
    "page_size",
    "n_known",
    "link_rate",
)


@dataclass(frozen=True, slots=True)
class PhrasePairs:
    """Candidate (page, phrase) pairs ordered by page, and for each its first occurrence's row in `Phrases`."""

    page: IntArray
    phrase: IntArray
    occurrence: IntArray
    features: FloatArray


def phrase_pairs(
    corpus: Corpus,
    phrases: Phrases,
    is_old: BoolArray,
    pages: IntArray,
    n_known: IntArray,
    is_teacher: BoolArray,
) -> PhrasePairs:
    """The most telling new phrases of these pages, with their features.

    is_old: per phrase, as `not_new` tells. n_known: per page of the corpus, how many links it has. is_teacher: per
    page, whether its links show what people link.
    """
    is_chosen = np.zeros(corpus.n_pages, np.bool_)
    is_chosen[pages] = True
    row = np.flatnonzero(is_chosen[phrases.page] & ~is_old[phrases.phrase])
    odds = link_odds(corpus, phrases, is_teacher)
    size = max(1, len(phrases.keys))
    key = phrases.page[row] * size + phrases.phrase[row]
    order = np.lexsort((-odds.total[row], key))
    row, key = row[order], key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    occurrence, count = row[starts], np.diff(np.append(starts, len(key)))
    page, phrase = phrases.page[occurrence], phrases.phrase[occurrence]
    odds_rank = _rank_in_page(page, odds.total[occurrence])
    kept = odds_rank < _MOST_PER_PAGE
    row_kept = np.repeat(kept, count)
    group = np.cumsum(np.concatenate([[True], key[1:] != key[:-1]]))[row_kept] - 1 if len(key) else row
    group = np.unique(group, return_inverse=True)[1]
    row = row[row_kept]
    occurrence, count, odds_rank, page, phrase = (a[kept] for a in (occurrence, count, odds_rank, page, phrase))
    n = len(occurrence)

    def any_of(flag: BoolArray) -> BoolArray:
        return np.asarray(np.bincount(group, weights=flag[row], minlength=n) > 0)

    weight = (1 + np.log(count)) * np.log((corpus.n_pages + 1) / phrases.n_pages.clip(1))[phrase]
    used, word = np.unique(phrase, return_inverse=True)
    keys = [phrases.keys[i] for i in used.tolist()]
    script = script_shares(keys)
    length = np.array([len(key) for key in keys], np.float32)
    likeness, n_like = title_likeness(corpus, keys)
    n_lines = np.array([len(reading.passages) for reading in corpus.readings], np.int64)
    line_length = _line_lengths(corpus, phrases)
    first = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first, group, phrases.passage[row])
    features = np.stack(
        [
            np.log1p(count),
            np.log1p(phrases.n_pages[phrase]),
            weight,
            _rank_in_page(page, weight),
            any_of(phrases.passage < 0),
            *(any_of(phrases.kind == kind) for kind in (QUOTED, WHOLE_LINE, BEFORE_COLON, NGRAM, JOINED, PIECES)),
            any_of(phrases.at_line & 1 > 0),
            any_of(phrases.at_line & 2 > 0),
            phrases.is_capital[occurrence],
            *(flag[occurrence] for flag in _beside_old(phrases, is_old)),
            np.log1p(line_length[occurrence]),
            np.log1p(n_lines[page]),
            odds.left[occurrence],
            odds.right[occurrence],
            odds.head[occurrence],
            odds.tail[occurrence],
            odds.kind[occurrence],
            odds.total[occurrence],
            odds_rank,
            phrases.longer[occurrence],
            phrases.shorter[occurrence],
            first,
            length[word],
            *(script[word, i] for i in range(4)),
            likeness[word],
            n_like[word],
            np.log1p(_page_sizes(corpus, page)),
            np.log1p(n_known[page]),
            _link_rate(corpus)[page],
        ],
        axis=1,
    ).astype(np.float32)
    return PhrasePairs(page, phrase, occurrence, features)


def _line_lengths(corpus: Corpus, phrases: Phrases) -> IntArray:
    """Per occurrence, the length of its line."""
    lengths = [len(text) for r in corpus.readings for text in (r.title, *(p.text for p in r.passages))]
    n_lines = np.array([len(reading.passages) + 1 for reading in corpus.readings], np.int64)
    first = np.cumsum(n_lines) - n_lines
    return np.asarray(np.array(lengths, np.int64)[first[phrases.page] + phrases.passage + 1])


def _beside_old(phrases: Phrases, is_old: BoolArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Per occurrence, whether it stands inside one of a known target, and whether it begins or ends with one."""
    old = is_old[phrases.phrase] & ~phrases.is_empty[phrases.phrase]
    line = (phrases.page << 40) | ((phrases.passage + 1) << 20)
    start, end = line + phrases.start, line + phrases.end
    order = np.lexsort((-end, start))
    reach = np.maximum.accumulate(np.where(old[order], end[order], 0)) if len(order) else end
    inside = np.zeros(len(order), np.bool_)
    inside[order] = reach >= end[order]
    return inside & ~old, np.isin(start, start[old]), np.isin(end, end[old])


def _rank_in_page(page: IntArray, value: FloatArray) -> IntArray:
    """Per pair, how many pairs of its page have a larger value; the page numbers ascend."""
    order = np.lexsort((-value, page))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(page[order], page[order], side="left")
    return rank


def _page_sizes(corpus: Corpus, page: IntArray) -> IntArray:
    distinct, inverse = np.unique(page, return_inverse=True)
    sizes = np.array([len(corpus.readings[number].text) for number in distinct.tolist()], np.int64)
    return sizes[inverse]


def _link_rate(corpus: Corpus) -> FloatArray:
    """Per page, the links of a page that has any, in the mean of the wiki: what its people think worth a link."""
    return np.full(
        corpus.n_pages, np.log1p(corpus.links.nnz / max(1, np.count_nonzero(np.diff(corpus.links.indptr)))), np.float32
    )
