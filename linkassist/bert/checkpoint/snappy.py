"""Snappy, the compression of LevelDB's blocks, as far as reading goes.

Source: format_description.txt in https://github.com/google/snappy
"""

from __future__ import annotations

from linkassist.bert.checkpoint.protobuf import read_varint

_LONGEST_SHORT_LITERAL = 60


def decompressed(content: bytes) -> bytes:
    """The bytes that were compressed to `content`. Raises ValueError where it is damaged."""
    n_expected, at = read_varint(content, 0)
    found = bytearray()
    while at < len(content):
        tag, at = content[at], at + 1
        if tag & 3 == 0:
            size, at = _literal_size(content, tag, at)
            if at + size > len(content):
                raise ValueError("a literal is cut off")
            found += content[at : at + size]
            at += size
        else:
            size, distance, at = _copy(content, tag, at)
            if not 0 < distance <= len(found):
                raise ValueError(f"a copy reaches back {distance} bytes of {len(found)}")
            while size > 0:  # a copy may reach into what it writes: then it repeats
                part = found[-distance:][:size]
                found += part
                size -= len(part)
    if len(found) != n_expected:
        raise ValueError(f"{len(found)} bytes came out; {n_expected} were announced")
    return bytes(found)


def _literal_size(content: bytes, tag: int, at: int) -> tuple[int, int]:
    size = (tag >> 2) + 1
    if size <= _LONGEST_SHORT_LITERAL:
        return size, at
    n_bytes = size - _LONGEST_SHORT_LITERAL
    return int.from_bytes(content[at : at + n_bytes], "little") + 1, at + n_bytes


def _copy(content: bytes, tag: int, at: int) -> tuple[int, int, int]:
    """(size, distance, place after it)"""
    if tag & 3 == 1:
        low = int.from_bytes(content[at : at + 1], "little")
        return (tag >> 2 & 7) + 4, tag >> 5 << 8 | low, at + 1
    n_bytes = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, int.from_bytes(content[at : at + n_bytes], "little"), at + n_bytes
