"""Makes backups of a library, summarises their contents, and restores them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linkassist.errors import StoreError
from linkassist.files.errors import file_errors_as
from linkassist.store.backup.copy import complaints, copy_whole, drop_older, for_reading, keep_copy
from linkassist.store.backup.files import BACKUPS_NAME, BEFORE_RESTORE, WITH_DAMAGE, backup_files, next_backup
from linkassist.store.error_messages import translate_os_errors, translate_sqlite_errors
from linkassist.store.integrity.damage import all_damage, damage_message, require_undamaged
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import exclusive_serving_lock, work_lock
from linkassist.store.schema import MIGRATIONS

KEPT: Final = 14  # backups, where nothing else is said
# Errors that do not come from damage: the file is then left alone.
_NOT_OF_THE_FILE: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@dataclass(frozen=True, slots=True)
class Contents:
    """A summary of a library. last_decided_at, imported_at: Unix seconds, 0 for never. version: of its schema."""

    n_pages: int
    n_verdicts: int
    last_decided_at: int
    imported_at: int
    version: int


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore. kept: the copy of the library as it was before, None where there was none.

    before: its contents then, None if unreadable. damage: the message about damage in it now, "" if there is none.
    """

    source: Path
    kept: Path | None
    before: Contents | None
    now: Contents
    damage: str


def make_backup(library: Library, keep: int) -> Path:
    """A new backup in the library's folder `backups`, checked. Returns its file.

    keep: how many of the backups made this way are kept, the newest ones; those before an upgrade are counted apart.
    Raises StoreError if the structure is damaged or the disk is full; the backups then stay. If a row of the reader's
    own data or a text is damaged, the backup is made and StoreError says so; it is counted apart, so that no undamaged
    one is deleted for it.
    """
    made = keep_copy(library.path, "", None)
    if all_damage(made):
        # The number is unique, so the new name is too.
        apart = made.with_name(f"{made.stem}-{WITH_DAMAGE}.sqlite3")
        with translate_os_errors(apart):
            os.replace(made, apart)
        drop_older(library.folder, WITH_DAMAGE, keep)
        require_undamaged(apart, library.path)
    drop_older(library.folder, "", keep)
    return made


def contents(path: Path) -> Contents | None:
    """The contents of a library's file, of this version or an older one; None if it cannot be read."""
    try:
        with closing(for_reading(path)) as connection:
            row = connection.execute(
                """
                SELECT (SELECT count(*) FROM pages WHERE is_gone = 0),
                    (SELECT count(*) FROM verdicts),
                    (SELECT coalesce(max(logged_at), 0) FROM verdict_log),
                    (SELECT coalesce(max(imported_at), 0) FROM projects),
                    (SELECT user_version FROM pragma_user_version)
                """
            ).fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    return Contents(*row) if all(isinstance(value, int) for value in row) else None


