"""Which spans are no phrase: pieces of a longer word or name, and what has no word in it.

`boundaries.py` finds where a phrase may begin and end; here those are refused that people hardly ever link as they
stand. Each rule was kept for a class of new links of which people had made about one in ten or fewer on a public wiki.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, IntArray
from linkassist.suggest.mentions import HIRAGANA, KANJI, KATAKANA, OTHER
from linkassist.suggest.phrases.boundaries import QUOTED, SPACE, Int32s, Spans, is_any, script_runs

_MAY_BEGIN = "@#._『《【○◯「"  # of the signs; "→ diary", "= other name" and "(sic)" are notes beside a phrase
_BASIC = 0x10000  # what lies beyond is no sign, but an emoji or a rare letter
_FEWEST_ALONE = 3
_ENDING = 0.5  # of the times that a kanji and a kana follow each other, they are a word's whole stem and its ending
# kana that follow whole words too: particles, the copula, "san", "made", "tachi"
_MAY_FOLLOW = "はがをにのともへやでだなかよねさまた"
# "869円/月", "100g", "3 hours"; not "5G", "3DCG", "1080p", "90年代", "2画面"
_QUANTITY = re.compile(
    r"""(?!\dg$)[$€£¥]?\d[\d.,]*_?(?:
        [万億]?円 | [万億兆] | 人 | 個 | 回 | 枚 | 匹 | 歳 | 才 | 倍 | 割 | 件 | 文字 | ページ | [%℃°]
        | [分秒]間? | 時間 | 日間 | 週間 | [ヶケかカ]月間? | 年[間前後] | 元 | 块 | 원 | 명 | 개 | 시간
        | [kmcµ]?m | [km]?g | [md]?l | [kmgt]i?b | [kmg]?hz | k?cal | k?w | px
        | usd | euros? | dollars? | yen | percent | people
        | (?:second|minute|hour|day|week|month|year|page|word|time)s?
    )(?:/\w+)?$""",
    re.VERBOSE,
)
_N_KANA = 0x60
_FIRST_KANA = 0x3040


def is_quantity(folded: str) -> bool:
    """True for a number with a unit: no title, whatever the page says it of."""
    return _QUANTITY.match(folded) is not None


@dataclass(frozen=True, slots=True)
class Endings:
    """The pairs of a kanji and the kana that belongs to it, as the wiki itself writes: 探 and し of 探し, ascending."""

    pairs: IntArray

    def are_cut(self, script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> BoolArray:
        """Per place (one more than code points), whether a span that ends there leaves a word without its ending."""
        cut = np.zeros(len(codes) + 1, np.bool_)
        at, pair = _kanji_and_kana(script, codes)
        cut[at + 1] = np.isin(pair, self.pairs)
        return cut


def learn_endings(texts: Sequence[str]) -> Endings:
    """The endings that these folded texts show: a single kanji that is seldom said with its kana but alone."""
    alone, every = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for text in texts:
        script, codes = script_runs(text)
        at, pair = _kanji_and_kana(script, codes)
        every.append(pair)
        alone.append(pair[(at == 0) | (script[at - 1] != KANJI)])
    pairs, counts = np.unique(np.concatenate(every), return_counts=True)
    stems, n_alone = np.unique(np.concatenate(alone), return_counts=True)
    share = n_alone / counts[np.searchsorted(pairs, stems)]
    return Endings(stems[(n_alone >= _FEWEST_ALONE) & (share > _ENDING)])


def _kanji_and_kana(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> tuple[IntArray, IntArray]:
    """(where a kanji stands before kana that may be its ending; a number for the two)."""
    is_ending = (script == HIRAGANA) & ~is_any(codes, _MAY_FOLLOW)
    at = np.flatnonzero((script[:-1] == KANJI) & is_ending[1:])
    return at, codes[at].astype(np.int64) * _N_KANA + codes[at + 1].astype(np.int64) - _FIRST_KANA


def without_fragments(spans: Spans, text: str, endings: Endings) -> Spans:
    """The spans of this folded text that are whole phrases."""
    script, codes = script_runs(f"{text}\n")
    start, end = spans.start, spans.end
    kept = _counted(script != OTHER, start, end) > 0
    kept &= ~_begins_with_sign(script, codes, start, end)
    kept &= ~_is_half_name(script, codes, start, end)
    kept &= ~(_counted(_joins_words(script, codes), start, end) > 0) | (spans.kind == QUOTED)
    kept &= ~endings.are_cut(script, codes)[end]
    return spans.at(kept)


def _counted(flags: BoolArray, start: Int32s, end: Int32s) -> IntArray:
    """Per span, how many of its code points are flagged."""
    before = np.concatenate([[0], np.cumsum(flags)])
    return np.asarray(before[end] - before[start])


def _begins_with_sign(
    script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], start: Int32s, end: Int32s
) -> BoolArray:
    """Also where a quotation mark opens what it does not close, or holds all: what stands inside is a phrase itself."""
    is_sign = (script == OTHER) & (codes < _BASIC) & ~is_any(codes, _MAY_BEGIN)
    closing = is_any(codes, "」")
    is_loose = closing[end - 1] | (_counted(closing, start, end) == 0)
    return np.asarray(is_sign[start] | (is_any(codes, "「")[start] & is_loose))


def _is_half_name(
    script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], start: Int32s, end: Int32s
) -> BoolArray:
    """Whether a middle dot between katakana stands right before or behind the span: half of a name."""
    is_dot = np.zeros(len(codes) + 1, np.bool_)
    is_dot[1:-2] = is_any(codes, "・")[1:-1] & (script[:-2] == KATAKANA) & (script[2:] == KATAKANA)
    return np.asarray(is_dot[start - 1] | is_dot[end])


def _joins_words(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> BoolArray:
    """Per code point, whether it is a space between kanji or kana: these write no space within a phrase, but between
    the items of a list."""
    is_eastern = (script == KANJI) | (script == HIRAGANA) | (script == KATAKANA)
    kind = np.where(codes == ord("_"), SPACE, np.where(is_eastern, KANJI, OTHER))
    at = np.arange(len(codes))
    last = np.maximum.accumulate(np.where(kind == SPACE, -1, at))
    follows = np.minimum.accumulate(np.where(kind == SPACE, len(codes) - 1, at)[::-1])[::-1]
    return np.asarray((kind == SPACE) & (last >= 0) & (kind[last] == KANJI) & (kind[follows] == KANJI))
