"""Checksums of the rows with the reader's own data: decisions, snoozes, rules, batches of the outbox.

SQLite detects damage to the structure of its file, but not a changed letter or number. Derived data can be made
again, what a person decided cannot; so each such row has a hash of its columns in the column `checksum`. Code that
writes a row calls `seal` in the same transaction; code that reads one calls `require_sound`.
The schema has a checksum too, in the only row of `schema_check`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from sqlite3 import Connection
from typing import Any, Final

from linkassist.store.error_messages import DamagedError


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table whose rows carry a checksum. columns: those that it covers, the primary key first; n_key: its length."""

    name: str
    n_key: int
    columns: tuple[str, ...]

    @property
    def selected(self) -> str:
        """The columns and the checksum, for a SELECT."""
        return ", ".join((*self.columns, "checksum"))

    @property
    def is_this_row(self) -> str:
        """The SQL condition that selects one row by its key."""
        return " AND ".join(f"{name} = ?" for name in self.columns[: self.n_key])


VERDICT_LOG: Final = SealedTable(
    "verdict_log",
    1,
    (
        *("id", "page_id", "target_key", "action", "logged_at", "previous_id"),
        *("target", "decision", "decided_at", "kind", "probability"),
        *("mention_line", "mention_start", "mention_end", "mention_surface", "why"),
    ),
)
VERDICTS: Final = SealedTable("verdicts", 2, ("page_id", "target_key", "target_page_id", "log_id"))
BATCHES: Final = SealedTable("outbox_batches", 1, ("id", "project_id", "made_at", "way", "undone_at"))
ITEMS: Final = SealedTable("outbox_items", 2, ("batch_id", "log_id"))
SNOOZES: Final = SealedTable("snoozes", 2, ("page_id", "target_key", "snoozed_at", "until"))
IGNORED: Final = SealedTable("ignored", 3, ("project_id", "sort", "key", "title", "added_at"))
PROJECT_SETTINGS: Final = SealedTable("project_settings", 2, ("project_id", "name", "value"))
ACCEPTED_LINES: Final = SealedTable("accepted_lines", 1, ("log_id", "text"))
PUSHES: Final = SealedTable("pushes", 1, ("batch_id", "address"))
PUSH_LINKS: Final = SealedTable(
    "push_links",
    2,
    ("batch_id", "log_id", "state", "line_id", "is_added", "before", "after", "start", "link", "surface", "changed_at"),
)

SEALED: Final = (
    *(VERDICT_LOG, VERDICTS, BATCHES, ITEMS, SNOOZES, IGNORED, PROJECT_SETTINGS),
    *(ACCEPTED_LINES, PUSHES, PUSH_LINKS),
)
_CHECKSUM_BYTES: Final = 8


def checksum(table: SealedTable, values: Sequence[object]) -> bytes:
    """The checksum of a row, 8 bytes. values: of the table's columns, as SQLite returns them."""
    text = json.dumps([table.name, *values], default=repr)  # ASCII; a BLOB, which no sound row has, by its repr
    return blake2b(text.encode(), digest_size=_CHECKSUM_BYTES).digest()


def require_sound(table: SealedTable, row: Sequence[Any]) -> None:
    """Raises DamagedError unless the last value of the row is the checksum of those before it."""
    if not is_sound(table, row):
        raise DamagedError(f"a row of {table.name} is not what was written")


def is_sound(table: SealedTable, row: Sequence[Any]) -> bool:
    """Whether the last value of the row is the checksum of those before it."""
    return bool(row[-1] == checksum(table, row[:-1]))


def seal(connection: Connection, table: SealedTable, where: str = "1", values: Iterable[object] = ()) -> None:
    """Writes the checksums of rows, within the transaction that wrote them. where, values: a condition on the table."""
    columns = ", ".join(table.columns)
    rows = connection.execute(f"SELECT {columns} FROM {table.name} WHERE {where}", tuple(values)).fetchall()
    connection.executemany(
        f"UPDATE {table.name} SET checksum = ? WHERE {table.is_this_row}",
        [(checksum(table, row), *row[: table.n_key]) for row in rows],
    )


def seal_everything(connection: Connection) -> None:
    """Writes the checksums of all rows of a library that had none."""
    for table in SEALED:
        seal(connection, table)
    for (number,) in connection.execute("SELECT id FROM embeddings").fetchall():
        row = connection.execute("SELECT fingerprint, text_hash, vector FROM embeddings WHERE id = ?", (number,))
        connection.execute(
            "UPDATE embeddings SET checksum = ? WHERE id = ?", (vector_checksum(*row.fetchone()), number)
        )
    for project_id, report in connection.execute("SELECT project_id, report FROM evaluations").fetchall():
        connection.execute(
            "UPDATE evaluations SET checksum = ? WHERE project_id = ?", (report_checksum(report.encode()), project_id)
        )


def vector_checksum(fingerprint: str, text_hash: str, vector: bytes) -> bytes:
    """The checksum of an embedding; a damaged one is encoded again."""
    return blake2b(f"{fingerprint} {text_hash} ".encode() + vector, digest_size=_CHECKSUM_BYTES).digest()


def report_checksum(report: bytes) -> bytes:
    """The checksum of an evaluation's report, as UTF-8; a damaged one counts as missing."""
    return blake2b(report, digest_size=_CHECKSUM_BYTES).digest()


def seal_schema(connection: Connection) -> None:
    """Writes the checksum of the schema and the version, after both are final."""
    connection.execute("INSERT OR REPLACE INTO schema_check VALUES (1, ?)", (_of_schema(connection),))


def is_schema_sound(connection: Connection) -> bool:
    """Whether schema and version match their checksum; True for a library without one."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_check'").fetchone():
        return True
    row = connection.execute("SELECT checksum FROM schema_check").fetchone()
    return row is not None and bool(row[0] == _of_schema(connection))


def _of_schema(connection: Connection) -> bytes:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    # Without the root pages: SQLite checks the structure, and another program may vacuum the file.
    objects = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
    text = json.dumps([version, application, *objects], default=repr)
    return blake2b(text.encode(), digest_size=_CHECKSUM_BYTES).digest()
