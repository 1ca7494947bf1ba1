"""What SQLite and the file system report about a library's file, as a sentence that says what to do."""

from __future__ import annotations

import errno
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.store.backup_files import FOLDER_NAME, backup_files

_NO_UTF8: Final = "Could not decode to UTF-8"  # Python's message about a column, which has no code of SQLite


class DamagedError(StoreError):
    """Stored data that cannot be what was written; `damage.py` tells what is damaged, and what to do."""


@contextmanager
def failures_in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite reports about the file into a StoreError; a bug in our SQL stays what it is."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise StoreError(
            f"A text holds a lone surrogate ({ascii(error.object[error.start : error.start + 1])}), which is no "
            "character and cannot be stored. Correct the text and import it again."
        ) from error
    except UnicodeDecodeError as error:  # Python's own, on what SQLite says about a damaged schema
        raise DamagedError(damaged(path, "a text in it is not UTF-8")) from error
    except sqlite3.Error as error:
        if str(error).startswith(_NO_UTF8):
            raise DamagedError(damaged(path, "a text in it is not UTF-8")) from error
        words = _words(error, path)
        if words is None:
            raise
        raise StoreError(words) from error


@contextmanager
def file_failures_in_words(path: Path) -> Iterator[None]:
    """Turns what the operating system reports about the file, or what lies beside it, into a StoreError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreError(_full(path)) from error
        raise StoreError(
            f"{path} cannot be written ({error.strerror}). "
            "Give your user the right to write there, or name another place."
        ) from error


def damaged(path: Path, found: str) -> str:
    """What to do about a library's file that is damaged: the newest backup and the command, where there is one."""
    backups = backup_files(path.parent)
    if backups:
        command = f"linkassist restore --latest --library {shlex.quote(str(path.parent))}"
        return (
            f"{path} is damaged or no SQLite file ({found}). Restore it from a backup: `{command}` goes back to the "
            f"newest that is whole ({len(backups)} in {path.parent / FOLDER_NAME}, the last {backups[0].path.name}) "
            "and keeps the damaged file."
        )
    return (
        f"{path} is damaged or no SQLite file ({found}). Restore it from a backup of your own with "
        "`linkassist restore FILE`; if there is none, move the file away and import the export again (pages and "
        "suggestions come back, accepted and rejected ones do not)."
    )


def _words(error: sqlite3.Error, path: Path) -> str | None:
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
        return (
            f"{path} cannot be read or written ({error}): the disk is full, or failing, or gone. Nothing was changed; "
            "look after the disk and try again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return (
            f"{path} cannot be written ({error}). "
            "Give your user the right to write to the file and its folder, or name another folder with --library."
        )
    return None


def _full(path: Path) -> str:
    return f"{path} cannot grow: the disk is full. Nothing was changed; free some space and try again."