def latest_good(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """The newest undamaged backup of the library in `folder`, and a message for each newer one.

    Backups made by a restore are skipped. If all are damaged, it is the newest in which only rows are damaged. Raises
    StoreError if there is none.
    """
    messages: list[str] = []
    second_best: Path | None = None
    for each in backup_files(folder):
        if each.occasion == BEFORE_RESTORE:
            continue
        found = complaints(each.path)
        if not found:
            rows = all_damage(each.path)
            if not rows:
                return each.path, tuple(messages)
            second_best = second_best or each.path
            found = "; ".join(row.what for row in rows)
        messages.append(f"{each.path} is damaged ({found}) and was passed over.")
    if second_best:
        return second_best, (
            *messages,
            f"{second_best} is the best there is: only what is named above is damaged in it.",
        )
    raise StoreError(
        f"There is no good backup in {folder / BACKUPS_NAME}. Name a file that you copied elsewhere: "
        "`linkassist restore FILE`."
    )


def restore(folder: Path, source: Path) -> Restored:
    """Replaces the library in `folder` by the backup `source`, after a backup of the present state.

    A copy of the source is checked and migrated first; then one transaction replaces everything.
    Raises StoreError if it is damaged or of a newer version, while a server shows the library, and while an import or a
    reindex runs; the library is then unchanged.
    """
    _require_usable(source)
    path = folder / DATABASE_NAME
    with translate_os_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with work_lock(folder), exclusive_serving_lock(folder):
            place = folder / ".restoring"
            try:
                prepared = _prepare(place, source)
                before = contents(path) if path.exists() else None
                kept = _keep(path)
                _exchange(prepared, path)
            finally:
                shutil.rmtree(place, ignore_errors=True)
        now = contents(path)
    if now is None:
        raise StoreError(f"{path} cannot be read after it was restored. What it was is kept at {kept}. Try again.")
    found = all_damage(path)
    return Restored(source, kept, before, now, damage_message(path, found) if found else "")


def _require_usable(source: Path) -> None:
    """Raises StoreError unless the file is an undamaged library that this version can migrate."""
    with file_errors_as(StoreError, "read", source):
        if not source.is_file():
            raise StoreError(f"{source} is no file. `linkassist restore --list` shows the backups there are.")
    found = complaints(source) or _lacking(source)
    if found:
        raise StoreError(
            f"{source} is damaged or no library ({found}), so nothing was changed. Name another; "
            "`linkassist restore --list` shows the backups there are."
        )
    held = contents(source)
    if held and held.version > len(MIGRATIONS):
        raise StoreError(
            f"{source} was written by a newer linkassist (library version {held.version}; this program knows up to "
            f"{len(MIGRATIONS)}). Update linkassist, then try again."
        )


def _lacking(source: Path) -> str:
    """Which columns of a library the database lacks, "" for none; its application id alone does not tell."""
    with (
        translate_sqlite_errors(source),
        closing(for_reading(source)) as found,
        closing(sqlite3.connect(":memory:")) as made,
    ):
        (version,) = found.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            return ""  # reported by the caller
        for migration in MIGRATIONS[:version]:
            for statement in migration:
                made.execute(statement)
        lacking = _columns(made) - _columns(found)
    if version < 1:
        return "it holds no tables of a library"
    return f"it lacks {', '.join('.'.join(each) for each in sorted(lacking)[:3])}" if lacking else ""


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """(table, column) of every table."""
    return set(
        connection.execute(
            "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        )
    )


def _prepare(place: Path, source: Path) -> Path:
    """A copy of the backup, migrated to this version, in a folder of its own."""
    shutil.rmtree(place, ignore_errors=True)  # of a restore that was killed
    place.mkdir(mode=0o700)
    copy_whole(source, place / DATABASE_NAME)
    Library.open(place).close()
    return place / DATABASE_NAME


def _keep(path: Path) -> Path | None:
    """A copy of the library: a backup, or a plain copy among the backups if it is damaged."""
    if not path.exists():
        return None
    if not complaints(path):
        return keep_copy(path, BEFORE_RESTORE, None)
    (path.parent / BACKUPS_NAME).mkdir(mode=0o700, exist_ok=True)
    kept = next_backup(path.parent, "damaged").path.with_suffix(".damaged")
    for ending in ("", "-wal"):  # SQLite looks for the log under this name
        of, beside = Path(f"{path}{ending}"), Path(f"{kept}{ending}")
        try:
            if of.is_file():
                shutil.copy2(of, beside)
                continue
        except PermissionError:
            pass
        if of.exists():  # a folder or an unreadable file, which nobody has open as a database
            os.replace(of, beside)
    return kept


def _exchange(prepared: Path, path: Path) -> None:
    """Replaces the database at `path` by the prepared one, for all readers at once.

    It is copied into the existing file in a transaction, so that open connections see the old or the new state. Only a
    file that SQLite cannot write any more, and which nobody can have open then, is replaced.
    """
    try:
        with closing(sqlite3.connect(prepared)) as source, closing(sqlite3.connect(path, timeout=30.0)) as target:
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
    except UnicodeDecodeError:
        pass  # from a message about a damaged schema
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_OF_THE_FILE:
            with translate_sqlite_errors(path):
                raise
    if not complaints(path):
        return
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    os.replace(prepared, path)
