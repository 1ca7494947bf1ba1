"""A pool of open libraries for the threads of a server.

Opening one takes two milliseconds, and a fresh one reads the schema, prepares every query and reads every page of the
file again: half of the 20 ms of processor time that a screen took.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import finalize

from linkassist.store.database_file import Identity, identity
from linkassist.store.error_messages import MovedError
from linkassist.store.integrity.damage import raise_if_damaged
from linkassist.store.library import DATABASE_NAME, Library

_MOST_KEPT: Final = 4
_CACHE_KB: Final = 8_192  # of the file's pages in memory, each library its own


class LibraryPool:
    """Open connections to the library of one folder, each lent to one thread at a time.

    The first one may create the library; from then on all must open the same file. While it is moved or replaced,
    MovedError is raised: a new library would look as if all data were lost, and SQLite would read the old log into it.
    """

    def __init__(self, folder: Path, *, wait_s: float) -> None:
        """wait_s: as for `Library.open`."""
        self._path = folder / DATABASE_NAME
        self._wait_s = wait_s
        self._lock = Lock()
        self._idle: list[Library] = []
        self._database: Identity | None = None
        self._is_closed = False
        # Not __del__: in a reference cycle the connections could be collected first.
        finalize(self, _close_all, self._idle)

    @contextmanager
    def borrow(self) -> Iterator[Library]:
        """A library for this block; every query begun in it must be read to its end or dropped.

        After an exception it is closed, since an unfinished query would keep its old snapshot.
        """
        library = self._taken() or self._opened()
        try:
            yield library
        except BaseException as error:
            library.close()
            raise_if_damaged(library.path, error)
            raise
        with self._lock:
            is_kept = not self._is_closed and len(self._idle) < _MOST_KEPT
            if is_kept:
                self._idle.append(library)
        if not is_kept:
            library.close()

    def close(self) -> None:
        """Closes the idle libraries now and the others when they are returned."""
        with self._lock:
            self._is_closed = True
            _close_all(self._idle)

    def _opened(self) -> Library:
        with self._lock:
            expected = self._database
        # Another file must not be opened at all: SQLite would read the log of the old one into it.
        if expected is not None and identity(self._path) != expected:
            raise MovedError(self._path)
        library = Library.open(
            self._path.parent,
            wait_s=self._wait_s,
            cache_kb=_CACHE_KB,
            is_pooled=True,
            must_exist=expected is not None,
        )
        with self._lock:
            self._database = self._database or library.identity
            is_expected = library.identity == self._database
        if not is_expected:
            library.close()
            raise MovedError(self._path)
        return library

    def _taken(self) -> Library | None:
        """The idle library used last, which has most in its cache; None where there is none for the present file."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                library = self._idle.pop()
            if library.is_in_place() and library.is_of_this_version():
                return library
            library.close()


def _close_all(idle: list[Library]) -> None:
    while idle:
        idle.pop().close()
