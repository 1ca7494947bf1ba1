"""The library's locks: an import and a reindex, in whichever processes, come one after the other; and a library is not
exchanged for a backup under a server that shows it.

Reading, and what a person decides, need no lock. The operating system lets go of each when the program ends, however.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.files.private import create_private, keep_private
from linkassist.store.error_messages import sqlite_message

LOCK_NAME: Final = "work.lock"
SERVING_NAME: Final = "serve.lock"
NIGHT_NAME: Final = "nightly.lock"

_WAIT_S: Final = 0.5  # for one who only looks whether a lock is held, and lets go of it at once
_ALONE: Final = ("BEGIN EXCLUSIVE",)
_TOGETHER: Final = ("BEGIN", "SELECT count(*) FROM sqlite_schema")  # what has been read stays locked for others to read


class BusyError(StoreError):
    """Another has the lock, and will let go of it."""


@contextmanager
def work_lock(folder: Path) -> Iterator[None]:
    """Holds the lock of the library in `folder`.

    Raises BusyError where another has it: nobody waits for minutes without being told.
    """
    busy = "another import or reindex is under way. Wait until it has finished, then try again."
    with _held(folder / LOCK_NAME, _ALONE, busy):
        yield


@contextmanager
def serving_lock(folder: Path) -> Iterator[None]:
    """For a server, as long as it runs; there may be several. Raises StoreError while the library is exchanged."""
    busy = "the library is being restored from a backup. Wait until it is, then try again."
    with _held(folder / SERVING_NAME, _TOGETHER, busy):
        yield


@contextmanager
def exclusive_serving_lock(folder: Path) -> Iterator[None]:
    """For one who exchanges the library. Raises StoreError while a server shows it; none can begin to meanwhile."""
    busy = "a server shows this library. End it (Ctrl-C in its terminal), then try again."
    with _held(folder / SERVING_NAME, _ALONE, busy):
        yield


@contextmanager
def nightly_lock(folder: Path) -> Iterator[None]:
    """For a nightly run, from its beginning to its end. Raises BusyError while there is another."""
    busy = "another nightly run is under way. Wait until it has finished, then try again."
    with _held(folder / NIGHT_NAME, _ALONE, busy):
        yield


def is_nightly_running(folder: Path) -> bool:
    """Whether a nightly run of the library in `folder` is under way in some process."""
    return _is_locked(folder / NIGHT_NAME)


def is_work_running(folder: Path) -> bool:
    """Whether an import or a reindex of the library in `folder` is under way in some process."""
    return _is_locked(folder / LOCK_NAME)


def _is_locked(path: Path) -> bool:
    """Whether another has it; False where it cannot be locked at all, which whoever wants to hold it is told."""
    try:
        with _held(path, _ALONE, "", wait_s=0):
            return False
    except StoreError as error:
        return isinstance(error, BusyError)


@contextmanager
def _held(path: Path, statements: tuple[str, ...], busy: str, wait_s: float = _WAIT_S) -> Iterator[None]:
    # A database without a table: SQLite's file locks are the same on every platform, and it is here already.
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
