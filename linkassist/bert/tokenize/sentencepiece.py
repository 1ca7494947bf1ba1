"""The Tokenizer protocol, and SentencePiece as the training code of bert-japanese and hottoSNS-BERT applies it.

Selecting a tokenizer is left to `files.py`; [CLS], [SEP] and truncation to `sequences.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

from sentencepiece import SentencePieceProcessor


class Tokenizer(Protocol):
    """Text to pieces to ids."""

    @property
    def cls_id(self) -> int:
        """The id of [CLS], the first token of a sequence."""
        ...

    @property
    def sep_id(self) -> int:
        """The id of [SEP], which follows each text of a sequence."""
        ...

    @property
    def pad_id(self) -> int:
        """The id that pads the shorter sequences of a batch."""
        ...

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text, however long, without special tokens. `[CLS]` in the text is ordinary text."""
        ...

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """An id for each piece; an unknown piece has that of <unk>."""
        ...


class SentencePieceTokenizer:
    """SentencePiece over the lowercased text, with ids by the order of the vocabulary. It is a Tokenizer.

    Source: FullTokenizer in https://github.com/yoheikikuta/bert-japanese (src/tokenization_sentencepiece.py), and
    JapaneseTweetTokenizer in https://github.com/hottolink/hottoSNS-bert (src/tokenization.py).
    """

    pad_id = 0  # not [PAD]: the originals pad with 0

    def __init__(
        self,
        processor: SentencePieceProcessor,
        vocabulary: Sequence[str],
        *,
        do_lower_case: bool,
        unknown_id: int = 0,
        prepare: Callable[[str], str] | None = None,
    ) -> None:
        """vocabulary: with [CLS] and [SEP]. prepare: applied to a text after lowercasing."""
        self.processor = processor
        self.vocabulary = vocabulary
        self.do_lower_case = do_lower_case
        self.unknown_id = unknown_id
        self.prepare = prepare
        self.n_pieces = len(vocabulary)
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self.cls_id, self.sep_id = self._ids["[CLS]"], self._ids["[SEP]"]
        how = f"SentencePiece {do_lower_case} {unknown_id} {prepare.__name__ if prepare else ''}"
        digest = hashlib.sha256("\n".join([how, *vocabulary]).encode())
        digest.update(processor.serialized_model_proto())
        self.fingerprint = digest.hexdigest()

    def pieces(self, text: str) -> list[str]:
        text = text.lower() if self.do_lower_case else text
        text = self.prepare(text) if self.prepare else text
        found: list[str] = self.processor.EncodeAsPieces(_without_lone_surrogates(text))
        return found

    def ids(self, pieces: Sequence[str]) -> list[int]:
        return [self._ids.get(piece, self.unknown_id) for piece in pieces]


def _without_lone_surrogates(text: str) -> str:
    """Replaces lone surrogates, which JSON can hold and SentencePiece refuses, by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
