"""Reads a form with a file as a stream: the file is written to the library's folder and never held in memory.

Starlette's own parser would write it to the system's temporary folder, which others can see and which may be too small.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from linkassist.store.locks import is_work_running

FOLDER: Final = "uploads"
MOST_BYTES: Final = 2_000_000_000
_MOST_FIELD_BYTES: Final = 10_000
_MOST_PARTS: Final = 20


class UploadError(Exception):
    """A refused file. why, values: the message `import.refused.WHY` and its values. status: of the response."""

    def __init__(self, why: str, status: int, *values: object) -> None:
        super().__init__(why, *values)
        self.why = why
        self.status = status
        self.values = values


@dataclass(frozen=True, slots=True)
class Upload:
    """A received form. path: its file, None if none was chosen; the caller removes it.

    file_name: its name in the browser, for display alone. fields: the other values, by name.
    """

    path: Path | None
    file_name: str
    fields: dict[str, str]


def uploads_folder(library: Path) -> Path:
    """The folder of uploads: in the library, for its owner alone."""
    return library / FOLDER


def remove_leftovers(library: Path) -> None:
    """Removes files that a crash of the server has left, unless another program is working on the library."""
    folder = uploads_folder(library)
    with suppress(OSError):  # a file that cannot be removed is no reason not to start
        if folder.is_dir() and not is_work_running(library):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)


async def receive_upload(
    chunks: AsyncIterator[bytes], content_type: str, library: Path, most_bytes: int, *, is_kept: bool
) -> Upload:
    """Parses multipart/form-data with one file, in the field "file".

    is_kept: False reads to the end without keeping the file: a browser shows a response only after it has sent all.
    Raises UploadError, and leaves no file, if it is no such form, if the file is longer than most_bytes, and if it
    cannot be written.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UploadError("form", 400)
    reading = _Reading(library if is_kept else None, most_bytes)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": reading.begin_part,
            "on_header_field": reading.add_header_name,
            "on_header_value": reading.add_header_value,
            "on_header_end": reading.end_header,
            "on_headers_finished": reading.end_headers,
            "on_part_data": reading.add_data,
            "on_part_end": reading.end_part,
            "on_end": reading.end,
        },
    )
    try:
        failure: UploadError | None = None
        async for chunk in chunks:
            failure = failure or _feed(parser, chunk, library)  # what comes after a failure is skipped
        if failure or not reading.is_complete:
            raise failure or UploadError("cut", 400)
    except BaseException:
        reading.discard()
        raise
    return Upload(reading.path, reading.file_name, reading.fields)


def shown_name(name: str) -> str:
    """The file's name for display: without folders and unprintable characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:120].strip() or "export"


def _feed(parser: MultipartParser, chunk: bytes, library: Path) -> UploadError | None:
    try:
        parser.write(chunk)
    except UploadError as error:
        return error
    except MultipartParseError:
        return UploadError("cut", 400)
    except OSError as error:
        return UploadError("unwritable", 507, uploads_folder(library), error.strerror)
    return None


@dataclass(slots=True)
class _Reading:
    """The state of the parser. library: None keeps no file."""

    library: Path | None
    most_bytes: int
    path: Path | None = None
    file_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False
    _file: IO[bytes] | None = None
    _n_bytes: int = 0
    _n_parts: int = 0
    _name: str = ""
    _is_file: bool = False
    _data: bytearray = field(default_factory=bytearray)
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)

    def begin_part(self) -> None:
        self._n_parts += 1
        if self._n_parts > _MOST_PARTS:
            raise UploadError("form", 400)
        self._name, self._is_file = "", False
        self._data.clear()

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            self._is_file = self._name == "file" and b"filename" in options
            if self._is_file:
                self.file_name = shown_name(options[b"filename"].decode("utf-8", "replace"))
        self._header.clear()
        self._value.clear()

    def end_headers(self) -> None:
        if self._is_file and self.library and self.path is None:
            folder = uploads_folder(self.library)
            folder.mkdir(mode=0o700, exist_ok=True)
            self.path = folder / f"upload-{secrets.token_hex(8)}"
            descriptor = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
            self._file = os.fdopen(descriptor, "wb")

    def add_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._data += data[start:end]
            if len(self._data) > _MOST_FIELD_BYTES:
                raise UploadError("form", 400)
            return
        self._n_bytes += end - start
        if self._n_bytes > self.most_bytes:
            raise UploadError("too_long", 413, self.file_name, self.most_bytes // 1_000_000)
        if self._file:
            self._file.write(data[start:end])

    def end_part(self) -> None:
        if not self._is_file:
            self.fields[self._name] = self._data.decode("utf-8", "replace")
        elif self._file:
            self._file.close()
            self._file = None
            if not self._n_bytes:
                self.discard()

    def end(self) -> None:
        self.is_complete = True

    def discard(self) -> None:
        """Removes the file, whole or not."""
        if self._file:
            with suppress(OSError):  # on a full disk, flushing fails once more
                self._file.close()
            self._file = None
        if self.path:
            self.path.unlink(missing_ok=True)
            self.path = None
