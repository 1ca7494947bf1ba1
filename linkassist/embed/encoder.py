"""What every encoder offers, and batching by length, which those with a neural network share.

How text becomes vectors is left to `wiki_encoder.py` and `transformer.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from linkassist.progress import OnCount, no_count


class Encoder(Protocol):
    """Text to vectors whose inner product is the cosine of the angle between them."""

    @property
    def fingerprint(self) -> str:
        """A short name for exactly this encoder: with equal fingerprints, equal texts get equal vectors."""
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
class TellingEncoder(Protocol):
    """An encoder with something to tell the person who chose it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found otherwise than expected, a sentence each."""
        ...


@runtime_checkable
class RawEncoder(Protocol):
    """An encoder whose vectors have lengths of their own, before `encode` brings them to 1."""

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32 as the network gives them."""
        ...


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows of `vectors` scaled to length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def batches_by_length(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Batches of indexes into `lengths`, longest first, so that little of a batch is padding.

    A batch, padded to its longest member, holds at most `token_budget` tokens; a longer member is a batch by itself.
    The longest come first so that memory runs out at once or not at all. Members of equal length keep their order.

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
