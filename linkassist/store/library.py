"""A library: one folder with one SQLite file, opened, migrated, and its failures put into words.

The other modules of `store/` hold the SQL and run it through `rows`, `row` and `transaction`; nothing outside `store/`
touches the connection. A Library belongs to the thread that opened it: a server opens one in each worker thread.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from linkassist.errors import StoreError
from linkassist.store.schema import APPLICATION_ID, MIGRATIONS

FILE_NAME: Final = "linkassist.sqlite3"


class Library:
    """An open library. Use it as a context manager, in one thread."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.connection = connection

    @classmethod
    def open(cls, folder: Path, *, wait_s: float = 30.0) -> Library:
        """The library in `folder`, made if it is not there (folder 0700, file 0600) and brought to this version.

        wait_s: how long a write waits for another process that is writing.
        Raises StoreError for a folder that cannot be used, a file that is no library, and one of a newer linkassist.
        """
        path = folder / FILE_NAME
        _make_private(path)
        with _failures_in_words(path):
            connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
        library = cls(folder, connection)
        try:
            library._prepare()
        except BaseException:
            connection.close()
            raise
        return library

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self.folder / FILE_NAME

    def close(self) -> None:
        """Gives the file back. A second call does nothing."""
        self.connection.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of one query, streamed."""
        with _failures_in_words(self.path):
            yield from self.connection.execute(sql, parameters)

    def row(self, sql: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of one query, None if it has none."""
        with _failures_in_words(self.path):
            found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return found

    @contextmanager
    def transaction(self, *, is_durable: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection, inside one write transaction: committed at the end, undone by any exception.

        is_durable: on the disk before it returns (what a person decided), where otherwise the last moments before a
        power cut may be lost (what can be computed again). Never leaves the file inconsistent, either way.
        """
        with _failures_in_words(self.path):
            if is_durable:
                self.connection.execute("PRAGMA synchronous = FULL")
            try:
                with self._begun("BEGIN IMMEDIATE") as connection:
                    yield connection
            finally:
                if is_durable:
                    self.connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def staging(self) -> Iterator[sqlite3.Connection]:
        """The connection, inside one transaction that may write temporary tables only, and so holds up nobody."""
        with _failures_in_words(self.path), self._begun("BEGIN DEFERRED") as connection:
            yield connection

    @contextmanager
    def _begun(self, begin: str) -> Iterator[sqlite3.Connection]:
        self.connection.execute(begin)
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        with _failures_in_words(self.path):
            self.connection.execute("BEGIN")  # one moment for all that is read, should another be making the library
            try:
                version = self._version()
            finally:
                self.connection.execute("COMMIT")
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self.connection.execute(f"PRAGMA {pragma}")
            # Without a limit the log of a first import would stay on the disk at its full size.
            self.connection.execute("PRAGMA journal_size_limit = 16777216")
            self.connection.execute("PRAGMA cache_size = -32768")
        while version < len(MIGRATIONS):
            version = self._migrate()

    def _version(self) -> int:
        version: int = self.connection.execute("PRAGMA user_version").fetchone()[0]
        application_id: int = self.connection.execute("PRAGMA application_id").fetchone()[0]
        n_objects: int = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if application_id != APPLICATION_ID and (n_objects or version or application_id):
            raise StoreError(
                f"{self.path} is the database of another program, not a linkassist library. "
                "Name another folder with --library."
            )
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self.path} was written by a newer linkassist (library version {version}; this program knows up to "
                f"{len(MIGRATIONS)}). Update linkassist, or name another folder with --library."
            )
        return version

    def _migrate(self) -> int:
        """Takes the library one version up, or not at all. Returns the version it is at then."""
        with self.transaction() as connection:
            version = self._version()  # again: another process may have migrated it while we waited
            if version < len(MIGRATIONS):
                for statement in MIGRATIONS[version]:
                    connection.execute(statement)
                version += 1
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version}")
        return version


def _make_private(path: Path) -> None:
    """Makes the folder and an empty file for the owner alone; what is already there is left as it is."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened for writing ({error.strerror}). "
            "Give your user the right to write there, or name another folder with --library."
        ) from error


@contextmanager
def _failures_in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite reports about the file into a StoreError; a bug in our SQL stays what it is."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise StoreError(
            f"A text holds a lone surrogate ({ascii(error.object[error.start : error.start + 1])}), which is no "
            "character and cannot be stored. Correct the text and import it again."
        ) from error
    except sqlite3.Error as error:
        words = _words(error, path)
        if words is None:
            raise
        raise StoreError(words) from error


def _words(error: sqlite3.Error, path: Path) -> str | None:
    # The low byte is the primary result code: https://sqlite.org/rescode.html
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return (
            f"{path} is being written by another program, and waiting did not help. "
            "Let the other linkassist finish (an import or a reindex), or end it, and try again."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return (
            f"{path} is damaged or no SQLite file ({error}). Restore it from a backup; if there is none, move the file "
            "away and import the export again (pages and suggestions come back, accepted and rejected ones do not)."
        )
    if code == sqlite3.SQLITE_FULL:
        return f"{path} cannot grow: the disk is full. Nothing was changed; free some space and try again."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return (
            f"{path} cannot be written ({error}). "
            "Give your user the right to write to the file and its folder, or name another folder with --library."
        )
    return None
