"""A pull parser of JSON: the keys of an object and the items of a list, one at a time, from plain, gzip or xz bytes.

The standard library parses each value, from a buffer that grows until the value is complete.
"""

from __future__ import annotations

import codecs
import errno
import gzip
import json
import lzma
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from linkassist.errors import ExportError
from linkassist.files.errors import cannot_be, open_plain
from linkassist.terminal_escape import shown

STANDARD_INPUT = "standard input"
_PIECE = 1 << 18
_MOST_CHARACTERS = 1 << 24  # of one value: a page as long as twenty novels
_MOST_UNPACKED = 200  # times its size; text does not unpack to more
_CUT_NUMBER = re.compile(r"\.|[eE][+-]?")  # what is left of a number that the end of a reading cuts
_SPACE = re.compile(r"[ \t\n\r]*")
_ADVICE = "Expected the JSON export of a Scrapbox project; export it again."


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """pages: of an export. copied_bytes: of a stream that cannot seek. unpacked_bytes: above these, a file must not
    unpack to more than 200 times its size."""

    pages: int = 1_000_000
    copied_bytes: int = 1 << 32
    unpacked_bytes: int = 1 << 30


class JsonStream:
    """A position in a JSON text. `place` names the file in messages, `item` the part that is being read."""

    def __init__(self, raw: IO[bytes], place: str, limits: ReadLimits) -> None:
        """raw: a seekable file at its beginning; its first bytes tell the compression."""
        self.place = place
        self.limits = limits
        self.item = "the header"
        self._raw = raw
        self.bytes_total = _size(raw)
        self._bytes = _unpacked(raw)
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(strict=False)
        self._text = ""
        self._at = 0
        self._passed = 0
        self._n_unpacked = 0
        self._is_ended = False

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file have been read, before decompression."""
        return self._raw.tell()

    def close(self) -> None:
        """Close the file."""
        self._bytes.close()
        self._raw.close()

    def peek(self) -> str:
        """The next character that is not white space, which stays unread; "" at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._read_on(_PIECE):
                return ""

    def object_keys(self) -> Iterator[str]:
        """The keys of the object that begins here. The value of a key must be read before the next key."""
        self._expect("{")
        while self.peek() != "}":
            key = self.value()
            if not isinstance(key, str):
                raise self._refusal("a key that is no text")
            self._expect(":")
            yield key
            if self.peek() != "}":
                self._expect(",")
        self._expect("}")

    def list_items(self, name: str) -> Iterator[object]:
        """The items of the list that begins here. name: what one is called in messages."""
        self._expect("[")
        number = 0
        while self.peek() != "]":
            number += 1
            self.item = f"{name} {number}"
            yield self.value()
            if self.peek() != "]":
                self._expect(",")
        self._expect("]")
        self.item = f"what follows the last {name}"

    def value(self) -> object:
        """The value that begins here. Raises ExportError for one of more than 2**24 characters."""
        self.peek()
        wanted = _PIECE
        while True:
            if len(self._text) - self._at > _MOST_CHARACTERS:
                raise ExportError(
                    f"{self.place}: {self.item} has more than {_MOST_CHARACTERS:,} characters; expected a page that "
                    f"people can read. {_ADVICE}"
                )
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not (self._may_be_cut(error) and self._read_on(wanted)):
                    raise self._broken(None if self._may_be_cut(error) else error.pos - self._at) from None
            except RecursionError:
                raise ExportError(f"{self.place}: {self.item} is nested too deeply to be read. {_ADVICE}") from None
            except ValueError as error:  # a number of more than 4,300 digits
                raise ExportError(f"{self.place}: {self.item} cannot be read: {error}. {_ADVICE}") from None
            else:
                is_cut = end == len(self._text) or _CUT_NUMBER.fullmatch(self._text, end)
                if not (is_cut and self._read_on(wanted)):
                    self._at = end
                    return value
            wanted = max(_PIECE, len(self._text) - self._at)  # doubled each time, so that the work stays linear

    def expect_end(self) -> None:
        """Raise ExportError where anything but white space follows."""
        if self.peek():
            raise self._refusal("more text behind the end of the JSON")

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether the value may be incomplete: it fails at the end, or in an unterminated string, word or escape."""
        rest = self._text[error.pos : error.pos + 16]
        is_word = any(word.startswith(rest) for word in ("true", "false", "null", "NaN", "Infinity", "-Infinity"))
        is_escape = error.msg.startswith("Invalid \\") and error.pos + 12 > len(self._text)
        is_number = _CUT_NUMBER.fullmatch(self._text, error.pos) is not None
        return is_word or is_number or is_escape or error.msg.startswith("Unterminated string")

    def _expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise self._broken(0)
        self._at += 1

    def _broken(self, offset: int | None) -> ExportError:
        """The error for a text that is no JSON at `offset` from here; None where it ends too early."""
        if not (self._passed or self._text):
            return ExportError(f"{self.place} is empty. {_ADVICE}")
        if offset is None or self._at + offset >= len(self._text):
            length = self._passed + len(self._text)
            return ExportError(
                f"{self.place} is truncated: it ends in {self.item}, after {length:,} characters. "
                "Expected the whole JSON export; copy or export it again."
            )
        self._at += offset
        found = self._text[self._at : self._at + 12]
        return self._refusal(f"{found!r}")

    def _refusal(self, found: str) -> ExportError:
        at = self._passed + self._at
        return ExportError(f"{self.place} is not JSON: {found} in {self.item}, at character {at:,}. {_ADVICE}")

    def _read_on(self, wanted: int) -> bool:
        """Reads on and drops the text before the position. Returns whether there was more."""
        if self._is_ended:
            return False
        try:
            data = self._bytes.read(wanted)
            self._is_ended = not data
            self._check_size(len(data))
            text = self._utf8.decode(data, final=self._is_ended)
        except EOFError:
            raise ExportError(
                f"{self.place} is truncated: its compressed data ends in {self.item}. Copy or export it again."
            ) from None
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and self._is_ended:
                raise self._broken(None) from None
            raise ExportError(
                f"{self.place} is not UTF-8 text: byte 0x{error.object[error.start]:02x} in {self.item}. {_ADVICE}"
            ) from None
        except (OSError, zlib.error, lzma.LZMAError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # of the file, not of the decompression
                raise ExportError(cannot_be("read", self.place, error)) from None
            raise ExportError(f"{self.place} cannot be read: {error}. Copy or export it again.") from None
        self._passed += self._at
        self._text = self._text[self._at :] + text
        self._at = 0
        return not self._is_ended or bool(text)

    def _check_size(self, n_bytes: int) -> None:
        """Counts unpacked bytes; raises ExportError if the file is a decompression bomb."""
        self._n_unpacked += n_bytes
        if self._n_unpacked > self.limits.unpacked_bytes and self._n_unpacked > _MOST_UNPACKED * self.bytes_total:
            raise ExportError(
                f"{self.place} unpacks to more than {_MOST_UNPACKED} times its {self.bytes_total:,} bytes; expected "
                "text, which does not. Unpack it and look at what it holds."
            )


def open_source(source: Path | IO[bytes], limits: ReadLimits) -> tuple[IO[bytes], str]:
    """A seekable file, and its name for messages. `-` is standard input.

    A stream that cannot seek is copied to a temporary file first, since an export may have to be read twice.
    """
    if isinstance(source, Path):
        if str(source) != "-":
            try:
                return open_plain(source), shown(source)
            except OSError as error:
                how = " To take in what a pipe or a device gives, name - and pass it on standard input."
                raise ExportError(
                    cannot_be("opened", source, error) + (how if error.errno == errno.EINVAL else "")
                ) from None
        return _seekable(sys.stdin.buffer, limits), STANDARD_INPUT
    return _seekable(source, limits), shown(getattr(source, "name", "the export"))


def _seekable(source: IO[bytes], limits: ReadLimits) -> IO[bytes]:
    if source.seekable():
        return source
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the stream)
    try:
        while piece := source.read(_PIECE):
            if copy.tell() + len(piece) > limits.copied_bytes:
                raise ExportError(
                    f"{STANDARD_INPUT} gives more than {limits.copied_bytes:,} bytes. "
                    "Write it to a file and import that."
                )
            copy.write(piece)
        copy.seek(0)
    except OSError as error:
        copy.close()
        where = f"{STANDARD_INPUT}, which is put aside in {tempfile.gettempdir()},"
        raise ExportError(cannot_be("read", where, error)) from None
    except BaseException:
        copy.close()
        raise
    return copy


def _size(raw: IO[bytes]) -> int:
    at = raw.tell()
    end = raw.seek(0, os.SEEK_END)
    raw.seek(at)
    return end


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    first = raw.read(6)
    raw.seek(-len(first), os.SEEK_CUR)
    if first.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw))
    if first == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(raw)
    return raw
