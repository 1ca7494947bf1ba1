"""The phrases of a wiki, counted and placed, and which of them are neither a page nor a red link yet.

`boundaries.py` finds the spans; `features.py` computes the features of a phrase on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkassist.progress import OnCount, no_count
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, starts_run
from linkassist.suggest.date_titles import is_date_title
from linkassist.suggest.folding import fold, fold_key
from linkassist.suggest.phrases.boundaries import (
    EMPTY_WORDS,
    LONGEST_SPAN,
    PIECES,
    Bytes,
    Edges,
    Spans,
    find_spans,
    join_spans,
    ngram_words,
)
from linkassist.suggest.phrases.fragments import Endings, is_quantity, learn_endings, without_fragments
from linkassist.suggest.phrases.hashing import Hashes, Int32s, codes_of, hash_of, is_any, is_member
from linkassist.wiki import Reading

_CHUNK = 2_000_000  # code points
_MOST_COMMON = 0.03  # a phrase on more than this share of the pages is dropped
_LAST_LATIN = 0x530  # of the scripts that have capitals
SWEET_SPOT = 7  # pages that a phrase may be on, however small the wiki

_FREQUENT_WORDS = """
    おすすめ 場合 自分 今日 今回 以下 以上 必要 方法 問題 可能 結果 理由 意味 実際 関係 最近 一方 部分
    after again always another around away back because before being best better both came come could day
    different done down each enough even ever every everything few find first found full get gets getting give
    given go goes going good got great here high however kind know known large last later least left less let
    like likely little long look looking lot made make makes making many maybe might much must need needs never
    new next nothing now off often old once one others out own part people perhaps place put quite rather read
    really right said same say says see seen several since small something sometimes soon still such sure take
    taken than thing things think though three through time today together too took two under until up upon us
    use used useful using usually want wants way ways well went whether whole within without work works year
    years yes yet
    我们 你们 他们 自己 这个 那个 这些 那些 什么 怎么 没有 可以 因为 所以 如果 但是 就是 还是
    不是 一个 这样 时候 现在 已经 可能
    그리고 하지만 그래서 그런데 우리 나는 있는 없는 하는 이런 그런 어떤 것이 때문에 그것 이것 지금 오늘 경우
"""
_NUMERALS = "0123456789〇零一二三四五六七八九十廿元"
_DIARIES_BEGIN = "日일dj"
STOP_WORDS = EMPTY_WORDS.union(_FREQUENT_WORDS.split())  # folded; none of them is worth a link
_STOP = np.sort(hash_of(sorted(STOP_WORDS)))


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of pages, titles among them, and their occurrences: two groups of parallel arrays.

    text: all pages, folded. Per phrase: first, behind: the span of one occurrence in `text`. hashes: ascending.
    n_pages: the pages that say it. is_empty: it is a date, a quantity or a stop word.
    Per occurrence, ordered by page: passage: -1 for the title. kind, edges: see `boundaries.py`. at_line: 1 where it
    begins its line, 2 where it ends it, 3 for both. is_capital: it begins with a capital letter. longer: the larger
    share of its uses that are within the next longer span on either side; shorter: its own share of those of the next
    shorter span.
    Phrases on nearly every page are left out, and so are several pieces that occur only within longer phrases.
    """

    text: str
    first: Int32s
    behind: Int32s
    hashes: Hashes
    n_pages: IntArray
    is_empty: BoolArray
    page: Int32s
    phrase: Int32s
    passage: Int32s
    start: Int32s
    end: Int32s
    kind: Bytes
    edges: Edges
    at_line: Bytes
    is_capital: BoolArray
    longer: FloatArray
    shorter: FloatArray

    def __len__(self) -> int:
        return len(self.first)

    @property
    def keys(self) -> list[str]:
        """The folded form of each phrase, cut out anew."""
        return self.keys_of(np.arange(len(self)))

    def keys_of(self, numbers: IntArray) -> list[str]:
        """The folded forms of these phrases."""
        return _cut(self.text, self.first[numbers], self.behind[numbers])

    def numbers_of(self, keys: Sequence[str]) -> IntArray:
        """The phrases of these folded forms, -1 where there is none."""
        hashes = hash_of(keys)
        if len(self) == 0:
            return np.full(len(keys), -1)
        at = np.searchsorted(self.hashes, hashes).clip(0, len(self) - 1)
        return np.where(self.hashes[at] == hashes, at, -1)


