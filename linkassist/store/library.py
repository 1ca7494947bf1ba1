"""A library: one folder with one SQLite file, opened and migrated.

The other modules of `store/` hold the SQL and run it through `rows`, `row` and `transaction`; nothing outside `store/`
uses the connection. A Library belongs to one thread at a time; `pool.py` lends them to the threads of a server.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.files.private import create_private, keep_private
from linkassist.store.backup.copy import keep_copy
from linkassist.store.database_file import Identity, database_files, identity
from linkassist.store.error_messages import MovedError, damaged, translate_sqlite_errors
from linkassist.store.integrity.checksums import is_schema_sound, seal_everything, seal_schema
from linkassist.store.integrity.damage import raise_if_damaged
from linkassist.store.integrity.times import mend_times
from linkassist.store.schema import APPLICATION_ID, MIGRATIONS, WITH_CHECKSUMS, WITH_SANE_TIMES

DATABASE_NAME: Final = "linkassist.sqlite3"
_KEPT_BEFORE_UPGRADES: Final = 3
_ASK_AGAIN_S: Final = 0.003
_GAP_S: Final = 0.01  # a few times the above


class Library:
    """An open library. Use it as a context manager, in one thread."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, wait_s: float, database: Identity | None) -> None:
        """database: the file that the connection has open, as found just before it was opened."""
        self.folder = folder
        self.connection = connection
        self.identity = database
        self._wait_s = wait_s
        self._log: Identity | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        wait_s: float = 30.0,
        cache_kb: int = 32_768,
        is_pooled: bool = False,
        must_exist: bool = False,
    ) -> Library:
        """The library in `folder`, made if it is not there (folder 0700, file 0600) and brought to this version.

        wait_s: how long a write waits for another process that writes. cache_kb: memory for pages of the file.
        is_pooled: `LibraryPool` passes it from thread to thread. must_exist: do not create a library.
        Raises StoreError for a folder that cannot be used, a file that is no library, and one of a newer linkassist.
        """
        path = folder / DATABASE_NAME
        if must_exist and identity(path) is None:
            raise MovedError(path)
        _make_private(path)
        database = identity(path)
        with translate_sqlite_errors(path):
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",  # of the file that is there: SQLite makes none
                uri=True,
                timeout=wait_s,
                isolation_level=None,
                check_same_thread=not is_pooled,
                cached_statements=256,
            )
        library = cls(folder, connection, wait_s, database)
        try:
            library._prepare(cache_kb)
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
        if error is not None:
            raise_if_damaged(self.path, error)

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self.folder / DATABASE_NAME

    def close(self) -> None:
        """Closes the connection. A second call does nothing."""
        self.connection.close()

    def is_in_place(self) -> bool:
        """Whether the database and its log are still the files that were opened."""
        database, log, _ = database_files(self.path)
        return identity(database) == self.identity and self._log in (None, identity(log))

    def is_of_this_version(self) -> bool:
        """Whether the file still has this version; a newer linkassist may have migrated it meanwhile."""
        with translate_sqlite_errors(self.path):
            (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        return bool(version == len(MIGRATIONS))

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of one query, streamed."""
        with translate_sqlite_errors(self.path):
            # Not `yield from`, which would close the cursor of an unfinished query after the library was closed.
            for row in self.connection.execute(sql, parameters):  # noqa: UP028
                yield row

    def row(self, sql: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of one query, None if it has none."""
        with translate_sqlite_errors(self.path):
            found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return found

    @contextmanager
    def transaction(self, *, is_durable: bool = False) -> Iterator[sqlite3.Connection]:
        """The connection in a write transaction, committed at the end and rolled back by any exception.

        is_durable: synced to the disk before it returns (for what a person decided); otherwise the last transactions
        before a power cut may be lost (for what can be computed again). The file stays consistent either way.
        Raises MovedError where the file was moved, replaced or removed meanwhile.
        """
        with translate_sqlite_errors(self.path):
            if is_durable:
                self.connection.execute("PRAGMA synchronous = FULL")
            try:
                self._await_turn()
                with self._begun() as connection:
                    yield connection
            finally:
                if is_durable:
                    self.connection.execute("PRAGMA synchronous = NORMAL")
        if not self.is_in_place():
            raise MovedError(self.path)

    @contextmanager
    def yielding_transaction(self) -> Iterator[sqlite3.Connection]:
        """`transaction` after a pause in which other writers can begin, for work in many transactions."""
        time.sleep(_GAP_S)
        with self.transaction() as connection:
            yield connection

    @contextmanager
    def staging(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction that writes temporary tables only, and so blocks nobody."""
        with translate_sqlite_errors(self.path):
            self.connection.execute("BEGIN DEFERRED")
            with self._begun() as connection:
                yield connection

    def _await_turn(self) -> None:
        """Begins a write transaction as soon as no other process has one.

        SQLite's own busy handler polls ten times a second and misses the gaps between the transactions of an import.
        """
        deadline = time.monotonic() + self._wait_s
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self.connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise
                time.sleep(_ASK_AGAIN_S)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * self._wait_s)}")

    @contextmanager
    def _begun(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _prepare(self, cache_kb: int) -> None:
        with translate_sqlite_errors(self.path):
            self.connection.execute(
                "BEGIN"
            )  # one snapshot for all reads, should another process be creating the library
            try:
                version = self._version()
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR:
                    raise StoreError(damaged(self.path, str(error))) from error
                raise
            finally:
                if self.connection.in_transaction:  # SQLite ends one itself if the disk fails
                    self.connection.execute("COMMIT")
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
                self.connection.execute(f"PRAGMA {pragma}")
            # Without a limit the log of a first import would keep its full size on the disk.
            self.connection.execute("PRAGMA journal_size_limit = 16777216")
            self.connection.execute(f"PRAGMA cache_size = -{cache_kb}")
        if version < len(MIGRATIONS):
            self._migrate()
        with translate_sqlite_errors(self.path):
            self._version()  # the first read of a connection creates the log
        _, log, _ = files = database_files(self.path)
        for file in (*files, self.folder / "models"):
            keep_private(file)
        self._log = identity(log)
        if not self.is_in_place():
            raise MovedError(self.path)

    def _version(self) -> int:
        if not is_schema_sound(self.connection):
            raise StoreError(damaged(self.path, "its schema is not what was written"))
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

    def _migrate(self) -> None:
        """Migrates the library to this version in one transaction, after a backup unless it is new."""
        with self.transaction() as connection:
            version = self._version()  # again: another process may have migrated it while we waited
            if 0 < version < len(MIGRATIONS):
                keep_copy(self.path, f"before-version-{len(MIGRATIONS)}", _KEPT_BEFORE_UPGRADES)
            if 0 < version < WITH_SANE_TIMES:
                mend_times(connection)  # first: migration 8 counts the months, and fails beyond year 9999
            for migration in MIGRATIONS[version:]:
                for statement in migration:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            if version < WITH_CHECKSUMS:
                seal_everything(connection)
            seal_schema(connection)


def _make_private(path: Path) -> None:
    """Makes the folder and an empty file for the owner alone, where there are none."""
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_private(path)
    except OSError as error:
        words = cannot_be("written", error.filename or path, error)
        raise StoreError(f"{words} Or name another folder with --library.") from error
