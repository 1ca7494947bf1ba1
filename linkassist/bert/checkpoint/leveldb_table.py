"""LevelDB's sorted string table, the format of a checkpoint's index: keys and values in blocks, each with a checksum.

CRC-32C and Snappy come from the packages of the extra "checkpoint".
Source: doc/table_format.md in https://github.com/google/leveldb
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from linkassist.bert.checkpoint.protobuf import read_varint
from linkassist.errors import ModelError

try:
    import cramjam
    import google_crc32c
except ModuleNotFoundError:  # `need_checkpoint_packages` says so before a table is read
    pass

_PACKAGES = {"google_crc32c": "google-crc32c", "cramjam": "cramjam"}
_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_FOOTER_BYTES = 48  # two block handles, filled up to 40 bytes, and the magic number
_PLAIN, _SNAPPY = 0, 1
# The densest element of Snappy is a copy of 64 bytes, written in 3: more than 22 times the size cannot come out.
_MOST_SNAPPY_RATIO = 22
_MASK_DELTA = 0xA282EAD8


def need_checkpoint_packages() -> None:
    """Raises ModelError where a package that TensorFlow checkpoints are read with is not installed."""
    missing = [package for module, package in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise ModelError(
            f"TensorFlow checkpoints are read with {' and '.join(missing)}, which this installation lacks. Install"
            ' linkassist with the extra that brings it, `pip install "linkassist[checkpoint]"`, or give a BERT in'
            " transformers' format."
        )


def masked_crc32c(content: bytes | NDArray[Any]) -> int:
    """The CRC-32C of read-only bytes, masked as LevelDB and TensorFlow store it: rotated, plus a constant.

    Source: util/crc32c.h in https://github.com/google/leveldb

    >>> hex(masked_crc32c(b"123456789"))
    '0xc78ab0e5'
    """
    checksum = int(google_crc32c.value(content))
    return ((checksum >> 15 | checksum << 17) + _MASK_DELTA) & 0xFFFFFFFF


def is_table(content: bytes) -> bool:
    """Whether the bytes end as a table ends."""
    return len(content) >= _FOOTER_BYTES and content.endswith(_MAGIC)


def read_table(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) pairs in the order of the keys. Raises ValueError where a block is damaged."""
    footer = content[-_FOOTER_BYTES:]
    _, at = _handle(footer, 0)  # the metaindex block, which TensorFlow leaves empty
    index, _ = _handle(footer, at)
    for _, value in _pairs(_block(content, index)):
        handle, _ = _handle(value, 0)
        yield from _pairs(_block(content, handle))


def _handle(content: bytes, at: int) -> tuple[tuple[int, int], int]:
    """((offset, bytes) of a block, the position after the handle)."""
    offset, at = read_varint(content, at)
    size, at = read_varint(content, at)
    return (offset, size), at


def _block(content: bytes, handle: tuple[int, int]) -> bytes:
    """The content of a block. A byte for its compression and the checksum follow it. Raises ValueError for damage."""
    offset, size = handle
    end = offset + size
    if end + 5 > len(content) - _FOOTER_BYTES:
        raise ValueError(f"a block of {size} bytes at byte {offset} is cut off")
    if masked_crc32c(content[offset : end + 1]) != int.from_bytes(content[end + 1 : end + 5], "little"):
        raise ValueError(f"the block at byte {offset} does not have its checksum")
    block, kind = content[offset:end], content[end]
    if kind == _SNAPPY:
        return _decompressed(block, offset)
    if kind != _PLAIN:
        raise ValueError(f"the block at byte {offset} is compressed in the unknown way {kind}")
    return block


def _decompressed(block: bytes, offset: int) -> bytes:
    """The Snappy block that begins at byte `offset`, decompressed. Raises ValueError where it is damaged."""
    try:
        # cramjam reserves the announced size before it reads on: a decompression bomb is refused here.
        announced = cramjam.snappy.decompress_raw_len(block)
        if announced > _MOST_SNAPPY_RATIO * len(block):
            raise ValueError(
                f"the block at byte {offset} announces {announced} bytes, more than {len(block)} compressed ones hold"
            )
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise ValueError(f"the block at byte {offset} cannot be decompressed ({error})") from error


def _pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) pairs of a block, whose keys are prefix-compressed. The restart array at its end is skipped."""
    n_restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * n_restarts
    if end < 0:
        raise ValueError(f"a block of {len(block)} bytes cannot have {n_restarts} restarts")
    at, key = 0, b""
    while at < end:
        n_shared, at = read_varint(block, at)
        n_own, at = read_varint(block, at)
        n_value, at = read_varint(block, at)
        if n_shared > len(key) or at + n_own + n_value > end:
            raise ValueError("a key or its value is cut off")
        key = key[:n_shared] + block[at : at + n_own]
        at += n_own
        yield key, block[at : at + n_value]
        at += n_value