def _joined(readings: Sequence[Reading]) -> str:
    return "\n".join(reading.text for reading in readings)


def _cut(text: str, start: Int32s, end: Int32s) -> list[str]:
    return [text[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class PhraseCounts:
    """The counts of all candidate phrases of a wiki, to find those of a single page.

    words, endings: from `ngram_words` and `learn_endings`. hashes: ascending; n_said, n_pages: per hash, how often it
    occurs and on how many pages.
    """

    n_wiki_pages: int
    words: Hashes
    endings: Endings
    hashes: Hashes
    n_said: Int32s
    n_pages: Int32s

    def phrases_of(self, reading: Reading, n_excluded: Callable[[int], int]) -> Phrases:
        """The phrases of a page that is not among the wiki's, as page 0, counted as if it were.

        n_excluded: by the hash of a phrase, how many of the pages that say it do not count.
        """
        text = fold(reading.text)
        spans = without_fragments(find_spans(text, self.words), reading.text, text, self.endings)
        counted = _count([reading], spans)
        n_said, n_pages = self._counts(counted.hashes)
        less = np.array([n_excluded(each) for each in counted.hashes.tolist()], np.int32)
        n_pages = (counted.n_pages + n_pages - less).astype(np.int32)
        counted = replace(counted, n_said=counted.n_said + n_said, n_pages=n_pages)
        return _phrases_of([reading], text, spans, counted, self.n_wiki_pages)

    def phrases_among(self, readings: Sequence[Reading]) -> Phrases:
        """The phrases of some of the wiki's pages, unchanged since the phrases were counted."""
        raw = _joined(readings)
        text = fold(raw)
        spans = without_fragments(find_spans(text, self.words), raw, text, self.endings)
        counted = _count(readings, spans)
        n_said, n_pages = self._counts(counted.hashes)
        return _phrases_of(readings, text, spans, replace(counted, n_said=n_said, n_pages=n_pages), self.n_wiki_pages)

    def _counts(self, hashes: Hashes) -> tuple[Int32s, Int32s]:
        """(how often each occurs; on how many pages); 0 for unknown ones."""
        if len(self.hashes) == 0:
            return np.zeros(len(hashes), np.int32), np.zeros(len(hashes), np.int32)
        at = np.searchsorted(self.hashes, hashes).clip(0, len(self.hashes) - 1)
        is_known = self.hashes[at] == hashes
        return is_known * self.n_said[at], is_known * self.n_pages[at]


class PhrasePostings:
    """An inverted index from phrases to the pages that say them."""

    __slots__ = ("_hashes", "_page", "_starts")

    def __init__(self, phrases: Phrases) -> None:
        self._hashes = phrases.hashes
        order, _ = by_phrase(phrases)
        phrase, page = phrases.phrase[order], phrases.page[order]
        is_new = starts_run(phrase, page)  # a page may say a phrase some hundred thousand times
        self._page = page[is_new]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(phrase[is_new], minlength=len(phrases)))])

    def of(self, phrase_hash: int) -> list[int]:
        """The pages that say the phrase with this hash, ascending; none where it is no phrase of the wiki."""
        at = int(np.searchsorted(self._hashes, np.uint64(phrase_hash)))
        if at == len(self._hashes) or int(self._hashes[at]) != phrase_hash:
            return []
        return self.of_phrase(at)

    def of_phrase(self, phrase: int) -> list[int]:
        """The pages that say the phrase with this number, ascending."""
        of_phrase = self._page[self._starts[phrase] : self._starts[phrase + 1]]
        return list(dict.fromkeys(of_phrase.tolist()))  # files of linkassist 0.1 may repeat a page


