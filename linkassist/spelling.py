"""Spellings of one title: what people write either way without choosing another word.

Scrapbox compares titles by `wiki.title_key` alone. The wider `spelling_key` decides what an accepted link may change in
a text, and which titles are so alike that a page needs one link of them at most.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from linkassist.wiki import title_key

TYPED_ALIKE: Final = {"’": "'", "‘": "'", "“": '"', "”": '"', "〜": "~", "‐": "-"}
_TYPED_ALIKE: Final = str.maketrans(TYPED_ALIKE)
# Between two letters, or a letter and a digit: "3-1" is not "31".
_BETWEEN_WORDS: Final = re.compile(r"(?<=[^\W_])[_・-]+(?=[^\W\d_])|(?<=[^\W\d_])[_・-]+(?=[^\W_])")
_SPACE: Final = re.compile(r"[^\S\n\t\x1f]")  # tabs part cells, U+001F marks a gap in a passage
_KATAKANA: Final = re.compile("[ァ-ヺー]{3,}")
_NO_LETTERS: Final = str.maketrans("", "", "ー・_- ")
_SHORTEST_STEM: Final = 3  # code points: a shorter word is another word without its long vowel ("カバー", "カバ")
LONG_WORD: Final = 6  # letters: of a word of so many, no long vowel tells it from another word


def is_spelling_of(text: str, title: str) -> bool:
    """Whether the text says the title in the same words, so that a link may put the title in its place.

    True for another width, case or encoding, quotation mark or wave dash, another space, underscore, hyphen or middle
    dot or none of them, and a long vowel in katakana. False for an inflected form, a plural, other okurigana, and a
    short word that is another one without its long vowel.

    >>> is_spelling_of("サーバ", "サーバー"), is_spelling_of("強かった", "強い"), is_spelling_of("ビル", "ビール")
    (True, False, False)
    """
    return title_key(text) == title_key(title) or spelling_key(text) == spelling_key(title)


def spelling_key(title: str) -> str:
    """The form in which spellings of one title are equal: `spelling_key("Data-Base") == "database"`."""
    if title.isascii():
        return _BETWEEN_WORDS.sub("", _SPACE.sub("_", title.lower()))
    folded = unicodedata.normalize("NFKC", title).casefold().replace("i\u0307", "i")  # "İ" is a capital "i"
    folded = _SPACE.sub("_", unicodedata.normalize("NFKC", folded).translate(_TYPED_ALIKE))
    joined = _BETWEEN_WORDS.sub("", _KATAKANA.sub(_without_last_long_vowel, folded))
    return _KATAKANA.sub(_without_long_vowels, joined)


def letters_of(text: str) -> str:
    """The text without case, width, long vowels, and spaces and signs between words.

    Where a text has a spelling of a title, its letters contain the title's; the reverse need not hold.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("i\u0307", "i")
    return unicodedata.normalize("NFKC", folded).translate(_TYPED_ALIKE).translate(_NO_LETTERS)


def _without_last_long_vowel(word: re.Match[str]) -> str:
    stem = word[0].rstrip("ー")
    return stem if len(stem) >= _SHORTEST_STEM else word[0]


def _without_long_vowels(word: re.Match[str]) -> str:
    letters = word[0].replace("ー", "")
    return letters if len(letters) >= LONG_WORD else _without_last_long_vowel(word)
