"""Candidates for `new`: phrases nobody has linked yet that would join pages.

A phrase is a maximal run of kanji (with the kana of their endings), katakana, Latin or Hangul words, two such runs
joined by の, or what stands in quotation marks. How good a title it would make is left to the ranker; here are the
phrases and their features.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, is_date_title
from linkassist.suggest.mentions import fold, fold_key, script_shares
from linkassist.wiki import Reading

_LATIN = r"[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f+#.'_-]*"
_OKURIGANA = "[あいうえかきぎくけげこさしじすせそたちってねびべまみむめらりるれわん]"  # no particle among them
_KANJI = r"[\u3400-\u4dbf\u4e00-\u9fff々〆ヶ]"
_RUN = (
    rf"(?:{_KANJI}+{_OKURIGANA}{{1,2}}{_KANJI}+{_OKURIGANA}{{0,2}}"  # 読み返し, 答え合わせ
    rf"|{_KANJI}{{2,}}[しりえみきめけせち](?=[をがはにのでともへや、。」]|$)"  # 橋渡し, 手触り
    rf"|[\u3400-\u4dbf\u4e00-\u9fff々〆ヶァ-ヺー]{{2,}}|[가-힣]{{2,}}|{_LATIN})"
    r"(?:[A-Za-z0-9\u3400-\u9fff々ァ-ヺー가-힣+#-]*)"
)
_NAME = r"[A-Z][A-Za-z0-9\u00c0-\u024f+#.'-]*(?: [A-Z][A-Za-z0-9\u00c0-\u024f+#.'-]*){1,3}"  # Vannevar Bush
_PHRASES = re.compile(
    rf"(?P<quoted>[「『“‘\"](?P<inner>[^「」『』“”‘’\"\n\x1f]{{2,30}})[」』”’\"])"
    rf"|(?P<run>{_NAME}|{_RUN})(?P<of>の(?:{_RUN}))?",
    re.MULTILINE,  # several lines are searched at once
)
# 登 in トボトボ登った: one kanji behind another script, and a kana behind it that is no particle
_VERB_STEM = re.compile(rf"(?!{_KANJI})\S{_KANJI}(?![をがはにのでともへやかなだ])[ぁ-ん]")
_LONGEST = 30
_MOST_COMMON = 0.03  # a phrase on more than this share of the pages joins nothing
_MOST_PER_PAGE = 80
SWEET_SPOT = 7  # pages: more than these are a topic rather than a bridge

_STOP_WORDS = """
    the and for with that this from are was were not but you your have has had will can all any its it's there
    their they what when which who how why into about more most some such than then them these those also just
    only other very i'm don't we'll
    おすすめ 場合 自分 今日 今回 以下 以上 必要 方法 問題 可能 結果 理由 意味 実際 関係 最近 一方 部分
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every phrase of the wiki, also those that are titles, and where it stands.

    keys: per phrase, its folded form. n_pages: pages that say it. page, phrase, passage, start, end, is_quoted: per
    occurrence, ordered by page; passage -1 is the title. Phrases that nearly every page says are left out.
    """

    keys: list[str]
    n_pages: IntArray
    page: IntArray
    phrase: IntArray
    passage: IntArray
    start: IntArray
    end: IntArray
    is_quoted: BoolArray


def find_phrases(readings: Sequence[Reading], on_progress: Callable[[int], None] | None = None) -> Phrases:
    """The phrases of these pages; `on_progress` is told how many pages are done."""
    number: dict[str, int] = {}
    flat: list[int] = []
    for page, reading in enumerate(readings):
        text = reading.text
        folded = fold(text)
        starts = _line_starts(text)
        for start, end, is_quoted in _spans(text):
            phrase = number.setdefault(folded[start:end], len(number))
            line = bisect_right(starts, start) - 1
            flat += (page, phrase, line - 1, start - starts[line], end - starts[line], is_quoted)
        if on_progress and page % 500 == 499:
            on_progress(page + 1)
    table = np.array(flat, np.int64).reshape(-1, 6)
    size = max(1, len(number))
    n_pages = np.bincount(np.unique(table[:, 0] * size + table[:, 1]) % size, minlength=size)
    table = table[n_pages[table[:, 1]] <= max(SWEET_SPOT, _MOST_COMMON * len(readings))]
    return Phrases(
        keys=list(number),
        n_pages=n_pages.astype(np.int64),
        page=table[:, 0],
        phrase=table[:, 1],
        passage=table[:, 2],
        start=table[:, 3],
        end=table[:, 4],
        is_quoted=table[:, 5].astype(np.bool_),
    )


def _line_starts(text: str) -> list[int]:
    starts = [0]
    while (at := text.find("\n", starts[-1])) >= 0:
        starts.append(at + 1)
    return starts


def not_new(corpus: Corpus, phrases: Phrases, is_target: BoolArray | None = None) -> BoolArray:
    """Per phrase, whether it is no new link: a page, a red link, a date or a word of no content.

    is_target: per target, False for red links that are to count as new; None for none.
    """
    titles = {fold_key(key) for i, key in enumerate(corpus.keys) if is_target is None or is_target[i]}
    flags = (key in titles or key in _STOP or is_date_title(key) for key in phrases.keys)
    return np.fromiter(flags, np.bool_, len(phrases.keys))


def _spans(text: str) -> list[tuple[int, int, bool]]:
    found: list[tuple[int, int, bool]] = []
    for match in _PHRASES.finditer(text):
        if match["quoted"]:
            found.append((*match.span("inner"), True))
            offset = match.start("inner")
            found.extend((start + offset, end + offset, False) for start, end, _ in _spans(match["inner"]))
            continue
        start, end = match.span("run")
        spans = [(start, end - 1 if _VERB_STEM.match(text, max(start, end - 2)) else end)]
        if match["of"]:
            spans += [(match.start("run"), match.end("of")), (match.start("of") + 1, match.end("of"))]
        found.extend((*_trimmed(text, *span), False) for span in spans)
    return [(start, end, quoted) for start, end, quoted in found if 2 <= end - start <= _LONGEST]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1] in ".'-_":
        end -= 1
    return start, end


PHRASE_FEATURES = (
    "n_in_page",
    "n_pages",
    "weight",
    "weight_rank",
    "in_title",
    "is_quoted",
    "first",
    "length",
    "share_latin",
    "share_hiragana",
    "share_katakana",
    "share_kanji",
    "title_likeness",
    "n_titles_like",
    "is_inside_longer",
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
    corpus: Corpus, phrases: Phrases, is_old: BoolArray, pages: IntArray, n_known: IntArray
) -> PhrasePairs:
    """The most telling new phrases of these pages, with their features.

    is_old: per phrase, as `not_new` tells. n_known: per page of the corpus, how many links it has.
    """
    is_chosen = np.zeros(corpus.n_pages, np.bool_)
    is_chosen[pages] = True
    chosen = is_chosen[phrases.page]
    if len(is_old):
        chosen &= ~is_old[phrases.phrase]
    size = max(1, len(phrases.keys))
    key, first, count = np.unique(
        phrases.page[chosen] * size + phrases.phrase[chosen], return_index=True, return_counts=True
    )
    occurrence = np.flatnonzero(chosen)[first]
    page, phrase = key // size, key % size
    idf = np.log((corpus.n_pages + 1) / phrases.n_pages.clip(1))
    weight = (1 + np.log(count)) * idf[phrase]
    row = np.searchsorted(np.unique(page), page)
    order = np.lexsort((-weight, row))
    rank = np.empty(len(order), np.int64)
    starts = np.concatenate([[0], np.cumsum(np.bincount(row))[:-1]]) if len(row) else np.zeros(0, np.int64)
    rank[order] = np.arange(len(order)) - starts[row[order]]
    quoted, in_title = (
        np.isin(key, np.unique(phrases.page[flag] * size + phrases.phrase[flag]))
        for flag in (phrases.is_quoted, phrases.passage < 0)
    )
    script = script_shares(phrases.keys)
    length = np.array([len(key) for key in phrases.keys], np.float32)
    likeness, n_like = _title_likeness(corpus, phrases)
    features = np.stack(
        [
            np.log1p(count),
            np.log1p(phrases.n_pages[phrase]),
            weight,
            rank,
            in_title,
            quoted,
            phrases.passage[occurrence],
            length[phrase],
            *(script[phrase, i] for i in range(4)),
            likeness[phrase],
            n_like[phrase],
            _is_inside_longer(phrases)[occurrence],
            np.log1p(_page_sizes(corpus, page)),
            np.log1p(n_known[page]),
            _link_rate(corpus)[page],
        ],
        axis=1,
    ).astype(np.float32)
    kept = rank < _MOST_PER_PAGE
    return PhrasePairs(page[kept], phrase[kept], occurrence[kept], features[kept])


def _page_sizes(corpus: Corpus, page: IntArray) -> IntArray:
    distinct, inverse = np.unique(page, return_inverse=True)
    sizes = np.array([len(corpus.readings[number].text) for number in distinct.tolist()], np.int64)
    return sizes[inverse]


def _link_rate(corpus: Corpus) -> FloatArray:
    """Per page, the links per page of the whole wiki: what its people think worth a link."""
    return np.full(corpus.n_pages, np.log1p(corpus.links.nnz / max(1, corpus.n_pages)), np.float32)


def _title_likeness(corpus: Corpus, phrases: Phrases) -> tuple[FloatArray, FloatArray]:
    """Per phrase: the mean log-odds of its character bigrams between linked titles and all phrases; and log of how
    many linked titles begin or end as it does (two characters)."""
    linked = np.asarray(corpus.links.sum(axis=0)).ravel() > 0
    titles = [fold(key) for key, is_linked in zip(corpus.keys, linked.tolist(), strict=True) if is_linked]
    of_titles, of_phrases = _Pairs([title for title in titles if len(title) > 1]), _Pairs(phrases.keys)
    terms, counts = np.unique(of_titles.codes, return_counts=True)
    distinct, inverse, n_in_phrases = np.unique(of_phrases.codes, return_inverse=True, return_counts=True)
    n_in_titles = _looked_up(terms, counts, distinct)
    n_titles, n_phrases = len(of_titles.codes) + 1, len(of_phrases.codes) + 1
    odds = np.log((n_in_titles + 0.5) / n_titles) - np.log((n_in_phrases + 0.5) / n_phrases)
    size = len(phrases.keys)
    n_pairs = np.bincount(of_phrases.owner, minlength=size).clip(1)
    likeness = np.bincount(of_phrases.owner, weights=odds[inverse], minlength=size) / n_pairs
    heads = _looked_up(*np.unique(of_titles.heads, return_counts=True), of_phrases.heads)
    tails = _looked_up(*np.unique(of_titles.tails, return_counts=True), of_phrases.tails)
    return likeness.astype(np.float32), np.log1p(heads + tails).astype(np.float32)


class _Pairs:
    """The character bigrams of some texts of two characters or more, as numbers.

    codes: all of them in order. owner: the text that each stands in. heads, tails: per text, its first and its last.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        joined = "\n".join(texts)
        codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.int64)
        lengths = np.array([len(text) for text in texts], np.int64)
        starts = np.cumsum(lengths + 1) - lengths - 1
        pairs = (codes[:-1] << 21) | codes[1:]
        is_inside = (codes[:-1] != ord("\n")) & (codes[1:] != ord("\n"))
        self.codes = pairs[is_inside]
        self.owner = np.repeat(np.arange(len(texts)), lengths + 1)[: len(pairs)][is_inside]
        self.heads, self.tails = pairs[starts], pairs[starts + lengths - 2]


def _looked_up(terms: IntArray, counts: IntArray, wanted: IntArray) -> IntArray:
    """The count of each wanted term, 0 where it is none of `terms` (ascending)."""
    if len(terms) == 0:
        return np.zeros(len(wanted), np.int64)
    at = np.searchsorted(terms, wanted).clip(0, len(terms) - 1)
    return np.where(terms[at] == wanted, counts[at], 0)


def _is_inside_longer(phrases: Phrases) -> BoolArray:
    """Per occurrence, True where another occurrence of the same passage holds it."""
    place = (phrases.page << 20) + phrases.passage + 1
    order = np.lexsort((-phrases.end, phrases.start, place))
    reach = (place[order] << 24) + phrases.end[order]  # the passages ascend, so no passage reaches into the next
    furthest = np.maximum.accumulate(reach) if len(reach) else reach
    held = np.zeros(len(order), np.bool_)
    held[order[1:]] = furthest[:-1] >= reach[1:]
    return held
