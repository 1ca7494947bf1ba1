"""Whether a text says a title in the title's own case, where case tells one word from another.

A title in capitals (US, WHO) or with a capital inside (iPhone) wants its own case, and so does an empty English word
with a capital (Will). Other titles do not mind: a word has a capital at the start of a sentence.
"""

from __future__ import annotations

import os
import re
import unicodedata
from enum import Enum
from typing import Final

from linkassist.suggest.phrases.boundaries import EMPTY_WORDS
from linkassist.suggest.phrases.extraction import STOP_WORDS

_LETTER: Final = "A-Za-zÀ-ÖØ-öø-ɏ"
_WORD: Final = re.compile(rf"[{_LETTER}][{_LETTER}0-9.+#&'/-]*")
_BETWEEN: Final = r"[ ,;:'’\"“”()!?-]{1,3}"  # what parts two words of one sentence
_WORD_BEFORE: Final = re.compile(rf"(?<![{_LETTER}])([{_LETTER}]+){_BETWEEN}$")
_WORD_BEHIND: Final = re.compile(rf"{_BETWEEN}([{_LETTER}]+)")
REACH: Final = 24  # code points that are looked at on each side of a mention


class Case(Enum):
    """How a text spells a title: in its own case, in another case, or so that it is another word."""

    OWN = 0
    OTHER = 1
    OTHER_WORD = 2


def wants_own_case(title: str) -> bool:
    """Whether case is evidence for a mention of this title."""
    word = unicodedata.normalize("NFKC", title)
    if not _WORD.fullmatch(word):
        return False
    return _is_in_capitals(word) or _has_capital_inside(word) or (word[0].isupper() and word.lower() in EMPTY_WORDS)


def case_of(title: str, surface: str, before: str, behind: str) -> Case:
    """How a text spells a title that wants its own case. before, behind: the text beside the surface, within its line.

    A word of capitals that is written in small letters is another one beside words of English prose ("a swift answer"),
    and anywhere if it says nothing ("us?"); among names or Japanese it is the same one ("apiを叩く").
    """
    word, said = unicodedata.normalize("NFKC", title), unicodedata.normalize("NFKC", surface)
    n_common = len(os.path.commonprefix([word.lower(), said.lower()]))  # a plural has further letters
    beside = [
        match[1]
        for match in (_WORD_BEFORE.search(before[-REACH:]), _WORD_BEHIND.match(behind[:REACH]))
        if match is not None
    ]
    says_nothing = word.lower() in STOP_WORDS
    if word[:n_common] == said[:n_common]:
        is_shouted = says_nothing and bool(beside) and all(map(_is_in_capitals, beside))  # "ALL ABOUT US"
        return Case.OTHER if is_shouted and _is_in_capitals(word) else Case.OWN
    if not _is_in_capitals(word):
        return Case.OTHER_WORD if said.islower() and says_nothing else Case.OTHER
    is_in_prose = any(each.lower() in STOP_WORDS for each in beside)
    return Case.OTHER_WORD if says_nothing or is_in_prose else Case.OTHER


def _is_in_capitals(word: str) -> bool:
    return word.isupper() and sum(map(str.isupper, word)) > 1


def _has_capital_inside(word: str) -> bool:
    return any(map(str.isupper, word[1:])) and not word.isupper()
