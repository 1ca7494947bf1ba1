"""Ignored titles of a project: words that are never suggested as targets, and pages that get no suggestions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from linkassist.errors import NotFoundError
from linkassist.store.integrity.checksums import IGNORED, require_sound, seal
from linkassist.store.library import Library
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

# "word": a target that is never suggested; "page": a page that gets no suggestions. Kept in libraries, never renamed.
IgnoredSort = Literal["word", "page"]


@dataclass(frozen=True, slots=True)
class Ignored:
    """An ignored title as it was written, and its key."""

    sort: IgnoredSort
    key: str
    title: str


def ignored(library: Library, project_id: int) -> list[Ignored]:
    """Everything that is ignored in the project, the latest first."""
    sql = f"SELECT {IGNORED.selected} FROM ignored WHERE project_id = ? ORDER BY added_at DESC, key"
    found = []
    for row in library.rows(sql, (project_id,)):
        require_sound(IGNORED, row)
        found.append(Ignored(*row[1:4]))
    return found


def ignored_page_ids(library: Library, project_id: int) -> frozenset[int]:
    """The row ids of the ignored pages that are present."""
    rows = library.rows(
        """
        SELECT p.id FROM ignored i CROSS JOIN pages p ON p.project_id = i.project_id AND p.key = i.key
        WHERE i.project_id = ? AND i.sort = 'page' AND p.is_gone = 0
        """,
        (project_id,),
    )
    return frozenset(page_id for (page_id,) in rows)


def add_ignored(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Ignores the title from now on; one that is ignored already stays as it is."""
    with library.transaction(is_durable=True) as connection:
        added = connection.execute(
            "INSERT OR IGNORE INTO ignored (project_id, sort, key, title, added_at) VALUES (?, ?, ?, ?, ?)",
            (project_id, sort, title_key(title), title, int(time.time())),
        )
        if added.rowcount:
            seal(connection, IGNORED, IGNORED.is_this_row, (project_id, sort, title_key(title)))


def remove_ignored(library: Library, project_id: int, sort: IgnoredSort, title: str) -> None:
    """Ignores the title no longer. Raises NotFoundError if it is not ignored."""
    with library.transaction(is_durable=True) as connection:
        changed = connection.execute(
            "DELETE FROM ignored WHERE project_id = ? AND sort = ? AND key = ?", (project_id, sort, title_key(title))
        )
        if changed.rowcount == 0:
            raise NotFoundError(f"{quoted(title)} is not ignored. Reload the settings to see what is.")
