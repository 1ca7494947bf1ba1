"""Locks between processes: for imports and reindexes, for servers against a restore, and for nightly runs.

Reading and deciding need no lock. The operating system releases a lock when its process ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.files.private import create_private, keep_private
from linkassist.store.error_messages import sqlite_message

LOCK_NAME: Final = "work.lock"
SERVING_NAME: Final = "serve.lock"
NIGHT_NAME: Final = "nightly.lock"
PUSH_NAME: Final = "push.lock"

_WAIT_S: Final = 0.5  # for a process that only tests the lock and releases it at once
_EXCLUSIVE: Final = ("BEGIN EXCLUSIVE",)
_SHARED: Final = ("BEGIN", "SELECT count(*) FROM sqlite_schema")  # a read lock, held until the end


class BusyError(StoreError):
    """Another process holds the lock."""


def work_lock(folder: Path) -> AbstractContextManager[None]:
    """The lock of imports and reindexes of the library in `folder`. Raises BusyError where it is held: nobody waits."""
    busy = "another import or reindex is under way. Wait until it has finished, then try again."
    return _held(folder / LOCK_NAME, _EXCLUSIVE, busy)


def serving_lock(folder: Path) -> AbstractContextManager[None]:
    """The shared lock of the servers of a library. Raises BusyError while the library is restored."""
    busy = "the library is being restored from a backup. Wait until it is, then try again."
    return _held(folder / SERVING_NAME, _SHARED, busy)


def exclusive_serving_lock(folder: Path) -> AbstractContextManager[None]:
    """The same lock held alone, to restore the library. Raises BusyError while a server runs; none can start then."""
    busy = "a server shows this library. End it (Ctrl-C in its terminal), then try again."
    return _held(folder / SERVING_NAME, _EXCLUSIVE, busy)


def nightly_lock(folder: Path) -> AbstractContextManager[None]:
    """The lock of nightly runs. Raises BusyError while there is another."""
    busy = "another nightly run is under way. Wait until it has finished, then try again."
    return _held(folder / NIGHT_NAME, _EXCLUSIVE, busy)


def push_lock(folder: Path) -> AbstractContextManager[None]:
    """The lock of whoever edits pages in Scrapbox. Raises BusyError while there is another."""
    busy = "another push or undo is under way. Wait until it has finished, then try again."
    return _held(folder / PUSH_NAME, _EXCLUSIVE, busy)


def is_nightly_running(folder: Path) -> bool:
    """Whether a nightly run of the library in `folder` is under way in some process."""
    return _is_locked(folder / NIGHT_NAME)


def is_push_running(folder: Path) -> bool:
    """Whether somebody edits pages in Scrapbox from the library in `folder`, in some process."""
    return _is_locked(folder / PUSH_NAME)


def is_work_running(folder: Path) -> bool:
    """Whether an import or a reindex of the library in `folder` is under way in some process."""
    return _is_locked(folder / LOCK_NAME)


def _is_locked(path: Path) -> bool:
    """Whether the lock is held; False where it cannot be locked at all, which its next holder will report."""
    try:
        with _held(path, _EXCLUSIVE, "", wait_s=0):
            return False
    except StoreError as error:
        return isinstance(error, BusyError)


@contextmanager
def _held(path: Path, statements: tuple[str, ...], busy: str, wait_s: float = _WAIT_S) -> Iterator[None]:
    # An empty database: SQLite's file locks are portable.
    with closing(_connection(path, wait_s)) as lock:
        try:
            for statement in statements:
                lock.execute(statement).fetchall()
        except sqlite3.DatabaseError as error:
            kind = BusyError if _is_busy(error) else StoreError
            raise kind(_words(error, path, busy)) from error
        yield


def _connection(path: Path, wait_s: float) -> sqlite3.Connection:
    try:
        create_private(path)
        keep_private(path)
        return sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    except OSError as error:
        raise StoreError(cannot_be("written", path, error)) from error
    except sqlite3.OperationalError as error:
        raise StoreError(_words(error, path, "")) from error


def _words(error: sqlite3.DatabaseError, path: Path, busy: str) -> str:
    if _is_busy(error):
        return f"{path.parent}: {busy}"
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return f"{path} is damaged. It only keeps programs apart: delete it, and try again."
    return sqlite_message(error, path) or f"{path} cannot be locked ({error}). Try again."


def _is_busy(error: sqlite3.DatabaseError) -> bool:
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
