"""Text to pieces and ids, as the code did that a model was trained with.

Which tokenizer a model's files ask for is left to `folder.py`; [CLS], [SEP] and truncation to `sequences.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import sentencepiece

from linkassist.errors import ModelError


class Tokenizer(Protocol):
    """Text to pieces to ids."""

    @property
    def cls_id(self) -> int:
        """The id of [CLS], with which a sequence begins."""
        ...

    @property
    def sep_id(self) -> int:
        """The id of [SEP], with which each text of a sequence ends."""
        ...

    @property
    def pad_id(self) -> int:
        """What fills a shorter sequence of a batch."""
        ...

    def pieces(self, text: str) -> list[str]:
        """The pieces of a text, however long, without special tokens. `[CLS]` in the text is ordinary text."""
        ...

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """An id for each piece; an unknown piece has that of <unk>."""
        ...


class SentencePieceTokenizer:
    """SentencePiece over the lowercased text, with ids from a vocabulary file.

    Source: `FullTokenizer` in https://github.com/yoheikikuta/bert-japanese (src/tokenization_sentencepiece.py).
    """

    pad_id = 0  # not that of [PAD]: the original fills with 0, which is <unk>

    def __init__(self, model: Path, vocabulary: Path, *, do_lower_case: bool) -> None:
        self._processor = sentencepiece.SentencePieceProcessor()
        self._processor.Load(str(model))
        self._ids = _read_vocabulary(vocabulary)
        self._do_lower_case = do_lower_case
        self.cls_id, self.sep_id = self.ids(["[CLS]", "[SEP]"])

    @property
    def n_pieces(self) -> int:
        return len(self._ids)

    def pieces(self, text: str) -> list[str]:
        found: list[str] = self._processor.EncodeAsPieces(text.lower() if self._do_lower_case else text)
        return found

    def ids(self, pieces: Sequence[str]) -> list[int]:
        return [self._ids.get(piece, 0) for piece in pieces]


def _read_vocabulary(path: Path) -> dict[str, int]:
    """The number of each piece's line."""
    ids: dict[str, int] = {}
    for number, line in enumerate(path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")):
        piece, tab, _ = line.partition("\t")
        if not tab:
            raise ModelError(f"{path}, line {number + 1} has no tab; expected a piece, a tab and a score.")
        ids[piece.strip()] = number
    return ids
