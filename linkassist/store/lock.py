"""The library's lock: an import and a reindex, in whichever processes, come one after the other.

Reading, and what a person decides, need no lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError

LOCK_NAME: Final = "work.lock"


@contextmanager
def only_worker(folder: Path) -> Iterator[None]:
    """Holds the lock of the library in `folder`; the operating system lets go of it when the program ends, however.

    Raises StoreError where another has it: nobody waits for minutes without being told.
    """
    path = folder / LOCK_NAME
    # A database without a table: SQLite's file locks are the same on every platform, and it is here already.
    lock = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(_words(error, path)) from error
        yield
    finally:
        lock.close()


def is_held(folder: Path) -> bool:
    """Whether an import or a reindex of the library in `folder` is under way in some process."""
    try:
        with only_worker(folder):
            return False
    except StoreError:
        return True


def _words(error: sqlite3.OperationalError, path: Path) -> str:
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
        return f"{path.parent}: another import or reindex is under way. Wait until it has finished, then try again."
    return f"{path} cannot be locked ({error}). Give your user the right to write to that folder, and try again."
