"""Records of the program's runs with their progress, and notes of the artefacts (model files and the like) they made.

A run that the holder of the work lock finds `running` was interrupted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any, Final, Literal

from linkassist.store.library import Library
from linkassist.terminal_escape import visible_lines

Status = Literal["running", "done", "failed", "broken_off"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `finished_at` is None while it runs; `counts` is what it counted, by name."""

    id: int
    project_id: int | None
    kind: str
    status: Status
    started_at: int
    finished_at: int | None
    step: str
    n_done: int
    n_total: int
    counts: Mapping[str, int]
    message: str


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file or folder kept beside the database, and the fingerprint of what it was made of."""

    project_id: int
    name: str
    fingerprint: str
    made_at: int


@dataclass(frozen=True, slots=True)
class Note:
    """A note to be written of an artefact that is made now."""

    name: str
    fingerprint: str


_RUN: Final = """
    SELECT id, project_id, kind, status, started_at, finished_at, step, n_done, n_total, counts, message FROM runs
"""


def start_run(library: Library, kind: str, project_id: int | None = None) -> int:
    """The number of a new run, which is `running` from now on."""
    with library.transaction() as connection:
        row = connection.execute(
            "INSERT INTO runs (project_id, kind, status, started_at) VALUES (?, ?, 'running', ?) RETURNING id",
            (project_id, kind, int(time.time())),
        ).fetchone()
    return int(row[0])


def set_progress(library: Library, run_id: int, step: str, n_done: int, n_total: int) -> None:
    """Records the progress: `n_done` of `n_total` (0 where unknown) of the named step."""
    with library.transaction() as connection:
        connection.execute(
            "UPDATE runs SET step = ?, n_done = ?, n_total = ? WHERE id = ?", (step, n_done, n_total, run_id)
        )


def finish_run(
    library: Library,
    run_id: int,
    status: Status,
    counts: Mapping[str, int] | None = None,
    message: str = "",
    project_id: int | None = None,
) -> None:
    """Ends the run. message: why it failed, in words. project_id: whose it was, where that was not known before."""
    with library.transaction() as connection:
        end_run(connection, run_id, status, counts, message, project_id)


def end_run(
    connection: Connection,
    run_id: int,
    status: Status,
    counts: Mapping[str, int] | None = None,
    message: str = "",
    project_id: int | None = None,
) -> None:
    """Ends the run within a transaction that writes more."""
    connection.execute(
        """
        UPDATE runs SET status = ?, finished_at = ?, counts = ?, message = ?, project_id = coalesce(?, project_id)
        WHERE id = ?
        """,
        (status, int(time.time()), json.dumps(dict(counts or {})), visible_lines(message), project_id, run_id),
    )


def close_broken_off(library: Library) -> int:
    """Marks every `running` run as broken off. For the holder of the work lock. Returns their number."""
    with library.transaction() as connection:
        return connection.execute(
            "UPDATE runs SET status = 'broken_off', finished_at = ? WHERE status = 'running'", (int(time.time()),)
        ).rowcount


def last_run(
    library: Library, kind: str | None = None, project_id: int | None = None, status: Status | None = None
) -> Run | None:
    """The latest run of that kind, project and status (None: of any); None if there was none."""
    row = library.row(
        f"""
        {_RUN} WHERE kind = coalesce(?, kind) AND project_id IS coalesce(?, project_id) AND status = coalesce(?, status)
        ORDER BY id DESC LIMIT 1
        """,
        (kind, project_id, status),
    )
    return _run(row) if row else None


def prune_runs(library: Library, keep: int) -> int:
    """Drops all but the latest `keep` runs of each kind and project, and of those that were done; returns how many."""
    with library.transaction() as connection:
        return connection.execute(
            """
            DELETE FROM runs WHERE status <> 'running' AND id IN (
                SELECT id FROM (
                    SELECT id, row_number() OVER (
                        PARTITION BY kind, project_id, status = 'done' ORDER BY id DESC
                    ) AS place FROM runs
                ) WHERE place > ?
            )
            """,
            (keep,),
        ).rowcount


def drop_unreadable(library: Library) -> int:
    """Deletes runs and notes that are no longer valid UTF-8; returns how many. They are made again."""
    dropped = []
    for table, key, columns in (
        ("runs", "id", ("kind", "status", "step", "counts", "message")),
        ("artefacts", "project_id, name", ("name", "fingerprint")),
        ("list_origins", "page_id", ("made_of",)),
    ):
        blobs = ", ".join(f"CAST({name} AS BLOB)" for name in columns)
        n_key = key.count(",") + 1
        keys = key.replace("name", "CAST(name AS BLOB)")
        for row in library.rows(f"SELECT {keys}, {blobs} FROM {table}"):
            if not all(map(_is_utf8, row[n_key:])):
                dropped.append((f"DELETE FROM {table} WHERE ({keys}) = ({', '.join('?' * n_key)})", row[:n_key]))
    if dropped:
        with library.transaction() as connection:
            for sql, values in dropped:
                connection.execute(sql, values)
    return len(dropped)


def _is_utf8(text: bytes) -> bool:
    try:
        return bool(text.decode()) or not text
    except UnicodeDecodeError:
        return False


def put_artefact(library: Library, project_id: int, name: str, fingerprint: str) -> None:
    """Notes that the artefact of that name was made now, replacing an earlier note."""
    with library.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO artefacts (project_id, name, fingerprint, made_at) VALUES (?, ?, ?, ?)",
            (project_id, name, fingerprint, int(time.time())),
        )


def write_notes(connection: Connection, project_id: int, notes: Iterable[Note]) -> None:
    """Writes notes within a transaction that writes more; one with the same fingerprint keeps its time."""
    connection.executemany(
        """
        INSERT INTO artefacts (project_id, name, fingerprint, made_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (project_id, name) DO UPDATE SET fingerprint = excluded.fingerprint, made_at = excluded.made_at
        WHERE fingerprint <> excluded.fingerprint
        """,
        [(project_id, note.name, note.fingerprint, int(time.time())) for note in notes],
    )


def artefact(library: Library, project_id: int, name: str) -> Artefact | None:
    """The note about that artefact, None if it was never made."""
    row = library.row(
        "SELECT project_id, name, fingerprint, made_at FROM artefacts WHERE project_id = ? AND name = ?",
        (project_id, name),
    )
    return Artefact(*row) if row else None


def _counts(written: str) -> Mapping[str, int]:
    """The counts of a run, none where they are damaged: nothing depends on them."""
    try:
        found = json.loads(written)
        return {str(name): int(number) for name, number in found.items()}
    except (ValueError, TypeError, AttributeError, OverflowError):
        return {}


def _run(row: tuple[Any, ...]) -> Run:
    *columns, counts, message = row
    return Run(*(*columns, _counts(counts), message))
