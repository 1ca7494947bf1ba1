"""WordPiece as in google-research's BERT: words by white space, punctuation and CJK ideographs, then longest pieces.

The tokenizers library cuts words into pieces. Its BertNormalizer and BertPreTokenizer are not used: they drop
private-use characters, leave the ideographs U+2B820 to U+2B91F together, write a Greek final sigma as σ, and know the
accents and the punctuation of an older Unicode version than Python's.
Source: tokenization.py in https://github.com/google-research/bert, of which this gives the same pieces.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence

from tokenizers.models import WordPiece

UNKNOWN = "[UNK]"
_LONGEST_WORD = 200  # characters; a longer word is unknown
# First and last code points of the CJK blocks whose characters are words by themselves; kana and hangul are not.
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
    """WordPiece over a vocabulary file with one piece per line. It is a Tokenizer."""

    pad_id = 0

    def __init__(self, vocabulary: Sequence[str], *, do_lower_case: bool) -> None:
        """`vocabulary` holds [CLS], [SEP] and [UNK]."""
        self.n_pieces = len(vocabulary)
        self.do_lower_case = do_lower_case
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self.vocabulary = self._ids.keys()
        self._model = WordPiece(self._ids, unk_token=UNKNOWN, max_input_chars_per_word=_LONGEST_WORD)
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
        try:
            return [token.value for token in self._model.tokenize(word)]
        except UnicodeEncodeError:  # a lone surrogate, which JSON can hold and no vocabulary in UTF-8 has
            return [UNKNOWN]


def _words(text: str, *, do_lower_case: bool) -> Iterator[str]:
    for word in _spaced(text).split():
        if do_lower_case:
            word = "".join(char for char in unicodedata.normalize("NFD", word.lower()) if not _is_mark(char))
        yield from "".join(f" {char} " if _is_punctuation(char) else char for char in word).split()


def _spaced(text: str) -> str:
    """Removes control characters, puts spaces around ideographs, and replaces every kind of space by a plain one."""
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
    """Whether the character is punctuation; all ASCII signs are, also Unicode's symbols such as ^ and $."""
    return ("!" <= char <= "~" and not char.isalnum()) or unicodedata.category(char).startswith("P")
