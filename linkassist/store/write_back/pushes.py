"""Pushes: batches of the outbox that linkassist wrote to Scrapbox itself, and what exactly each of their links changed.

A link is recorded before it is submitted, so that after a crash the next push can look whether it arrived. It leaves
the outbox when it is done. Nothing here sends anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any, Final, Literal

from linkassist.errors import NotFoundError
from linkassist.store.integrity.checksums import BATCHES, ITEMS, PUSH_LINKS, PUSHES, require_sound, seal
from linkassist.store.library import Library

WAY: Final = "push"  # of such batches; kept in libraries, so never renamed

State = Literal["sent", "done", "already", "undoing", "undone"]


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """What one link changed: `after[start:start + len(link)] == link`, where `surface` had stood.

    log_id: of the decision. line_id: Scrapbox's. is_added: the line was added at the end; `before` is "" then.
    All links of one line in one push have the same before and after.
    """

    log_id: int
    line_id: str
    is_added: bool
    before: str
    after: str
    start: int
    link: str
    surface: str


@dataclass(frozen=True, slots=True)
class PushedLink:
    """A link of a push, the row of its page, and its target as accepted."""

    batch_id: int
    page_id: int
    target: str
    state: State
    written: WrittenLink


@dataclass(frozen=True, slots=True)
class Push:
    """A push. address: of the server. n_links: what it put in, also what was taken out since; undone_at: 0 in force."""

    batch_id: int
    project_id: int
    project: str
    address: str
    made_at: int
    undone_at: int
    n_pages: int
    n_links: int


def begin_push(library: Library, project_id: int, address: str) -> int:
    """Makes an empty batch; it is on the disk when this returns. Returns its id."""
    with library.transaction(is_durable=True) as connection:
        batch_id: int = connection.execute(
            "INSERT INTO outbox_batches (project_id, made_at, way) VALUES (?, ?, ?) RETURNING id",
            (project_id, int(time.time()), WAY),
        ).fetchone()[0]
        connection.execute("INSERT INTO pushes (batch_id, address) VALUES (?, ?)", (batch_id, address))
        seal(connection, BATCHES, "id = ?", (batch_id,))
        seal(connection, PUSHES, "batch_id = ?", (batch_id,))
    return batch_id


def record_sent(library: Library, batch_id: int, links: Iterable[WrittenLink]) -> None:
    """Records links that are about to be submitted; they are on the disk when this returns."""
    with library.transaction(is_durable=True) as connection:
        for link in links:
            _insert(connection, batch_id, link, "sent")


def record_done(library: Library, batch_id: int, log_ids: Iterable[int]) -> None:
    """Records that these sent links are on their pages: they leave the outbox."""
    with library.transaction(is_durable=True) as connection:
        for log_id in log_ids:
            _set_state(connection, batch_id, log_id, "done")
            _leave(connection, batch_id, log_id)


def record_already(library: Library, batch_id: int, log_ids: Iterable[int]) -> None:
    """Records links that their pages had before anything was written: they leave the outbox with the batch."""
    with library.transaction(is_durable=True) as connection:
        for log_id in log_ids:
            _insert(connection, batch_id, WrittenLink(log_id, "", False, "", "", 0, "", ""), "already")
            _leave(connection, batch_id, log_id)


def forget_sent(library: Library, batch_id: int, log_ids: Iterable[int]) -> None:
    """Removes sent links that did not arrive; they wait as before."""
    with library.transaction(is_durable=True) as connection:
        for log_id in log_ids:
            connection.execute(
                "DELETE FROM push_links WHERE batch_id = ? AND log_id = ? AND state = 'sent'", (batch_id, log_id)
            )


def set_state(library: Library, batch_id: int, log_ids: Iterable[int], state: State) -> None:
    """Sets the state of links. Once all that a push put in is undone, its batch is too."""
    with library.transaction(is_durable=True) as connection:
        for log_id in log_ids:
            _set_state(connection, batch_id, log_id, state)
        still = "SELECT 1 FROM push_links WHERE batch_id = ? AND state IN ('sent', 'done', 'undoing')"
        if state == "undone" and connection.execute(still, (batch_id,)).fetchone() is None:
            connection.execute(
                "UPDATE outbox_batches SET undone_at = ? WHERE id = ? AND undone_at IS NULL",
                (int(time.time()), batch_id),
            )
            seal(connection, BATCHES, "id = ?", (batch_id,))


def drop_empty_pushes(library: Library, project_id: int) -> None:
    """Deletes batches of which nothing was written."""
    empty = """
        SELECT b.id FROM outbox_batches b WHERE b.project_id = ? AND b.way = 'push'
        AND NOT EXISTS (SELECT 1 FROM push_links l WHERE l.batch_id = b.id)
    """
    with library.transaction(is_durable=True) as connection:
        for (batch_id,) in connection.execute(empty, (project_id,)).fetchall():
            connection.execute("DELETE FROM pushes WHERE batch_id = ?", (batch_id,))
            connection.execute("DELETE FROM outbox_batches WHERE id = ?", (batch_id,))


def pushes(library: Library, project_id: int | None = None) -> list[Push]:
    """The pushes that put links in, of one project or of all, the latest first."""
    rows = library.rows(
        f"""
        SELECT {", ".join(f"b.{name}" for name in BATCHES.columns)}, b.checksum, u.batch_id, u.address, u.checksum,
               p.name, count(DISTINCT l.page_id), count(*)
        FROM outbox_batches b JOIN pushes u ON u.batch_id = b.id JOIN projects p ON p.id = b.project_id
        JOIN push_links k ON k.batch_id = b.id AND k.state <> 'already' JOIN verdict_log l ON l.id = k.log_id
        WHERE ? IS NULL OR b.project_id = ? GROUP BY b.id ORDER BY b.id DESC
        """,
        (project_id, project_id),
    )
    found = []
    for row in list(rows):
        require_sound(BATCHES, row[:6])
        require_sound(PUSHES, row[6:9])
        batch_id, of_project, made_at, _, undone_at = row[:5]
        found.append(Push(batch_id, of_project, row[9], row[7], made_at, undone_at or 0, row[10], row[11]))
    return found


def find_push(library: Library, batch_id: int) -> Push:
    """The push of that number. Raises NotFoundError, also for a batch that left otherwise."""
    found = next((each for each in pushes(library) if each.batch_id == batch_id), None)
    if found is None:
        raise NotFoundError(
            f"There is no push {batch_id} in this library. `linkassist push --list` lists them; what left by hand or "
            "in an import file is taken back in the outbox."
        )
    return found


def pushed_links(library: Library, batch_id: int) -> list[PushedLink]:
    """The links of a push, in order of decision."""
    return _links(library, "k.batch_id = ?", (batch_id,))


def unsettled_links(library: Library, project_id: int) -> list[PushedLink]:
    """The links of a project's pushes that were sent, and of which nobody has seen whether they arrived."""
    return _links(
        library,
        "k.state = 'sent' AND k.batch_id IN (SELECT id FROM outbox_batches WHERE project_id = ?)",
        (project_id,),
    )


