"""Candidate spans of phrases in any script, without a dictionary.

A text is cut into pieces where its script changes, at spaces and at punctuation. A phrase is one piece or several in a
row, a whole line, the text before a colon, or the text in quotation marks. A run of Chinese characters is segmented by
the wiki's own use: an n-gram with many different neighbours on both sides is a word (branching, Harris 1955).
All functions work on some million code points at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, IntArray, starts_run
from linkassist.suggest.folding import HANGUL, HIRAGANA, KANJI, LATIN, OTHER, scripts
from linkassist.suggest.phrases.hashing import (
    Hashes,
    Int32s,
    SubstringHasher,
    codes_of,
    hash_of,
    hashed_numbers,
    is_any,
    is_member,
)
from linkassist.suggest.segmentation import are_possessive

Int16s = npt.NDArray[np.int16]
Bytes = npt.NDArray[np.uint8]

SHORTEST_SPAN = 2
LONGEST_SPAN = 64  # code points; every span is shorter
_SHORTEST_KANA = 3  # shorter ones are pronouns and particles
_REACH = 30  # code points of a span of pieces, at most
_AT_START, _INSIDE = 6, 3  # ends tried per start: at the beginning of a run of pieces, and within it
_NGRAMS = range(2, 7)
_FEWEST_NEIGHBOURS = 3

# code points that join pieces rather than separate them; a space is folded to "_"
_JOINING = "_・-.'’&+#×"
_GLUE = "-.'’+#&"  # part of a Latin word where letters stand on both sides
_NO_START = "ーっゃゅょぁぃぅぇぉァィゥェォッャュョヵヶんンを々"
_NO_END = "っッ〆"
_PARTICLES = "はがをのにでともへや"
_FOLLOWING = "をはがにでともへのやかだなっしてすよねらりるまさせれ"
_SUFFIXES = "氏製的化用性者式型等達系版後前中側店内外"  # 氏 of 立花隆氏
_HANGUL_PARTICLES = "은는이가을를의에로도와과"
_QUOTED = re.compile(r"[「『“‘\"《〈]([^「」『』“”‘’\"《》〈〉\n\t\x1f]{2,40})[」』”’\"》〉]")
_BEFORE_COLON = re.compile(r"^[_・\-*>]*([^:\n\t\x1f(=→]{2,40}?)_?(?=[:(=→])", re.MULTILINE)
_WHOLE_LINE = re.compile(
    r"^[_・\-*>]*([^_・\-*>\n\t\x1f][^\n\t\x1f]{0,39}?[^_\n\t\x1f。.、,])[。.、,_]*$", re.MULTILINE
)

_EMPTY_WORDS = """
    a an and are as at be been but by can did do does for from had has have he her his how i if in into is it its
    it's may me more most my no not of on or our she so some such than that the their them then there these they this
    those to very was we were what when which while who why will with would you your i'm don't we'll you're about also
    just only other all any each every because could should over under between through during
