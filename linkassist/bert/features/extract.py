"""The vectors of every token of every line of a file, as the original's extract_features.py computes them.

Lines are processed in blocks that fit into memory. Block boundaries depend on the file alone, so that a resumed run
computes the same numbers. Writing them is left to `jsonl.py` and `files.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.forward import BertForward
from linkassist.bert.tokenize.sentencepiece import Tokenizer
from linkassist.bert.tokenize.sequences import TokenSequence, split_pair, token_sequence
from linkassist.errors import LinkAssistError
from linkassist.files.errors import cannot_be, open_plain

_BLOCK_BYTES = 128 * 2**20  # of vectors per block


@dataclass(frozen=True, slots=True)
class InputFile:
    """The size of the input and the SHA-256 of its bytes, in hex."""

    path: Path
    n_lines: int
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are computed together. first: the first line's number, from 0. end: the byte where they end."""

    first: int
    sequences: list[TokenSequence]
    end: int


@dataclass(frozen=True, slots=True)
class LineFeatures:
    """One line's tokens, [CLS] and [SEP] included. vectors: (layers, tokens, width) float32. line: from 0."""

    line: int
    pieces: list[str]
    vectors: NDArray[np.float32]


def survey(path: Path) -> InputFile:
    """Counts and hash of the file, read in chunks. Raises LinkAssistError where it cannot be read."""
    digest, n_bytes, n_lines, last = hashlib.sha256(), 0, 0, b"\n"
    try:
        with open_plain(path) as file:
            while chunk := file.read(2**20):
                digest.update(chunk)
                n_bytes += len(chunk)
                n_lines += chunk.count(b"\n")
                last = chunk[-1:]
    except OSError as error:
        raise LinkAssistError(cannot_be("read", path, error)) from error
    return InputFile(path, n_lines + (last != b"\n"), n_bytes, digest.hexdigest())


def blocks(
    input_file: Path, tokenizer: Tokenizer, max_seq_length: int, tokens_at_once: int, first: int = 0, start: int = 0
) -> Iterator[Block]:
    """The lines from number `first`, at byte `start`, to the end, in blocks of about `tokens_at_once` tokens."""
    sequences: list[TokenSequence] = []
    n_tokens = 0
    for line, (text, end) in enumerate(_lines(input_file, start, first), first):
        sequence = token_sequence(tokenizer, *split_pair(text), max_seq_length)
        sequences.append(sequence)
        n_tokens += len(sequence.ids)
        if n_tokens >= tokens_at_once:
            yield Block(line + 1 - len(sequences), sequences, end)
            first, start, sequences, n_tokens = line + 1, end, [], 0
        else:
            start = end
    if sequences:
        yield Block(first, sequences, start)


def tokens_at_once(batch_tokens: int, n_layers: int, width: int) -> int:
    """Tokens per block: those whose vectors fill 128 MiB, but at least one batch of the network."""
    return max(batch_tokens, _BLOCK_BYTES // (4 * n_layers * width))


def features(block: Block, forward: BertForward, layers: Sequence[int]) -> list[LineFeatures]:
    """The features of the block's lines, in order."""
    found: dict[int, LineFeatures] = {}
    ids = [sequence.ids for sequence in block.sequences]
    for packed in forward.run(ids, [sequence.types for sequence in block.sequences], layers):
        states = np.stack([layer.numpy() for layer in packed.layers])
        ends = np.cumsum(packed.lengths.numpy())
        for member, vectors in zip(packed.members, np.split(states, ends[:-1], axis=1), strict=True):
            found[member] = LineFeatures(block.first + member, block.sequences[member].pieces, vectors)
    return [found[member] for member in range(len(ids))]


def _lines(path: Path, start: int, first: int) -> Iterator[tuple[str, int]]:
    """(line, the byte where it ends), from byte `start` on, without a byte-order mark.

    Only a line feed ends a line; carriage returns are dropped wherever they stand, as TensorFlow's GFile does.
    """
    with path.open("rb") as file:
        file.seek(start)
        for number, line in enumerate(file, first + 1):
            encoding = "utf-8" if start else "utf-8-sig"
            start += len(line)
            try:
                yield line.decode(encoding).replace("\r", ""), start
            except UnicodeDecodeError as error:
                raise LinkAssistError(
                    f"{path}, line {number} is not UTF-8 (byte {error.start + 1} of the line). Save the file as UTF-8."
                ) from error
