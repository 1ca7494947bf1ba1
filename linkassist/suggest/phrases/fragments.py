"""A filter of spans that are no phrase: fragments of a longer word or name, and spans without a word.

`boundaries.py` finds where a phrase may begin and end. Each rule here removes a class of new links of which people had
made about one in ten or fewer on a public wiki.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, IntArray
from linkassist.suggest.date_titles import date_interiors
from linkassist.suggest.folding import HIRAGANA, KANJI, KATAKANA, OTHER
from linkassist.suggest.phrases.boundaries import QUOTED, SPACE, Spans, script_runs
from linkassist.suggest.phrases.hashing import Int32s, is_any
from linkassist.suggest.segmentation import interiors

_MAY_BEGIN = "@#._『《【○◯「"  # signs that may begin a phrase; "→ diary", "= other name" and "(sic)" are notes
_BASIC = 0x10000  # code points beyond are emoji and rare letters rather than signs
_FEWEST_ALONE = 3
_ENDING = 0.5  # the least share of a kanji-kana pair's occurrences in which the kanji is a whole stem
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
    """True for a number with a unit, which is no title."""
    return _QUANTITY.match(folded) is not None


@dataclass(frozen=True, slots=True)
class Endings:
    """Okurigana of the wiki: pairs of a kanji and the kana that belongs to it, as 探 and し of 探し, ascending."""

    pairs: IntArray

    def are_cut(self, script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> BoolArray:
        """(code points + 1,): whether a span that ends there cuts a word from its okurigana."""
        cut = np.zeros(len(codes) + 1, np.bool_)
        at, pair = _kanji_and_kana(script, codes)
        cut[at + 1] = np.isin(pair, self.pairs)
        return cut


def learn_endings(texts: Sequence[str]) -> Endings:
    """The pairs in these folded texts where the kanji mostly stands alone before its kana."""
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
    """(positions of a kanji before kana that may be its okurigana, a number for the pair)."""
    is_ending = (script == HIRAGANA) & ~is_any(codes, _MAY_FOLLOW)
    at = np.flatnonzero((script[:-1] == KANJI) & is_ending[1:])
    return at, codes[at].astype(np.int64) * _N_KANA + codes[at + 1].astype(np.int64) - _FIRST_KANA


def without_fragments(spans: Spans, raw: str, text: str, endings: Endings) -> Spans:
    """The spans that are whole phrases. text: the folded `raw`."""
    script, codes = script_runs(f"{text}\n")
    start, end = spans.start, spans.end
    inside = interiors(raw, text) | date_interiors(text)
    kept = (_counted(script != OTHER, start, end) > 0) & ~inside[start] & ~inside[end]
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
    """Per span, whether it begins with a sign or an opening quotation mark that closes elsewhere or at its end."""
    is_sign = (script == OTHER) & (codes < _BASIC) & ~is_any(codes, _MAY_BEGIN)
    closing = is_any(codes, "」")
    is_loose = closing[end - 1] | (_counted(closing, start, end) == 0)
    return np.asarray(is_sign[start] | (is_any(codes, "「")[start] & is_loose))


def _is_half_name(
    script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], start: Int32s, end: Int32s
) -> BoolArray:
    """Per span, whether a middle dot between katakana stands right before or after it: half of a name."""
    is_dot = np.zeros(len(codes) + 1, np.bool_)
    is_dot[1:-2] = is_any(codes, "・")[1:-1] & (script[:-2] == KATAKANA) & (script[2:] == KATAKANA)
    return np.asarray(is_dot[start - 1] | is_dot[end])


def _joins_words(script: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32]) -> BoolArray:
    """Per code point, whether it is a space between kanji or kana, which separates items of a list, not words."""
    is_eastern = (script == KANJI) | (script == HIRAGANA) | (script == KATAKANA)
    kind = np.where(codes == ord("_"), SPACE, np.where(is_eastern, KANJI, OTHER))
    at = np.arange(len(codes))
    last = np.maximum.accumulate(np.where(kind == SPACE, -1, at))
    follows = np.minimum.accumulate(np.where(kind == SPACE, len(codes) - 1, at)[::-1])[::-1]
    return np.asarray((kind == SPACE) & (last >= 0) & (kind[last] == KANJI) & (kind[follows] == KANJI))
