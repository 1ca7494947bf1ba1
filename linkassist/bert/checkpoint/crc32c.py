"""CRC-32C (Castagnoli) of large arrays, many words at once with NumPy.

A checksum is the remainder of the message, read as a polynomial over GF(2), divided by Castagnoli's of degree 32. It
stays the same when a multiple of the divisor is added. One such multiple has four terms only, each a whole number of
32-bit words from the others: x^(32 * 6777) + x^(32 * 484) + x^(32 * 100) + 1. With it a word at the front is struck
out by adding it (exclusive or) at three places further on, and thousands of words are at a time; squared, the
polynomial has the same terms twice as far apart. The few thousand words that are left go byte by byte.
Source: RFC 3720, section 12.1 and appendix B.4, for the checksum; the four terms were found by search, and the tests
divide them by the polynomial.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78  # bits reversed: the highest one stands for x^0
_DISTANCES = (6777 - 484, 6777 - 100, 6777)  # words
_SCALES = (8, 1)  # eight times as far apart: runs of 50,000 words, which fit into a processor's second cache
_WORDS_AT_ONCE = 1 << 20
_MASK_DELTA = 0xA282EAD8

Words = NDArray[np.uint32]


def crc32c(content: bytes | NDArray[np.uint8]) -> int:
    """The checksum of the bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    data = np.frombuffer(content, np.uint8)
    n_words = len(data) // 4
    head = _shortened(data[: 4 * n_words].view("<u4"))
    remainder = 0 if n_words else 0xFFFFFFFF
    for byte in head.astype("<u4").tobytes() + data[4 * n_words :].tobytes():
        remainder = remainder >> 8 ^ _TABLE[(remainder ^ byte) & 0xFF]
    return remainder ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """A checksum as LevelDB and TensorFlow store it, so that data with checksums in it can have one too.

    Source: util/crc32c.h in https://github.com/google/leveldb
    """
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _shortened(words: Words) -> Words:
    """At most 6,777 words with the remainder of `words` whose first one is inverted, as a checksum begins."""
    left = np.zeros(0, np.uint32)
    for start in range(0, len(words), _WORDS_AT_ONCE):
        left = np.concatenate([left, words[start : start + _WORDS_AT_ONCE]])
        if start == 0:
            left[0] ^= np.uint32(0xFFFFFFFF)
        for scale in _SCALES:
            left = _struck_out(left, scale)
    return left


def _struck_out(words: Words, scale: int) -> Words:
    """The end of `words`, of up to 6,777 times `scale`, once all before it are struck out. `words` is changed."""
    nearest, farthest = scale * _DISTANCES[0], scale * _DISTANCES[-1]
    n_struck = max(0, len(words) - farthest)
    for start in range(0, n_struck, nearest):
        struck = words[start : min(start + nearest, n_struck)]
        for distance in _DISTANCES:
            words[start + scale * distance :][: len(struck)] ^= struck
    return words[n_struck:]


def _after_a_byte(remainder: int) -> int:
    for _ in range(8):
        remainder = remainder >> 1 ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder


_TABLE = [_after_a_byte(byte) for byte in range(256)]