def rewritten_lines(library: Library, page_id: int) -> list[WrittenLink]:
    """What pushes have made of lines of the page and not undone, the earliest first."""
    where = "l.page_id = ? AND k.state IN ('sent', 'done') AND k.is_added = 0"
    return [each.written for each in _links(library, where, (page_id,))]


def _links(library: Library, where: str, values: Sequence[object]) -> list[PushedLink]:
    columns = ", ".join(f"k.{name}" for name in PUSH_LINKS.columns)
    sql = f"""
        SELECT {columns}, k.checksum, l.page_id, l.target FROM push_links k JOIN verdict_log l ON l.id = k.log_id
        WHERE {where} ORDER BY k.batch_id, k.log_id
    """
    return [_link(row) for row in list(library.rows(sql, values))]


def _link(row: Sequence[Any]) -> PushedLink:
    require_sound(PUSH_LINKS, row[:-2])
    batch_id, log_id, state, line_id, is_added, before, after, start, link, surface = row[:10]
    texts = [str(json.loads(each)) for each in (before, after, link, surface)]
    written = WrittenLink(log_id, line_id, bool(is_added), texts[0], texts[1], start, texts[2], texts[3])
    return PushedLink(batch_id, row[-2], row[-1], state, written)


def _insert(connection: Connection, batch_id: int, link: WrittenLink, state: State) -> None:
    before, after, notation, surface = map(json.dumps, (link.before, link.after, link.link, link.surface))
    values = (
        *(batch_id, link.log_id, state, link.line_id, link.is_added, before, after, link.start, notation, surface),
        int(time.time()),
    )
    connection.execute(
        f"INSERT INTO push_links ({', '.join(PUSH_LINKS.columns)}) VALUES ({', '.join('?' * len(values))})", values
    )
    seal(connection, PUSH_LINKS, PUSH_LINKS.is_this_row, (batch_id, link.log_id))


def _set_state(connection: Connection, batch_id: int, log_id: int, state: State) -> None:
    connection.execute(
        "UPDATE push_links SET state = ?, changed_at = ? WHERE batch_id = ? AND log_id = ?",
        (state, int(time.time()), batch_id, log_id),
    )
    seal(connection, PUSH_LINKS, PUSH_LINKS.is_this_row, (batch_id, log_id))


def _leave(connection: Connection, batch_id: int, log_id: int) -> None:
    connection.execute("INSERT OR REPLACE INTO outbox_items (batch_id, log_id) VALUES (?, ?)", (batch_id, log_id))
    seal(connection, ITEMS, "batch_id = ? AND log_id = ?", (batch_id, log_id))
