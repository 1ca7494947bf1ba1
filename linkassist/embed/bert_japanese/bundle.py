"""TensorFlow's checkpoints of the second version ("tensor bundles"), read without TensorFlow.

An index in LevelDB's table format maps the name of each tensor to a BundleEntryProto, which tells where in which
data file it lies. Source: tensorflow/core/util/tensor_bundle/tensor_bundle.h and tensorflow/core/protobuf/
tensor_bundle.proto in https://github.com/tensorflow/tensorflow
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linkassist.errors import ModelError

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_DTYPES = {1: "<f4", 9: "<i8"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor lies."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    n_bytes: int
    checksum: int


class Bundle:
    """The tensors of a checkpoint, by name."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        index = Path(f"{prefix}.index")
        pairs = dict(_table(index.read_bytes()))
        header = _fields(pairs.pop(b""))
        self.n_shards = int(header.get(1, [0])[0])
        self.entries = {key.decode(): _entry(value) for key, value in pairs.items()}

    def tensor(self, name: str) -> NDArray[Any]:
        entry = self.entries[name]
        if entry.dtype not in _DTYPES:
            raise ModelError(f"{self.prefix}: the tensor {name} has the type {entry.dtype}, which is not read.")
        path = Path(f"{self.prefix}.data-{entry.shard:05}-of-{self.n_shards:05}")
        file = np.memmap(path, np.uint8, "r")
        return file[entry.offset : entry.offset + entry.n_bytes].view(_DTYPES[entry.dtype]).reshape(entry.shape)


def _table(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = content[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ModelError("not a table")
    _, at = _handle(footer, 0)
    (start, size), _ = _handle(footer, at)
    for _, value in _block(content[start : start + size]):
        (start, size), _ = _handle(value, 0)
        yield from _block(content[start : start + size])


def _block(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    (n_restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 - 4 * n_restarts
    at, key = 0, b""
    while at < end:
        n_shared, at = _varint(block, at)
        n_own, at = _varint(block, at)
        n_value, at = _varint(block, at)
        key = key[:n_shared] + block[at : at + n_own]
        at += n_own
        yield key, block[at : at + n_value]
        at += n_value


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return (offset, size), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _fields(message: bytes) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value: Any
        if key & 7 == 0:
            value, at = _varint(message, at)
        elif key & 7 == 5:
            value, at = struct.unpack_from("<I", message, at)[0], at + 4
        else:
            size, at = _varint(message, at)
            value, at = message[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def _entry(message: bytes) -> Entry:
    found = _fields(message)
    shape = _fields(found.get(2, [b""])[0])
    return Entry(
        dtype=found[1][0],
        shape=tuple(_fields(each).get(1, [0])[0] for each in shape.get(2, [])),
        shard=found.get(3, [0])[0],
        offset=found.get(4, [0])[0],
        n_bytes=found.get(5, [0])[0],
        checksum=found.get(6, [0])[0],
    )
