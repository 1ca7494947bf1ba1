"""A schemaless protocol buffer parser: the fields of a message by number, as far as checkpoints need them.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Message:
    """The fields of a message by number. numbers: varint and fixed fields, unsigned; parts: length-delimited ones."""

    numbers: dict[int, list[int]] = field(default_factory=dict)
    parts: dict[int, list[bytes]] = field(default_factory=dict)

    def number(self, of_field: int) -> int:
        """The last value of a field; 0, the default of every number, where there is none."""
        return self.numbers.get(of_field, [0])[-1]

    def messages(self, of_field: int) -> list[Message]:
        """The messages of a repeated field. Raises ValueError as `read_message` does."""
        return [read_message(part) for part in self.parts.get(of_field, [])]


def read_message(content: bytes) -> Message:
    """Parses a message. Raises ValueError where the bytes are not one."""
    message = Message()
    for number, value in _fields(content):
        if isinstance(value, int):
            message.numbers.setdefault(number, []).append(value)
        else:
            message.parts.setdefault(number, []).append(value)
    return message


def read_varint(content: bytes, at: int) -> tuple[int, int]:
    """The varint (seven bits per byte, lowest first) at position `at`, and the position after it.

    Raises ValueError where the content ends before it, or it has more than ten bytes.
    """
    value = 0
    for n_before, byte in enumerate(content[at : at + 10]):
        value |= (byte & 0x7F) << 7 * n_before
        if byte < 0x80:
            return value, at + n_before + 1
    raise ValueError(f"a number at byte {at} does not end")


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(content):
        key, at = read_varint(content, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = read_varint(content, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = read_varint(content, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"field {number} has the unknown wire type {kind}")
        part, at = content[at : at + size], at + size
        if at > len(content):
            raise ValueError(f"field {number} is cut off")
        yield number, part if kind == _BYTES else int.from_bytes(part, "little")