"""
EMPTY_WORDS = frozenset(_EMPTY_WORDS.split())  # no phrase begins or ends with one of these

SPACE = 7  # beside the scripts
PIECE, JOINED, PIECES, WHOLE_LINE, BEFORE_COLON, QUOTED, NGRAM = range(7)
_N_KINDS = 8


@dataclass(frozen=True, slots=True)
class Edges:
    """The ends of spans as parallel arrays of hashes below 2**22.

    left, right: of the code points, or the Latin words, on both sides of the edge. left_class, right_class: their
    scripts. head, tail: of the first and the last two code points, or the first and the last Latin word.
    """

    left: Int32s
    right: Int32s
    left_class: Int16s
    right_class: Int16s
    head: Int32s
    tail: Int32s

    def at(self, rows: IntArray | BoolArray) -> Edges:
        """The edges of these rows."""
        return Edges(*(getattr(self, field)[rows] for field in self.__slots__))

    @property
    def is_framed(self) -> BoolArray:
        """Per span, whether it has no adjacent letter on at least one side."""
        return np.asarray(np.isin(np.stack([self.left_class >> 6, self.right_class >> 6]), (OTHER, SPACE)).any(axis=0))


@dataclass(frozen=True, slots=True)
class Spans:
    """Candidate spans of a text as parallel arrays, distinct and ordered by place. kind: PIECE to NGRAM. hashes: of the
    covered text."""

    start: Int32s
    end: Int32s
    kind: Bytes
    hashes: Hashes
    edges: Edges

    def at(self, rows: IntArray | BoolArray) -> Spans:
        """These spans."""
        return Spans(self.start[rows], self.end[rows], self.kind[rows], self.hashes[rows], self.edges.at(rows))


def join_spans(parts: Sequence[Spans]) -> Spans:
    """The spans of all parts, concatenated."""
    if not parts:
        return find_spans("", np.zeros(0, np.uint64))
    return Spans(
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        kind=np.concatenate([part.kind for part in parts]),
        hashes=np.concatenate([part.hashes for part in parts]),
        edges=Edges(*(np.concatenate([getattr(part.edges, field) for part in parts]) for field in Edges.__slots__)),
    )


_EMPTY = np.sort(hash_of(sorted(EMPTY_WORDS)))


def script_runs(text: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """(script of each code point, code points). A hyphen, apostrophe or the like between Latin letters is LATIN.

    A possessive "'s" is a word of its own, whose apostrophe is OTHER.
    """
    codes = codes_of(text)
    script = scripts(text).copy()
    if len(script):
        is_latin = script == LATIN
        glued = is_any(codes, _GLUE)
        glued[1:-1] &= is_latin[:-2] & is_latin[2:]
        glued[[0, -1]] = False
        glued &= ~are_possessive(codes, is_latin)
        script[glued] = LATIN
    return script, codes


def ngram_words(texts: list[str]) -> Hashes:
    """The hashes, ascending, of the n-grams of Chinese characters that many different characters precede and follow."""
    if not texts:
        return np.zeros(0, np.uint64)
    collected: dict[int, list[tuple[Hashes, Int32s, Int32s]]] = {n: [] for n in _NGRAMS}
    for text in texts:
        script, codes = script_runs(text)
        hasher = SubstringHasher(codes)
        length = _run_lengths(script == KANJI)
        padded = np.concatenate([[0], np.where(script == KANJI, codes, 0), [0] * _NGRAMS[-1]]).astype(np.int32)
        for n in _NGRAMS:
            start = np.flatnonzero(length >= n)
            collected[n].append((hasher.of(start, start + n), padded[start], padded[start + n + 1]))
    return np.sort(np.concatenate([_branching(*map(np.concatenate, zip(*p, strict=True))) for p in collected.values()]))


def _branching(hashes: Hashes, left: Int32s, right: Int32s) -> Hashes:
    """The hashes, ascending, that have at least three different neighbours on both sides."""
    order = np.argsort(hashes, kind="stable")
    is_new = starts_run(hashes[order])
    word = np.cumsum(is_new) - 1
    often = np.bincount(word)[word] >= _FEWEST_NEIGHBOURS if len(word) else is_new
    is_word = np.ones(int(is_new.sum()), np.bool_)
    for side in (left, right):
        is_word &= _n_neighbours(word[often], side[order[often]], len(is_word)) >= _FEWEST_NEIGHBOURS
    return hashes[order[is_new]][is_word]


def _n_neighbours(word: IntArray, neighbour: Int32s, n_words: int) -> IntArray:
    """Per word, the number of its different neighbours. Each end of a run (0) counts as another one, up to three."""
    pairs, counts = np.unique((word.astype(np.int64) << 24) | neighbour, return_counts=True)
    worth = np.where(pairs & 0xFFFFFF, 1, np.minimum(counts, _FEWEST_NEIGHBOURS))
    return np.bincount(pairs >> 24, weights=worth, minlength=n_words).astype(np.int64)


def _run_lengths(is_inside: BoolArray) -> Int32s:
    """Per code point, the length of its run from there on; 0 outside."""
    at = np.arange(len(is_inside), dtype=np.int32)
    breaks = np.where(is_inside, np.int32(len(is_inside)), at)
    next_break = np.minimum.accumulate(breaks[::-1])[::-1] if len(at) else breaks
    return np.asarray(np.where(is_inside, next_break - at, np.int32(0)))


def find_spans(text: str, words: Hashes) -> Spans:
    """The candidate spans of a folded text of many lines. words: from `ngram_words`."""
    script, codes = script_runs(text + "\n")  # so that a code point follows every phrase
    hasher = SubstringHasher(codes)
    parts = [
        _pieces(script, codes, hasher),
        _ngrams(script, hasher, words),
        *(
            _matches(pattern, text, kind)
            for pattern, kind in ((_QUOTED, QUOTED), (_BEFORE_COLON, BEFORE_COLON), (_WHOLE_LINE, WHOLE_LINE))
        ),
    ]
    start, end, kind = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort((start * LONGEST_SPAN + end - start) * _N_KINDS - kind + _N_KINDS, kind="stable")
    start, end, kind = start[order], end[order], kind[order]
    first = starts_run(start, end)
    n_kana = np.concatenate([[0], np.cumsum(script == HIRAGANA)])
    first &= (n_kana[end] - n_kana[start] < end - start) | (end - start >= _SHORTEST_KANA)
    start, end, kind = start[first], end[first], kind[first]
    edges = _edges(script, codes, hasher, start, end)
    return Spans(start.astype(np.int32), end.astype(np.int32), kind.astype(np.uint8), hasher.of(start, end), edges)


def _edges(
    script: npt.NDArray[np.uint8],
    codes: npt.NDArray[np.uint32],
    hasher: SubstringHasher,
    start: IntArray,
    end: IntArray,
) -> Edges:
    line_break = np.array([ord("\n")] * 2)
    unit = np.concatenate([line_break, _units(script, codes, hasher), line_break])
    code = np.concatenate([line_break, codes, line_break]).astype(np.int64)
    kind = np.concatenate([[OTHER] * 2, script, [OTHER] * 2]).astype(np.int16)
    kind[code == ord("_")] = SPACE
    found = []
    for first, step in ((start + 2, 1), (end + 1, -1)):
        is_word = kind[first] == LATIN
        second = first + step
        outer = first - step
        beyond = np.where(kind[outer] == SPACE, outer - step, outer)
        around = unit[beyond] * 31 + np.where(is_word, 0, code[first]) + (beyond != outer)
        classes = (kind[outer] * 8 + kind[beyond]) * 8 + kind[first]
        inside = np.where(is_word, unit[first], (code[first] << 21) | code[second])
        found.append((hashed_numbers(around), classes, hashed_numbers(inside)))
    (left, left_class, head), (right, right_class, tail) = found
    return Edges(left, right, left_class, right_class, head, tail)


def _words(script: npt.NDArray[np.uint8], hasher: SubstringHasher) -> tuple[BoolArray, Int32s, Hashes]:
    """(per code point, whether it is in a Latin word; length of each word; hash of each word)."""
    is_latin = script == LATIN
    starts = np.flatnonzero(is_latin & ~np.concatenate([[False], is_latin[:-1]]))
    length = _run_lengths(is_latin)[starts]
    return is_latin, length, hasher.of(starts, starts + length)


def _units(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], hasher: SubstringHasher) -> IntArray:
    """Per code point, its code; in a Latin word the hash of the word."""
    is_latin, length, hashes = _words(script, hasher)
    units = codes.astype(np.int64)
    units[is_latin] = np.repeat((hashes >> np.uint64(8)).astype(np.int64), length)
    return units


def _are_empty(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], hasher: SubstringHasher) -> BoolArray:
    """Per code point, whether it belongs to an English stop word: "the", "of"."""
    is_latin, length, hashes = _words(script, hasher)
    flags = np.zeros(len(script), np.bool_)
    flags[is_latin] = np.repeat(is_member(hashes, _EMPTY), length)
    apostrophe = np.flatnonzero(are_possessive(codes, is_latin))
    apostrophe = apostrophe[apostrophe > 0]
    flags[apostrophe + 1] = flags[apostrophe - 1]  # "it's" is as empty as "it"
    return flags


def _matches(pattern: re.Pattern[str], text: str, kind: int) -> tuple[IntArray, IntArray, IntArray]:
    flat = np.array([match.span(1) for match in pattern.finditer(text)], np.int64).reshape(-1, 2)
    return flat[:, 0], flat[:, 1], np.full(len(flat), kind)


def _ngrams(
    script: npt.NDArray[np.uint8], hasher: SubstringHasher, words: Hashes
) -> tuple[IntArray, IntArray, IntArray]:
    """(start, end, kind) of the words inside longer runs of Chinese characters."""
    length = _run_lengths(script == KANJI)
    starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for n in _NGRAMS:
        start = np.flatnonzero(length >= n)
        is_whole = (length[start] == n) & ((start == 0) | (length[start - 1] == 0))
        start = start[~is_whole]
        start = start[is_member(hasher.of(start, start + n), words)]
        starts.append(start)
        ends.append(start + n)
    start, end = np.concatenate(starts), np.concatenate(ends)
    return start, end, np.full(len(start), NGRAM)


def _pieces(
    script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], hasher: SubstringHasher
) -> tuple[IntArray, IntArray, IntArray]:
    """(start, end, kind) of spans from a possible start to one of the next possible ends."""
    n = len(codes)
    is_break = (script == OTHER) & ~is_any(codes, _JOINING)
    next_break = np.minimum.accumulate(np.where(is_break, np.arange(n), n)[::-1])[::-1]
    start_at, end_at = _starts(script, codes), _ends(script, codes)
    at_start = (start_at == 0) | is_break[start_at - 1] | (codes[start_at - 1] == ord("_"))
    limit = np.minimum(next_break[start_at], start_at + _REACH)
    first_end = np.searchsorted(end_at, start_at, side="right")
    is_content = (script != OTHER) & (script != HIRAGANA)
    n_between = np.concatenate([[0], np.cumsum(~is_content & (codes != ord("・")))])
    is_border = np.ones(n + 1, np.bool_)
    is_border[1:-1] = ~(is_content[1:] & is_content[:-1])
    is_empty = _are_empty(script, codes, hasher)
    found = []
    for step in range(_AT_START):
        chosen = (first_end + step < len(end_at)) & (at_start | (step < _INSIDE))
        start, end = start_at[chosen], end_at[first_end[chosen] + step]
        fits = (end <= limit[chosen]) & (end - start >= SHORTEST_SPAN)
        start, end = start[fits], end[fits]
        kept = ~is_empty[start] & ~is_empty[end - 1]
        start, end = start[kept], end[kept]
        is_whole = is_border[start] & is_border[end] & (n_between[end] - n_between[start] <= 1)
        together = np.where(is_whole, np.where(n_between[end] > n_between[start], JOINED, PIECE), PIECES)
        found.append((start, end, np.full(len(start), PIECE) if step == 0 else together))
    start, end, kind = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return start, end, kind


def _before(script: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.concatenate([np.array([OTHER], np.uint8), script[:-1]])


def _starts(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> IntArray:
    """Where a phrase may begin: at a change of script, and after a particle in a long run of hiragana."""
    before = _before(script)
    is_hiragana = script == HIRAGANA
    starts = (script != before) & (script != OTHER) & ~is_hiragana
    starts |= is_hiragana & (before == OTHER)
    after_particle = np.concatenate([[False], is_any(codes[:-1], _PARTICLES)])
    starts |= is_hiragana & after_particle[: len(codes)] & (_run_lengths(is_hiragana) >= 3)
    return np.flatnonzero(starts & ~is_any(codes, _NO_START))


def _ends(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> IntArray:
    """Where a phrase may end: at a change of script, and before kana that may follow a word, a Korean particle or a
    Chinese suffix."""
    before = _before(script)
    ends = (script != before) & (before != OTHER)
    ends |= (script == HIRAGANA) & (before != OTHER) & is_any(codes, _FOLLOWING)
    particle = (script == HANGUL) & (before == HANGUL) & is_any(codes, _HANGUL_PARTICLES)
    particle[:-1] &= script[1:] != HANGUL
    suffix = (script == KANJI) & (before != OTHER) & (before != HIRAGANA) & is_any(codes, _SUFFIXES)
    suffix[:-1] &= script[1:] != KANJI
    ends |= particle | suffix
    ends[1:] &= ~is_any(codes[:-1], _NO_END)
    ends[2:] &= ~(is_any(codes[1:-1], _PARTICLES) & (script[:-2] != HIRAGANA) & (script[:-2] != OTHER))
    return np.flatnonzero(ends)
