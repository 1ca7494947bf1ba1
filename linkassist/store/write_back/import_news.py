"""What an import brought of the links that the reader accepted: counted while it changes the pages, kept until read.

A link counts once it is in the text of its page, whoever wrote it: the reader, another author, a write-back.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from linkassist.store.library import Library
from linkassist.store.page_filter import IS_ALONE

# CROSS JOIN: there are few verdicts, and SQLite would otherwise scan all pages of the project.
_ACCEPTED_AND_LINKED: Final = """
    SELECT v.page_id, v.target_key, l.decided_at, t.id
    FROM verdicts v CROSS JOIN verdict_log l ON l.id = v.log_id CROSS JOIN pages p ON p.id = v.page_id
    LEFT JOIN pages t ON t.id = v.target_page_id AND t.is_gone = 0
    WHERE p.project_id = ? AND p.is_gone = 0 AND l.decision = 'accept' AND EXISTS (
        SELECT 1 FROM links k WHERE k.text_id = p.text_id AND (k.key = v.target_key OR k.key = t.key)
    )
"""
_SHOWN_TOGETHER_S: Final = 7 * 86_400  # a nightly import brings little, so the unread ones of a week are one message


@dataclass(frozen=True, slots=True)
class LinkState:
    """The accepted links in the texts of a project: (page row id, target key) to the time of decision and the target's
    row, None for a red link; the rows of pages without links in or out; the rows of all present pages.
    """

    linked: dict[tuple[int, str], tuple[int, int | None]]
    alone: Set[int]
    present: Set[int]


@dataclass(frozen=True, slots=True)
class ImportNews:
    """Unread news of imports. last_id: the latest of them. first_decided_at, last_decided_at: of the links, in Unix
    seconds; imported_at: of the latest import.
    """

    last_id: int
    imported_at: int
    n_links: int
    n_joined: int
    first_decided_at: int
    last_decided_at: int


def link_state(connection: Connection, project_id: int) -> LinkState:
    """The state now, within a transaction."""
    rows = connection.execute(_ACCEPTED_AND_LINKED, (project_id,))
    linked = {(page_id, key): (at, target_id) for page_id, key, at, target_id in rows}
    present = "SELECT id FROM pages WHERE project_id = ? AND is_gone = 0"
    return LinkState(
        linked,
        {page_id for (page_id,) in connection.execute(f"{present} AND {IS_ALONE}", (project_id,))},
        {page_id for (page_id,) in connection.execute(present, (project_id,))},
    )


def write_news(connection: Connection, project_id: int, before: LinkState) -> tuple[int, int]:
    """Stores what changed since `before`, within the transaction of the import; nothing if no accepted link arrived.

    Returns how many arrived, and how many pages they joined that had no links in or out.
    """
    now = link_state(connection, project_id)
    arrived = {pair: end for pair, end in now.linked.items() if pair not in before.linked}
    if not arrived:
        return 0, 0
    times = [at for at, _ in arrived.values()]
    ends = {page_id for page_id, _ in arrived} | {target_id for _, target_id in arrived.values()}
    n_joined = len((ends & before.alone & now.present) - now.alone)
    connection.execute(
        """
        INSERT INTO import_news (project_id, imported_at, n_links, n_joined, first_decided_at, last_decided_at)
        SELECT id, imported_at, ?, ?, ?, ? FROM projects WHERE id = ?
        """,
        (len(arrived), n_joined, min(times), max(times), project_id),
    )
    return len(arrived), n_joined


def unread_news(library: Library, project_id: int) -> ImportNews | None:
    """The news not dismissed yet: of the latest import that brought any, with those of the week before it."""
    row = library.row(
        """
        SELECT max(id), max(imported_at), sum(n_links), sum(n_joined), min(first_decided_at), max(last_decided_at)
        FROM import_news WHERE project_id = ? AND dismissed_at IS NULL AND imported_at > (
            SELECT imported_at FROM import_news WHERE project_id = ? ORDER BY id DESC LIMIT 1
        ) - ?
        """,
        (project_id, project_id, _SHOWN_TOGETHER_S),
    )
    return ImportNews(*row) if row and row[0] is not None else None


def news_of_last_import(library: Library, project_id: int) -> ImportNews | None:
    """What the last import of the project brought, dismissed or not; None if it brought no accepted link."""
    row = library.row(
        """
        SELECT n.id, n.imported_at, n.n_links, n.n_joined, n.first_decided_at, n.last_decided_at
        FROM import_news n JOIN projects p ON p.id = n.project_id AND p.imported_at = n.imported_at
        WHERE n.project_id = ? ORDER BY n.id DESC LIMIT 1
        """,
        (project_id,),
    )
    return ImportNews(*row) if row else None


def dismiss_news(library: Library, project_id: int, last_id: int, at: int) -> None:
    """Marks the news up to `last_id` as read."""
    with library.transaction() as connection:
        connection.execute(
            "UPDATE import_news SET dismissed_at = ? WHERE project_id = ? AND id <= ? AND dismissed_at IS NULL",
            (at, project_id, last_id),
        )
