"""Copies of a library's database: checked, and limited in number.

SQLite's online backup copies a snapshot while others read and write. The copy is written to a temporary file, checked
and then renamed, so that a backup's name never belongs to an incomplete file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.private import create_private, keep_private
from linkassist.store.backup.files import BACKUPS_NAME, backup_files, next_backup
from linkassist.store.error_messages import damaged, translate_os_errors, translate_sqlite_errors
from linkassist.store.integrity.checksums import is_schema_sound
from linkassist.store.schema import APPLICATION_ID

_WAIT_S: Final = 120.0  # for another backup, which a large library takes some seconds
_COMPLAINTS: Final = 3


def keep_copy(path: Path, occasion: str, keep: int | None) -> Path:
    """A new backup of the database at `path`, in the folder of backups beside it. Returns its file.

    occasion: see `BackupFile`. keep: how many backups of that sort are kept, the newest ones; None for all. Old ones
    are deleted only after the new one was checked.
    Raises StoreError for a database that is damaged or cannot be copied; the other backups then stay.
    """
    folder = path.parent / BACKUPS_NAME
    with translate_os_errors(folder):
        folder.mkdir(mode=0o700, exist_ok=True)
        keep_private(folder)
        with _only_one(folder):
            for leftover in folder.glob(".*.partial*"):  # of a backup that was killed
                leftover.unlink()
            new = next_backup(path.parent, occasion)
            copy_whole(path, new.path)
            if keep is not None:
                drop_older(path.parent, new.sort, keep)
    return new.path


def drop_older(folder: Path, sort: str, keep: int) -> None:
    """Deletes all but the newest `keep` backups of that sort of the library in `folder`."""
    if keep < 1:
        raise ValueError(f"keep is {keep}; expected at least 1")
    for each in [each for each in backup_files(folder) if each.sort == sort][keep:]:
        each.path.unlink(missing_ok=True)


def copy_whole(source: Path, target: Path) -> None:
    """Replaces the file `target` by a copy of the database at `source`, private to its owner (0600).

    Raises StoreError if the source is damaged or the copy cannot be written; `target` is then unchanged.
    """
    beside = target.with_name(f".{target.name}.partial")
    with translate_os_errors(target):
        try:
            os.close(os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
            _copy(source, beside)
            found = complaints(beside)
            if found:
                raise StoreError(damaged(source, found))
            os.replace(beside, target)
            _sync_folder(target.parent)
        finally:
            for left in (beside, Path(f"{beside}-journal"), Path(f"{beside}-wal"), Path(f"{beside}-shm")):
                left.unlink(missing_ok=True)


def complaints(path: Path) -> str:
    """What is wrong with the structure, the indexes or the schema of the database at `path`, "" if nothing.

    The file is not changed. `damage.py` finds damaged values.
    """
    try:
        with closing(for_reading(path)) as connection:
            (application_id,) = connection.execute("PRAGMA application_id").fetchone()
            if application_id != APPLICATION_ID:
                return "it is no library of linkassist"
            if not is_schema_sound(connection):
                return "its schema is not what was written"
            if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'words'").fetchone():
                connection.execute(
                    "SELECT rowid FROM words LIMIT 1"
                ).fetchall()  # loads the tables of the full-text index
            found = [line for (line,) in connection.execute(f"PRAGMA integrity_check({_COMPLAINTS})")]
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter is Python's, on a message that is not UTF-8
        return str(error)
    return "" if found == ["ok"] else "; ".join(found)


def for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection; it does not create the database."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _copy(source: Path, target: Path) -> None:
    with translate_sqlite_errors(source), closing(for_reading(source)) as opened:
        opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # fails here if the source is damaged
        with translate_sqlite_errors(target), closing(sqlite3.connect(target)) as copy:
            opened.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # a single file without a log
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Syncs the renaming to the disk, on platforms where a folder can be opened."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """A lock, so that one process at a time makes a backup. It is released when its process ends."""
    lock_path = folder / "backup.lock"
    create_private(lock_path)
    with translate_sqlite_errors(lock_path), closing(sqlite3.connect(lock_path, timeout=_WAIT_S)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
