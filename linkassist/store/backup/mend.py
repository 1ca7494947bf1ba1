"""Restores damaged rows one by one, each from the newest backup that has it undamaged.

Without a backup a decision is taken back, so that its suggestion is open again, and any other row is deleted. The table
of verdicts in force is rebuilt from the log of decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from linkassist.store.backup.copy import keep_copy
from linkassist.store.backup.files import BEFORE_RESTORE
from linkassist.store.integrity.checksums import VERDICT_LOG, VERDICTS, SealedTable, checksum, seal
from linkassist.store.integrity.damage import (
    Damage,
    DamagedRow,
    DamagedText,
    Row,
    all_damage,
    holding_by_log,
    sound_copies,
)
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import work_lock

_TRIGGERS: Final = ("verdict_log_is_never_changed", "verdict_log_is_never_deleted")


@dataclass(frozen=True, slots=True)
class MendedRow:
    """A damaged row and the file it was restored from: a backup, or the library itself if its log has the decision.

    None if no file has it; instead: what was done then.
    """

    what: str
    source: Path | None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Mended:
    """The damaged rows. kept: the backup of the library as it was before; None where nothing was damaged."""

    rows: tuple[MendedRow, ...]
    kept: Path | None


def mend(folder: Path) -> Mended:
    """Restores every damaged row of the library in `folder` in one transaction, after a backup.

    Raises StoreError if its structure is damaged, which only a whole backup restores, and while an import or a reindex
    runs; the library is then unchanged.
    """
    path = folder / DATABASE_NAME
    with work_lock(folder), Library.open(folder) as library:
        found = all_damage(path)
        if not found:
            return Mended((), None)
        kept = keep_copy(path, BEFORE_RESTORE, None)
        mended: list[MendedRow] = []
        with library.transaction(is_durable=True) as connection:
            # Restored below by their exact SQL, since the schema has a checksum.
            triggers = [
                connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
                for name in _TRIGGERS
            ]
            for name in _TRIGGERS:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("PRAGMA defer_foreign_keys = ON")
            for each in found:
                backup, row = next(((file.path, row) for file, row in sound_copies(folder, each)), (None, None))
                if isinstance(each, DamagedText):
                    _mend_text(connection, each, row)
                else:
                    _mend_row(connection, each, row)
                is_in_log = isinstance(each, DamagedRow) and each.table is VERDICTS
                mended.append(MendedRow(each.what, path if is_in_log else backup, _instead(each)))
            _rebuild_verdicts(connection)
            _delete_orphaned_items(connection)
            for sql in triggers:
                connection.execute(sql)
    return Mended(tuple(mended), kept)


def _instead(damaged: Damage) -> str:
    if isinstance(damaged, DamagedText):
        return "It stays as it is; the next import of its page brings it back."
    return "It is taken back, and its suggestion is open again." if damaged.table is VERDICT_LOG else "It is gone."


def _mend_row(connection: Connection, damaged: DamagedRow, row: Row | None) -> None:
    """Replaces the damaged row; without a row it is deleted, or in the log replaced by an undo."""
    table, key = damaged.table, damaged.row[: damaged.table.n_key]
    _delete(connection, table, key)
    if row is None and table is VERDICT_LOG:  # the log must have no gaps
        (some_page,) = connection.execute("SELECT min(id) FROM pages").fetchone()
        row = (*key, some_page, "", "undo", 0, None, "", "reject", 0, "page", 0.0, *(None,) * 4, "")
    if row is not None:
        _insert(connection, table, row)


def _delete(connection: Connection, table: SealedTable, key: Row) -> None:
    """Deletes the row with that key, which may be damaged too: text is compared as bytes."""
    conditions, values = [], []
    for name, value in zip(table.columns, key, strict=False):
        is_text = isinstance(value, str)
        conditions.append(f"CAST({name} AS BLOB) = ?" if is_text else f"{name} IS ?")
        values.append(value.encode("utf-8", "surrogateescape") if is_text else value)
    connection.execute(f"DELETE FROM {table.name} WHERE {' AND '.join(conditions)}", values)


def _insert(connection: Connection, table: SealedTable, row: Sequence[object]) -> None:
    marks = ", ".join("?" * (len(row) + 1))
    connection.execute(
        f"INSERT OR REPLACE INTO {table.name} ({table.selected}) VALUES ({marks})", (*row, checksum(table, row))
    )


def _mend_text(connection: Connection, damaged: DamagedText, row: Row | None) -> None:
    """Replaces title and lines of the damaged text; without a row they stay damaged."""
    if row is not None:
        title, lines, line_meta, export_id = row
        connection.execute(
            "UPDATE pages SET title = ?, export_id = ? WHERE id = ?", (title, export_id, damaged.page_id)
        )
        connection.execute(
            "UPDATE texts SET lines = ?, line_meta = ? WHERE id = ?", (lines, line_meta, damaged.text_id)
        )


def _rebuild_verdicts(connection: Connection) -> None:
    """Makes the table of verdicts agree with the log; right rows stay, with the page of their target."""
    should = holding_by_log(connection)
    for page_id, target_key, log_id in connection.execute(
        "SELECT page_id, target_key, log_id FROM verdicts"
    ).fetchall():
        if should.get((page_id, target_key)) == log_id:
            del should[page_id, target_key]
        else:
            connection.execute(f"DELETE FROM verdicts WHERE {VERDICTS.is_this_row}", (page_id, target_key))
    for (page_id, target_key), log_id in should.items():
        target_page = connection.execute(
            """
            SELECT t.id FROM pages p JOIN pages t ON t.project_id = p.project_id AND t.key = ? AND t.is_gone = 0
            WHERE p.id = ?
            """,
            (target_key, page_id),
        ).fetchone()
        connection.execute(
            "INSERT INTO verdicts (page_id, target_key, target_page_id, log_id) VALUES (?, ?, ?, ?)",
            (page_id, target_key, target_page[0] if target_page else None, log_id),
        )
        seal(connection, VERDICTS, VERDICTS.is_this_row, (page_id, target_key))


def _delete_orphaned_items(connection: Connection) -> None:
    """Deletes pushes without a batch, and items of the outbox without a decision or a batch."""
    connection.execute("DELETE FROM pushes WHERE batch_id NOT IN (SELECT id FROM outbox_batches)")
    for table, batches in (
        ("outbox_items", "SELECT id FROM outbox_batches"),
        ("push_links", "SELECT batch_id FROM pushes"),
    ):
        connection.execute(
            f"""
            DELETE FROM {table} WHERE log_id NOT IN (SELECT id FROM verdict_log WHERE action = 'decide')
                OR batch_id NOT IN ({batches})
            """
        )
