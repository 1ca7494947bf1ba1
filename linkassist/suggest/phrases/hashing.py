"""Hashes of substrings and bigrams, and tables and look-ups by hash or small number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import BoolArray, IntArray

Hashes = npt.NDArray[np.uint64]
Int32s = npt.NDArray[np.int32]  # a large wiki has some million spans


def _mixed(codes: npt.NDArray[np.uint32]) -> Hashes:
    """SplitMix64 of each code point (Steele, Lea and Flood 2014)."""
    x = codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


class SubstringHasher:
    """Rolling hashes of substrings of one text: prefix sums of a polynomial modulo 2**64."""

    _BASE = 0x5851F42D4C957F2D  # odd, so that it has an inverse

    def __init__(self, codes: npt.NDArray[np.uint32]) -> None:
        n = len(codes) + 1
        powers = np.ones(n, np.uint64)
        powers[1:] = np.uint64(self._BASE)
        self._inverse = np.ones(n, np.uint64)
        self._inverse[1:] = np.uint64(pow(self._BASE, -1, 2**64))
        np.cumprod(powers, out=powers)
        np.cumprod(self._inverse, out=self._inverse)
        self._sums = np.zeros(n, np.uint64)
        np.cumsum(_mixed(codes) * powers[:-1], out=self._sums[1:])

    def of(self, start: IntArray, end: IntArray) -> Hashes:
        """The hashes of these spans; equal for equal substrings of any texts."""
        return np.asarray((self._sums[end] - self._sums[start]) * self._inverse[start])


def is_any(codes: npt.NDArray[np.uint32], chars: str) -> BoolArray:
    """Per code point, whether it is one of these characters of the basic plane."""
    table = np.zeros(0x10000, np.bool_)
    table[[ord(char) for char in chars]] = True
    return np.asarray(table[np.minimum(codes, 0xFFFF)])


def codes_of(text: str) -> npt.NDArray[np.uint32]:
    """The code points of the text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def hash_of(words: Sequence[str]) -> Hashes:
    """The hashes that these words have in any text."""
    lengths = np.array([len(word) for word in words], np.int64)
    ends = np.cumsum(lengths)
    return SubstringHasher(codes_of("".join(words))).of(ends - lengths, ends)


def hashed_numbers(keys: npt.NDArray[np.integer]) -> Int32s:
    """A number below 2**22 for each key (multiplicative hashing, Knuth 6.4)."""
    return ((keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(42)).astype(np.int32)


def counted(numbers: npt.NDArray[np.integer], size: int) -> Int32s:
    """(size,): how often each number below `size` occurs. Only the parts of the table that are hit use memory."""
    table = np.zeros(size, np.int32)
    np.add.at(table, numbers, np.int32(1))
    return table


def is_member(values: Hashes, ascending: Hashes) -> BoolArray:
    """Per value, whether it is in the sorted array `ascending`."""
    if len(ascending) == 0:
        return np.zeros(len(values), np.bool_)
    at = np.searchsorted(ascending, values).clip(0, len(ascending) - 1)
    return np.asarray(ascending[at] == values)
