"""The folded form of texts, and the script of each code point.

Text is folded code point by code point (width, case, white space), so that a place in the folded text is the same place
in the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from linkassist.suggest.corpus import FloatArray

OTHER, LATIN, HIRAGANA, KATAKANA, KANJI, HANGUL = range(6)
_MARK = 255


class _Fold(dict[int, int]):
    """A cache of folded code points. One whose NFKC form is longer than one code point is only lowered."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        folded = unicodedata.normalize("NFKC", char).lower()
        if len(folded) != 1:
            folded = char.lower()
        if char.isspace() and char not in "\n\t\x1f":  # tabs part cells, U+001F marks a gap in a passage
            folded = "_"
        self[code] = ord(folded) if len(folded) == 1 else code
        return self[code]


_FOLD = _Fold({ord("İ"): ord("i"), ord("ς"): ord("σ")})  # these lower to two code points, and by their place in a word


def fold(text: str) -> str:
    """The text in the form in which mentions are searched, code point by code point, so of the same length."""
    return text.translate(_FOLD)


def fold_key(key: str) -> str:
    """`fold` of the title that has this key: the key of "İ" is two code points, its folded title one."""
    return fold(key.replace("i\u0307", "i"))


def _script_of(code: int) -> int:
    if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me") or code in (0x200C, 0x200D, 0xFF9E, 0xFF9F):
        return _MARK
    if 0x3041 <= code <= 0x309F:
        return HIRAGANA
    if 0x30A1 <= code <= 0x30FF and code != 0x30FB:
        return KATAKANA
    if 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or code in (0x3005, 0x3007):
        return KANJI
    if 0xAC00 <= code <= 0xD7A3:
        return HANGUL
    return LATIN if chr(code).isalnum() else OTHER


_SCRIPTS = np.array([_script_of(code) for code in range(0x10000)], np.uint8)


def scripts(text: str) -> np.ndarray:
    """The script of each code point, (len(text),) uint8; beyond the basic plane they count as OTHER.

    A combining mark, a joiner and a half-width sound mark have the script of what they follow.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    script = np.where(codes < 0x10000, _SCRIPTS[np.minimum(codes, 0xFFFF)], OTHER).astype(np.uint8)
    script[(codes >= 0xE0100) & (codes <= 0xE01EF)] = _MARK  # variation selectors of kanji
    is_mark = script == _MARK
    if is_mark.any():
        base = np.maximum.accumulate(np.where(is_mark, 0, np.arange(len(script))))
        script = script[base]
        script[script == _MARK] = OTHER
    return script


def script_shares(texts: Sequence[str]) -> FloatArray:
    """(texts, 4): the shares of each text that are Latin, hiragana, katakana and kanji; zeros for an empty one."""
    lengths = np.array([len(text) for text in texts], np.int64)
    script = scripts("\n".join(texts))
    owner = np.repeat(np.arange(len(texts)), lengths + 1)[: len(script)]
    shares = [
        np.bincount(owner, weights=script == kind, minlength=len(texts)) / np.maximum(lengths, 1)
        for kind in (LATIN, HIRAGANA, KATAKANA, KANJI)
    ]
    return np.stack(shares, axis=1).astype(np.float32)
