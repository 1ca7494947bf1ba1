"""Translates errors of SQLite and the file system about a library's file into messages that say what to do."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be, is_no_room, why_not_writable
from linkassist.store.backup.files import BACKUPS_NAME, backup_files

_NO_UTF8: Final = "Could not decode to UTF-8"  # Python's message about a column, which has no code of SQLite


class DamagedError(StoreError):
    """Stored data is damaged; `damage.py` finds what and says what to do."""


@contextmanager
def translate_sqlite_errors(path: Path) -> Iterator[None]:
    """Raises StoreError for errors of SQLite about the file at `path`; an error in our SQL is passed on."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise StoreError(
            f"A text holds a lone surrogate ({ascii(error.object[error.start : error.start + 1])}), which is no "
            "character and cannot be stored. Correct the text and import it again."
        ) from error
    except UnicodeDecodeError as error:  # from a message of SQLite about a damaged schema
        raise DamagedError(damaged(path, "a text in it is not UTF-8")) from error
    except sqlite3.Error as error:
        if str(error).startswith(_NO_UTF8):
            raise DamagedError(damaged(path, "a text in it is not UTF-8")) from error
        words = sqlite_message(error, path)
        if words is None:
            raise
        raise StoreError(words) from error


@contextmanager
def translate_os_errors(path: Path) -> Iterator[None]:
    """Raises StoreError for an OSError about the file at `path` or one beside it."""
    try:
        yield
    except OSError as error:
        named = error.filename or path
        raise StoreError(_full(named) if is_no_room(error) else cannot_be("written", named, error)) from error


def damaged(path: Path, found: str) -> str:
    """The message about a damaged library: the newest backup and the command to restore it, if there is one."""
    try:
        backups = backup_files(path.parent)
    except OSError:  # an unreadable folder counts as empty
        backups = []
    if backups:
        command = f"linkassist restore --latest --library {shlex.quote(str(path.parent))}"
        return (
            f"{path} is damaged or no SQLite file ({found}). Restore it from a backup: `{command}` goes back to the "
            f"newest that is whole ({len(backups)} in {path.parent / BACKUPS_NAME}, the last {backups[0].path.name}) "
            "and keeps the damaged file."
        )
    return (
        f"{path} is damaged or no SQLite file ({found}). Restore it from a backup of your own with "
        "`linkassist restore FILE`; if there is none, move the file away and import the export again (pages and "
        "suggestions come back, accepted and rejected ones do not)."
    )


class MovedError(StoreError):
    """The library's file is no longer the one that a running program had opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is not where it was: it was moved, replaced, removed or unmounted while linkassist used it. What "
            "was just asked for was not kept, and no new library was made. Put the library back in its place; if "
            "another is to be used there, end linkassist (Ctrl-C in its terminal) and start it again."
        )
        self.path = path


def sqlite_message(error: sqlite3.Error, path: Path) -> str | None:
    """The message about an error of SQLite with the file at `path`; None for an error in our SQL."""
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"{path} is being written by another program, and waiting did not help. "
            "Let the other linkassist finish (an import or a reindex), or end it, and try again."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT):
        return damaged(path, str(error))
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code == sqlite3.SQLITE_IOERR:
        reason = why_not_writable(path.parent)
        if reason is not None and is_no_room(reason):
            return _full(path)
        return (
            f"{path} cannot be read or written ({error}): the disk is full, or failing, or gone. The step under "
            "way was undone, and those before it are kept; look after the disk and try again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return _without_access(path, error)
    return None


def _full(path: Path | str) -> str:
    """The message about a full disk."""
    return (
        f"{path} cannot grow: the disk is full. The step under way was undone, and those before it are kept; "
        "free some space and try again."
    )


def _without_access(path: Path, error: sqlite3.Error) -> str:
    """The message about a file that SQLite cannot open or write, with the reason from the operating system."""
    reason = _of_path(path) or why_not_writable(path.parent)
    if reason is None:
        return (
            f"{path} cannot be written ({error}). "
            "Give your user the right to write to the file and its folder, or name another folder with --library."
        )
    return _full(path) if is_no_room(reason) else cannot_be("written", path, reason)


def _of_path(path: Path) -> OSError | None:
    """The OSError of the path itself, such as its length; None if it is fine."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return None
