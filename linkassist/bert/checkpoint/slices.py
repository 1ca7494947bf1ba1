"""Partitioned tensors of a TensorFlow checkpoint: the extents of a slice, and its key in the index.

Source: EncodeTensorNameSlice in tensorflow/core/util/saved_tensor_slice_util.cc and core/lib/strings/ordered_code.cc
of https://github.com/tensorflow/tensorflow
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkassist.bert.checkpoint.protobuf import Message

_ALL = -1


@dataclass(frozen=True, slots=True)
class Extent:
    """A slice of one dimension; `length` is -1 for all of it."""

    start: int
    length: int

    @classmethod
    def read(cls, message: Message) -> Extent:
        """From a TensorSliceProto.Extent, in which a missing length means all of the dimension."""
        return cls(message.number(1), message.number(2) if 2 in message.numbers else _ALL)

    def of(self, size: int) -> slice:
        """As a Python slice of a dimension of that size."""
        return slice(0, size) if self.length == _ALL else slice(self.start, self.start + self.length)


def slice_key(name: str, extents: Sequence[Extent]) -> bytes:
    """The key of a slice of a tensor, in TensorFlow's order-preserving encoding.

    >>> slice_key("w", [Extent(0, 3), Extent(0, -1)]).hex(" ")
    '00 77 00 01 01 02 80 83 80 7f'
    """
    escaped = name.encode().replace(b"\0", b"\0\xff")
    numbers = b"".join(_signed(number) for extent in extents for number in (extent.start, extent.length))
    return b"\0" + escaped + b"\0\1" + _unsigned(len(extents)) + numbers


def _unsigned(number: int) -> bytes:
    """A byte with the number of bytes that follow, then the number, big-endian."""
    n_bytes = (number.bit_length() + 7) // 8
    return bytes([n_bytes]) + number.to_bytes(n_bytes, "big")


def _signed(number: int) -> bytes:
    """Two's complement in n bytes with the n highest bits inverted: n ones, or n zeros for a negative number.

    The run of equal bits gives the length; seven bits per byte remain for the number and its sign.
    """
    n_bytes = (number if number >= 0 else ~number).bit_length() // 7 + 1
    leading = ((1 << n_bytes) - 1) << (7 * n_bytes)
    return ((number ^ leading) & ((1 << 8 * n_bytes) - 1)).to_bytes(n_bytes, "big")