def by_phrase(phrases: Phrases) -> tuple[IntArray, IntArray]:
    """(occurrences sorted by phrase, then page; (phrases + 1,) where those of each phrase begin)."""
    starts = np.concatenate([[0], np.cumsum(np.bincount(phrases.phrase, minlength=len(phrases)))])
    return np.argsort(phrases.phrase, kind="stable"), starts


def find_phrases(
    readings: Sequence[Reading], on_progress: OnCount = no_count, *, chunk_size: int = _CHUNK
) -> tuple[Phrases, PhraseCounts]:
    """The phrases of these pages, and what is needed to find those of another page.

    on_progress: in pages. chunk_size: code points looked through at once.
    """
    chunks = list(_chunks(readings, chunk_size))
    texts = [fold(_joined(readings[first:last])) for first, last in chunks]
    words, endings = ngram_words(texts), learn_endings(texts)
    parts, base = [], 0
    for (first, last), text in zip(chunks, texts, strict=True):
        spans = without_fragments(find_spans(text, words), _joined(readings[first:last]), text, endings)
        parts.append(replace(spans, start=spans.start + np.int32(base), end=spans.end + np.int32(base)))
        base += len(text) + 1
        on_progress(last, len(readings))
    spans = join_spans(parts)
    counted = _count(readings, spans)
    return _phrases_of(readings, "\n".join(texts), spans, counted, len(readings)), PhraseCounts(
        len(readings), words, endings, counted.hashes, counted.n_said, counted.n_pages
    )


def _phrases_of(readings: Sequence[Reading], text: str, spans: Spans, counted: _Counted, n_wiki_pages: int) -> Phrases:
    """The phrases of these spans in `text`, the folded text of all pages. n_wiki_pages: pages that were counted."""
    line_page, line_start = _lines(readings)
    line = (np.searchsorted(line_start, spans.start, side="right") - 1).astype(np.int32)
    phrase, hashes, n_said, n_pages = counted.phrase, counted.hashes, counted.n_said, counted.n_pages
    longer, shorter = _around(spans.start, spans.end, n_said[phrase])
    # PIECES must have a free side or occur again outside longer ones
    kept = (spans.kind != PIECES) | np.where(n_said[phrase] > 1, longer < 1, spans.edges.is_framed)
    kept &= n_pages[phrase] <= max(SWEET_SPOT, _MOST_COMMON * n_wiki_pages)
    used = np.bincount(phrase[kept], minlength=len(n_said)) > 0
    number = (np.cumsum(used, dtype=np.int32) - 1)[phrase[kept]]
    start, end, line = spans.start[kept], spans.end[kept], line[kept]
    page = line_page[line]
    first = np.zeros(int(used.sum()), np.int32)
    first[number[::-1]] = np.arange(len(number), dtype=np.int32)[::-1]
    codes = codes_of(text)
    raw = codes_of(_joined(readings))
    is_capital = (raw != codes) & (raw < _LAST_LATIN) & (raw != ord(" "))
    first_line = np.searchsorted(line_page, np.arange(len(readings) + 1)).astype(np.int32)
    line_end = np.append(line_start[1:], np.int32(len(text) + 1)) - 1
    return Phrases(
        text=text,
        first=start[first],
        behind=end[first],
        hashes=hashes[used],
        n_pages=n_pages[used].astype(np.int64),
        is_empty=_are_dates(text, codes, start[first], end[first]) | is_member(hashes[used], _STOP),
        page=page,
        phrase=number,
        passage=line - first_line[page] - 1,
        start=start - line_start[line],
        end=end - line_start[line],
        kind=spans.kind[kept],
        edges=spans.edges.at(kept),
        at_line=((start == line_start[line]) + 2 * (end == line_end[line])).astype(np.uint8),
        is_capital=is_capital[start],
        longer=longer[kept],
        shorter=shorter[kept],
    )


