"""Libraries that stay open from one request to the next.

To open one takes two milliseconds, and a fresh one reads the schema, prepares every query and fetches every page of the
file anew: of the 20 ms of processor time that a screen took, that was half.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final
from weakref import finalize

from linkassist.store.library import FILE_NAME, Library

_MOST_KEPT: Final = 4
_CACHE_KB: Final = 8_192  # of the file's pages in memory, each library its own

_Identity = tuple[int, int]


class KeptOpen:
    """Lends the library of one folder, to one thread at a time each."""

    def __init__(self, folder: Path, *, wait_s: float) -> None:
        """wait_s: as for `Library.open`."""
        self._folder = folder
        self._wait_s = wait_s
        self._lock = Lock()
        self._idle: list[tuple[_Identity | None, Library]] = []
        self._is_closed = False
        # Not __del__: of objects that refer to each other, the connections could be collected first.
        finalize(self, _close_all, self._idle)

    @contextmanager
    def lent(self) -> Iterator[Library]:
        """The library, for this block alone; every query that was begun in it has to be read to its end or dropped.

        A library after whose block an exception left is not lent again: its query may be half read, and would go on
        showing the state of its moment.
        """
        identity = _identity(self._folder)
        library = self._taken(identity) or Library.open(
            self._folder, wait_s=self._wait_s, cache_kb=_CACHE_KB, is_lent=True
        )
        try:
            yield library
        except BaseException:
            library.close()
            raise
        with self._lock:
            is_kept = identity is not None and len(self._idle) < _MOST_KEPT and not self._is_closed
            if is_kept:
                self._idle.append((identity, library))
        if not is_kept:
            library.close()

    def close(self) -> None:
        """Closes what is not lent at the moment; what is, when it comes back."""
        with self._lock:
            self._is_closed = True
            _close_all(self._idle)

    def _taken(self, identity: _Identity | None) -> Library | None:
        """The one that was used last, which has most in memory; None where there is none of the file that is there."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                of, library = self._idle.pop()
            if of == identity and library.is_of_this_version():
                return library
            library.close()


def _close_all(idle: list[tuple[_Identity | None, Library]]) -> None:
    while idle:
        idle.pop()[1].close()


def _identity(folder: Path) -> _Identity | None:
    """What tells the library's file from another that took its place; None where there is no file."""
    try:
        found = os.stat(folder / FILE_NAME)
    except OSError:
        return None
    return found.st_dev, found.st_ino
