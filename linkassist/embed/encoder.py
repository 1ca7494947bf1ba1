"""The Encoder protocol, and batching by length for encoders with a neural network.

Implementations: `wiki_encoder.py`, `transformer.py`, `joined.py` and `bert/encoder.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from linkassist.progress import OnCount, no_count


class Encoder(Protocol):
    """Texts to unit vectors; the inner product of two is their cosine similarity."""

    @property
    def fingerprint(self) -> str:
        """An identifier of the encoder and its weights: with equal fingerprints, equal texts get equal vectors."""
        ...

    @property
    def width(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32, a row per text in the order given, each of length 1.

        A text in which the encoder finds nothing, such as an empty one, may get the zero vector. on_progress: called
        after each batch with (texts done, all texts).
        """
        ...


@runtime_checkable
class EncoderWithNotes(Protocol):
    """An encoder that has notes for the person who selected it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unexpected about the model's files, a sentence each."""
        ...


@runtime_checkable
class RawEncoder(Protocol):
    """An encoder that also returns its vectors before normalisation."""

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32 before normalisation."""
        ...


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows of `vectors` scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def batches_by_length(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Batches of indexes into `lengths`, longest first, to keep padding small. Equal lengths keep their order.

    A batch, padded to its longest member, holds at most `token_budget` tokens; a longer member is a batch by itself.
    With the longest first, memory runs out at once or not at all.

    >>> list(batches_by_length([1, 5, 2, 2], token_budget=6))
    [[1], [2, 3, 0]]
    """
    if token_budget < 1:
        raise ValueError(f"token_budget is {token_budget}; expected at least 1")
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    start = 0
    while start < len(order):
        n_members = max(1, token_budget // max(1, lengths[order[start]]))
        yield order[start : start + n_members]
        start += n_members
