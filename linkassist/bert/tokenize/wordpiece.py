"""Word pieces, as google-research's own BERTs cut text: words, Chinese characters one by one, longest pieces first.

Source: tokenization.py in https://github.com/google-research/bert, of which this gives the same pieces.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

UNKNOWN = "[UNK]"
_LONGEST_WORD = 200  # characters; a longer word is unknown
# First and last code point of the blocks of CJK ideographs, which are words by themselves; kana and hangul are not.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPieceTokenizer:
    """Word pieces of a vocabulary file with one a line. It is a Tokenizer."""

    pad_id = 0

    def __init__(self, vocabulary: Sequence[str], *, do_lower_case: bool) -> None:
        """`vocabulary` holds [CLS], [SEP] and [UNK]."""
        self.n_pieces = len(vocabulary)
        self.do_lower_case = do_lower_case
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self.cls_id, self.sep_id = self._ids["[CLS]"], self._ids["[SEP]"]
        text = "\n".join(["word pieces", str(do_lower_case), *vocabulary])
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()

    def pieces(self, text: str) -> list[str]:
        return [piece for word in _words(text, do_lower_case=self.do_lower_case) for piece in self._pieces_of(word)]

    def ids(self, pieces: Sequence[str]) -> list[int]:
        unknown = self._ids[UNKNOWN]
        return [self._ids.get(piece, unknown) for piece in pieces]

    def _pieces_of(self, word: str) -> list[str]:
        """The longest piece that the word begins with, and so on; pieces inside a word are written with ##."""
        if len(word) > _LONGEST_WORD:
            return [UNKNOWN]
        pieces: list[str] = []
        start = 0
        while start < len(word):
            before = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if before + word[start:end] in self._ids), None)
            if end is None:
                return [UNKNOWN]
            pieces.append(before + word[start:end])
            start = end
        return pieces


def _words(text: str, *, do_lower_case: bool) -> Iterator[str]:
    for word in _spaced(text).split():
        if do_lower_case:
            word = "".join(char for char in unicodedata.normalize("NFD", word.lower()) if not _is_mark(char))
        yield from "".join(f" {char} " if _is_punctuation(char) else char for char in word).split()


def _spaced(text: str) -> str:
    """Without control characters, ideographs between spaces, and every kind of space a plain one."""
    return "".join(_cleaned(char) for char in text)


def _cleaned(char: str) -> str:
    category = unicodedata.category(char)
    if char in "\t\n\r" or category == "Zs":
        return " "
    if char in "\0�" or category in ("Cc", "Cf"):
        return ""
    code = ord(char)
    return f" {char} " if any(first <= code <= last for first, last in _IDEOGRAPHS) else char


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) == "Mn"


def _is_punctuation(char: str) -> bool:
    """Every sign of ASCII counts, also those that Unicode calls symbols, such as ^ and $."""
    return ("!" <= char <= "~" and not char.isalnum()) or unicodedata.category(char).startswith("P")
