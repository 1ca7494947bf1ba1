"""Writes TensorFlow's tensor bundles for the tests, piece by piece, so that one can also write what is wrong.

Checksums go byte by byte, as the definition says, so that they are a second witness of the library.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64, STRING, BFLOAT16, HALF = 1, 9, 7, 14, 19
_MAGIC = bytes.fromhex("57fb808b247547db")
_DTYPES = {np.dtype("<f4"): FLOAT, np.dtype("<f2"): HALF, np.dtype("<i8"): INT64, np.dtype("<u2"): BFLOAT16}


def checksum(content: bytes) -> int:
    """CRC-32C, a byte at a time, with each byte's share a bit at a time (RFC 3720)."""
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder = remainder >> 8 ^ _share((remainder ^ byte) & 0xFF)
    return remainder ^ 0xFFFFFFFF


@cache
def _share(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 * (byte & 1))
    return byte


def masked(number: int) -> int:
    """Rotated right by 15 bits, plus a constant."""
    return ((number >> 15 | number << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number: int) -> bytes:
    """Seven bits a byte, lowest first."""
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def number_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


@dataclass
class BundleWriter:
    """What to write; the defaults give a good bundle with all tensors in one file."""

    tensors: Mapping[str, NDArray[np.generic]]
    shard_of: Mapping[str, int] = field(default_factory=dict)
    n_shards: int = 1
    endianness: int = 0
    min_consumer: int = 0
    is_snappy: bool = False
    pairs_a_block: int = 5
    dtype_of: Mapping[str, int] = field(default_factory=dict)

    def write(self, prefix: Path) -> Path:
        """Writes the index and the data files; returns the prefix."""
        data = [bytearray() for _ in range(self.n_shards)]
        entries: dict[bytes, bytes] = {}
        for name in sorted(self.tensors):
            tensor, shard = self.tensors[name], self.shard_of.get(name, 0)
            content = tensor.tobytes()
            entries[name.encode()] = (
                number_field(1, self.dtype_of.get(name, _DTYPES.get(tensor.dtype, 0)))
                + bytes_field(2, b"".join(bytes_field(2, number_field(1, size)) for size in tensor.shape))
                + number_field(3, shard)
                + number_field(4, len(data[shard]))
                + number_field(5, len(content))
                + varint(6 << 3 | 5)
                + struct.pack("<I", masked(checksum(content)))
            )
            data[shard] += content
        header = number_field(1, self.n_shards) + number_field(2, self.endianness)
        header += bytes_field(3, number_field(1, 1) + number_field(2, self.min_consumer))
        prefix.parent.mkdir(parents=True, exist_ok=True)
        Path(f"{prefix}.index").write_bytes(self.table([(b"", header), *sorted(entries.items())]))
        for shard, content in enumerate(data):
            Path(f"{prefix}.data-{shard:05}-of-{self.n_shards:05}").write_bytes(content)
        return prefix

    def table(self, pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
        """A LevelDB table of the pairs."""
        found = bytearray()
        index: list[tuple[bytes, bytes]] = []
        for start in range(0, len(pairs), self.pairs_a_block):
            some = pairs[start : start + self.pairs_a_block]
            index.append((some[-1][0] + b"~", self._append(found, _block(some))))
        meta = self._append(found, _block([]))
        footer = meta + self._append(found, _block(index))
        return bytes(found) + footer.ljust(40, b"\0") + _MAGIC

    def _append(self, table: bytearray, block: bytes) -> bytes:
        """Appends a block with its kind and checksum; returns its handle."""
        content = snappy(block) if self.is_snappy else block
        handle = varint(len(table)) + varint(len(content))
        content += b"\1" if self.is_snappy else b"\0"
        table += content + struct.pack("<I", masked(checksum(content)))
        return handle


def snappy(content: bytes) -> bytes:
    """Literals of up to 70 bytes, and copies of what stood four bytes or more before, with all three kinds of copy."""
    found, at, kind = bytearray(varint(len(content))), 0, 0
    literal = bytearray()
    while at < len(content):
        length = next((n for n in (11, 8, 4) if content.find(content[at : at + n], 0, at + n - 1) >= 0), 0)
        distance = at - content.find(content[at : at + length], 0, at + length - 1)
        if at + length > len(content) or not length:
            literal.append(content[at])
            at += 1
        if literal and (length or len(literal) == 70 or at == len(content)):
            found += _literal(bytes(literal))
            literal.clear()
        if length and at + length <= len(content):
            found += _copy(length, distance, kind)
            kind += 1
            at += length
    return bytes(found) + (_literal(bytes(literal)) if literal else b"")


def _literal(content: bytes) -> bytes:
    size = len(content) - 1
    return (bytes([size << 2]) if size < 60 else bytes([60 << 2, size])) + content


def _copy(length: int, distance: int, kind: int) -> bytes:
    if kind % 3 == 0 and distance < 2048:
        return bytes([distance >> 8 << 5 | (length - 4) << 2 | 1, distance & 0xFF])
    if kind % 3 == 1:
        return bytes([(length - 1) << 2 | 2]) + struct.pack("<H", distance)
    return bytes([(length - 1) << 2 | 3]) + struct.pack("<I", distance)


def _block(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Every third key is written whole, and listed at the end as a restart."""
    found, restarts, last = bytearray(), [0], b""
    for number, (key, value) in enumerate(pairs):
        n_shared = 0
        if number % 3:
            n_shared = next(
                (n for n, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(map(len, (key, last)))
            )
        elif number:
            restarts.append(len(found))
        found += varint(n_shared) + varint(len(key) - n_shared) + varint(len(value)) + key[n_shared:] + value
        last = key
    return bytes(found) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))