def _are_dates(text: str, codes: npt.NDArray[np.uint32], start: Int32s, end: Int32s) -> BoolArray:
    """Per span, whether it is a date or a quantity. Only short ones with a numeral or a likely first code point are
    matched."""
    n_numerals = np.concatenate([[0], np.cumsum(is_any(codes, _NUMERALS))])
    found = (n_numerals[end] > n_numerals[start]) | is_any(codes, _DIARIES_BEGIN)[start]
    found &= end - start < 30
    found[found] = [is_date_title(key) or is_quantity(key) for key in _cut(text, start[found], end[found])]
    return found


def _chunks(readings: Sequence[Reading], chunk_size: int) -> Iterator[tuple[int, int]]:
    """(first page, page after the last) of chunks of about `chunk_size` code points."""
    first, size = 0, 0
    for page, reading in enumerate(readings):
        size += len(reading.text) + 1
        if size > chunk_size or page == len(readings) - 1:
            yield first, page + 1
            first, size = page + 1, 0


def _lines(readings: Sequence[Reading]) -> tuple[Int32s, Int32s]:
    """Per line of all pages, titles included: its page, and where it starts in their joined text."""
    n_lines = [len(reading.passages) + 1 for reading in readings]
    page = np.repeat(np.arange(len(readings), dtype=np.int32), n_lines)
    lengths = np.array(
        [len(text) for reading in readings for text in (reading.title, *(p.text for p in reading.passages))], np.int32
    )
    return page, np.cumsum(lengths + 1, dtype=np.int32) - lengths - 1


@dataclass(frozen=True, slots=True)
class _Counted:
    """phrase: per span, the number of its phrase. Per phrase: its hash, how often it occurs, on how many pages."""

    phrase: Int32s
    hashes: Hashes
    n_said: Int32s
    n_pages: Int32s


def _count(readings: Sequence[Reading], spans: Spans) -> _Counted:
    line_page, line_start = _lines(readings)
    hashes, page = spans.hashes, line_page[np.searchsorted(line_start, spans.start, side="right") - 1]
    order = np.argsort(hashes, kind="stable")
    in_order, page_in_order = hashes[order], page[order]
    is_new, is_new_page = starts_run(in_order), starts_run(in_order, page_in_order)
    number = np.cumsum(is_new, dtype=np.int32) - 1
    phrase = np.empty(len(order), np.int32)
    phrase[order] = number
    n_said, n_pages = np.bincount(number), np.bincount(number[is_new_page])
    return _Counted(phrase, in_order[is_new], n_said.astype(np.int32), n_pages.astype(np.int32))


def _around(start: Int32s, end: Int32s, n_said: Int32s) -> tuple[FloatArray, FloatArray]:
    """(longer, shorter) per occurrence, see `Phrases`; 0 where there is no such span. The spans ascend."""
    longer, shorter = np.zeros(len(start), np.float32), np.zeros(len(start), np.float32)
    by_end = np.argsort(end.astype(np.int64) * LONGEST_SPAN + (end - start), kind="stable")
    for order, edge in ((np.arange(len(start)), start), (by_end, end)):
        is_same = edge[order][1:] == edge[order][:-1]
        inner, outer = order[:-1][is_same], order[1:][is_same]
        share = (n_said[outer] / n_said[inner]).astype(np.float32)
        longer[inner] = np.maximum(longer[inner], share)
        shorter[outer] = np.maximum(shorter[outer], share)
    return longer, shorter


def not_new(corpus: Corpus, phrases: Phrases, is_target: BoolArray | None = None) -> BoolArray:
    """Per phrase, whether it cannot be a new link: a page, a red link, a date, a quantity or a stop word.

    is_target: per target, False for red links that count as new; None for none.
    """
    is_old = phrases.is_empty.copy()
    known = [key for i, key in enumerate(corpus.keys) if is_target is None or is_target[i]]
    numbers = phrases.numbers_of([fold_key(key) for key in known])
    is_old[numbers[numbers >= 0]] = True
    return is_old
