"""Backups of an open library: making one, and what one holds.

Files and their names are left to `backup_files.py`, the copying to `copies.py`, the way back to `restoring.py`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from linkassist.errors import StoreError
from linkassist.store.copies import complaints, keep_copy
from linkassist.store.library import Library


@dataclass(frozen=True, slots=True)
class Contents:
    """What a library's file holds. last_decided_at, imported_at: Unix seconds, 0 for never. version: of its schema."""

    n_projects: int
    n_pages: int
    n_verdicts: int
    last_decided_at: int
    imported_at: int
    version: int


def make_backup(library: Library, keep: int) -> Path:
    """A new backup in the library's folder `backups`, checked. Returns its file.

    keep: how many of the backups made this way stay, the newest ones; those before an upgrade are counted apart.
    Raises StoreError where the library is damaged or the disk is full; all backups are then as they were.
    """
    return keep_copy(library.path, "", keep)


def contents(path: Path) -> Contents:
    """What the file of a library, of this version or an older one, holds; it is checked first and not changed.

    Raises StoreError for a file that is damaged or no library.
    """
    found = complaints(path)
    if found:
        raise StoreError(f"{path} is damaged or no library ({found}). Name another file; `--list` shows the backups.")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        row = connection.execute(
            """
            SELECT (SELECT count(*) FROM projects),
                (SELECT count(*) FROM pages WHERE is_gone = 0),
                (SELECT count(*) FROM verdicts),
                (SELECT coalesce(max(logged_at), 0) FROM verdict_log),
                (SELECT coalesce(max(imported_at), 0) FROM projects),
                (SELECT user_version FROM pragma_user_version)
            """
        ).fetchone()
    return Contents(*row)
