"""The outbox: accepted links that are not in the wiki yet, and the batches in which they left.

A link waits from its acceptance until it leaves in a batch, or until an import shows that the page has it. The links of
a batch that is taken back wait again. Nothing here sends anything.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, Literal

from linkassist.errors import NotFoundError
from linkassist.store.integrity.checksums import BATCHES, ITEMS, require_sound, seal
from linkassist.store.library import Library
from linkassist.store.verdicts import HOLDING, as_verdicts
from linkassist.store.write_back.accepted_lines import accepted_lines
from linkassist.suggestion import Verdict

# How links left: one page by hand, or all of them in an import file. Kept in libraries, so never renamed. The links
# that linkassist writes itself are in batches of `pushes.py`.
SendMethod = Literal["by_hand", "import_file"]

# The way of links that a UserScript wrote in the open page; kept in libraries, so never renamed.
IN_PAGE: Final = "in_page"

_N_TITLES: Final = 3
_BATCH_S: Final = 3600

# Accepted links on present pages that are in no batch in force and not on the page yet. CROSS JOIN: there are few
# verdicts, and SQLite would otherwise scan all pages of the project.
_WAITING: Final = """
    CROSS JOIN pages p ON p.id = v.page_id
    WHERE p.project_id = ? AND p.is_gone = 0 AND l.decision = 'accept'
    AND NOT EXISTS (
        SELECT 1 FROM outbox_items i JOIN outbox_batches b ON b.id = i.batch_id
        WHERE i.log_id = v.log_id AND b.undone_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM push_links u WHERE u.log_id = i.log_id AND u.batch_id = i.batch_id AND u.state = 'undone'
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM links k WHERE k.text_id = p.text_id AND (k.key = v.target_key OR k.key = t.key)
    )
"""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """A page with links to be written back: its row, and what was accepted, in order of decision."""

    page_id: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """An accepted link that waits. log_id: the entry of the decision in the log. page_id: the page's row.

    line: the text of the mention's line when it was accepted; None where there is no mention, or for a decision of an
    older linkassist.
    """

    log_id: int
    page_id: int
    verdict: Verdict
    line: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Links that left together. `titles` are the first of its `n_pages` pages; undone_at: 0 while it is in force."""

    id: int
    made_at: int
    way: str
    undone_at: int
    n_links: int
    n_pages: int
    titles: tuple[str, ...]


def n_waiting(library: Library, project_id: int) -> int:
    """How many accepted links wait."""
    rows = library.row(f"SELECT count(*) FROM ({HOLDING} {_WAITING})", (project_id,))
    return rows[0] if rows else 0


def waiting_pages(library: Library, project_id: int) -> list[WaitingPage]:
    """The pages with links that wait, the one with the latest decision first."""
    rows = list(library.rows(f"{HOLDING} {_WAITING} ORDER BY l.id", (project_id,)))
    of_page: dict[int, list[tuple[Any, ...]]] = {int(row[0]): [] for row in reversed(rows)}  # the latest first
    for row in rows:
        of_page[int(row[0])].append(row)
    return [WaitingPage(page_id, tuple(as_verdicts(found))) for page_id, found in of_page.items()]


def waiting_links(library: Library, project_id: int) -> list[WaitingLink]:
    """The links that wait, in order of decision."""
    rows = list(library.rows(f"{HOLDING} {_WAITING} ORDER BY l.id", (project_id,)))
    log_ids = [int(row[-2]) for row in rows]
    lines = accepted_lines(library, log_ids)
    return [
        WaitingLink(log_id, int(row[0]), verdict, lines.get(log_id))
        for log_id, row, verdict in zip(log_ids, rows, as_verdicts(rows), strict=True)
    ]


def send_off(library: Library, project_id: int, page_ids: list[int], way: SendMethod, until: int) -> int:
    """Moves the waiting links of these pages into a new batch; it is on the disk when this returns. Returns its id.

    until: the last decision that the reader was shown (`last_decision`); links accepted after it keep waiting.
    Raises NotFoundError if no link waits on these pages.
    """
    with library.transaction(is_durable=True) as connection:
        batch_id: int = connection.execute(
            "INSERT INTO outbox_batches (project_id, made_at, way) VALUES (?, ?, ?) RETURNING id",
            (project_id, int(time.time()), way),
        ).fetchone()[0]
        for page_id in page_ids:
            connection.execute(
                f"""
                INSERT INTO outbox_items (batch_id, log_id)
                SELECT ?, h.log_id FROM verdicts h WHERE h.page_id = ? AND h.log_id <= ? AND h.target_key IN (
                    SELECT target_key FROM ({HOLDING} {_WAITING} AND v.page_id = ?)
                )
                """,
                (batch_id, page_id, until, project_id, page_id),
            )
        if connection.execute("SELECT 1 FROM outbox_items WHERE batch_id = ?", (batch_id,)).fetchone() is None:
            raise NotFoundError("Nothing waits in the outbox for these pages any more. Reload the outbox.")
        seal(connection, BATCHES, "id = ?", (batch_id,))
        seal(connection, ITEMS, "batch_id = ?", (batch_id,))
    return batch_id


def note_written(library: Library, project_id: int, page_id: int, target_key: str) -> None:
    """Moves a waiting link that was written in the open page into the batch of such links, a new one each hour.

    Does nothing if the link does not wait. It is on the disk when this returns.
    """
    now = int(time.time())
    with library.transaction(is_durable=True) as connection:
        waiting = connection.execute(
            f"SELECT log_id FROM ({HOLDING} {_WAITING} AND v.page_id = ? AND v.target_key = ?)",
            (project_id, page_id, target_key),
        ).fetchone()
        if waiting is None:
            return
        batch = connection.execute(
            f"""
            SELECT {BATCHES.selected} FROM outbox_batches
            WHERE project_id = ? AND way = ? AND undone_at IS NULL AND made_at > ? ORDER BY id DESC LIMIT 1
            """,
            (project_id, IN_PAGE, now - _BATCH_S),
        ).fetchone()
        if batch is None:
            batch = connection.execute(
                "INSERT INTO outbox_batches (project_id, made_at, way) VALUES (?, ?, ?) RETURNING id",
                (project_id, now, IN_PAGE),
            ).fetchone()
            seal(connection, BATCHES, "id = ?", (batch[0],))
        else:
            require_sound(BATCHES, batch)
        connection.execute("INSERT INTO outbox_items (batch_id, log_id) VALUES (?, ?)", (batch[0], waiting[0]))
        seal(connection, ITEMS, "batch_id = ? AND log_id = ?", (batch[0], waiting[0]))


def take_back(library: Library, project_id: int, batch_id: int) -> None:
    """Takes a batch back, so that its links wait again. Raises NotFoundError if there is no such batch in force."""
    with library.transaction(is_durable=True) as connection:
        row = connection.execute(
            f"SELECT {BATCHES.selected} FROM outbox_batches WHERE id = ? AND project_id = ? AND undone_at IS NULL",
            (batch_id, project_id),
        ).fetchone()
        if row is None:
            raise NotFoundError(f"There is no batch {batch_id} to take back. Reload the outbox to see what there is.")
        require_sound(BATCHES, row)
        connection.execute("UPDATE outbox_batches SET undone_at = ? WHERE id = ?", (int(time.time()), batch_id))
        seal(connection, BATCHES, "id = ?", (batch_id,))


def batches(library: Library, project_id: int, *, limit: int) -> list[Batch]:
    """The last batches, the latest first."""
    rows = library.rows(
        """
        SELECT b.id, b.project_id, b.made_at, b.way, b.undone_at, b.checksum, count(*), count(DISTINCT l.page_id)
        FROM outbox_batches b JOIN outbox_items i ON i.batch_id = b.id JOIN verdict_log l ON l.id = i.log_id
        WHERE b.project_id = ? GROUP BY b.id ORDER BY b.id DESC LIMIT ?
        """,
        (project_id, limit),
    )
    found = []
    for *batch, n_links, n_pages in list(rows):
        require_sound(BATCHES, batch)
        batch_id, _, made_at, way, undone_at, _ = batch
        found.append(Batch(batch_id, made_at, way, undone_at or 0, n_links, n_pages, _titles(library, batch_id)))
    return found


def _titles(library: Library, batch_id: int) -> tuple[str, ...]:
    rows = library.rows(
        """
        SELECT p.title FROM outbox_items i JOIN verdict_log l ON l.id = i.log_id JOIN pages p ON p.id = l.page_id
        WHERE i.batch_id = ? GROUP BY p.id ORDER BY min(l.id) LIMIT ?
        """,
        (batch_id, _N_TITLES),
    )
    return tuple(title for (title,) in rows)
