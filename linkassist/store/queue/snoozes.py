"""Snoozed suggestions: pairs of page and target that stay out of the queue until a given time."""

from __future__ import annotations

from typing import Final

from linkassist.store.integrity.checksums import SNOOZES, require_sound, seal
from linkassist.store.library import Library

KEPT_S: Final = 90 * 86_400
# A snooze from more than a day in the future was made by a clock that has been set back since, and is not in force.
_HOLDS: Final = "s.until > ? AND s.snoozed_at <= ? + 86400"


def snooze(library: Library, page_id: int, target_key: str, at: int, until: int) -> None:
    """Snoozes the pair until that Unix second, in place of an earlier snooze."""
    with library.transaction(is_durable=True) as connection:
        connection.execute(
            """
            INSERT INTO snoozes (page_id, target_key, snoozed_at, until) VALUES (?, ?, ?, ?)
            ON CONFLICT (page_id, target_key) DO UPDATE SET snoozed_at = excluded.snoozed_at, until = excluded.until
            """,
            (page_id, target_key, at, until),
        )
        seal(connection, SNOOZES, SNOOZES.is_this_row, (page_id, target_key))


def wake(library: Library, page_id: int, target_key: str) -> None:
    """Ends the snooze of the pair."""
    with library.transaction(is_durable=True) as connection:
        connection.execute("DELETE FROM snoozes WHERE page_id = ? AND target_key = ?", (page_id, target_key))


def snoozed(library: Library, project_id: int, now: int) -> set[tuple[int, str]]:
    """(page row id, target key) of every pair snoozed at Unix second `now`."""
    # CROSS JOIN: few pairs are snoozed, and SQLite would otherwise scan all pages of the project.
    rows = library.rows(
        f"SELECT {SNOOZES.selected} FROM (SELECT s.* FROM snoozes s CROSS JOIN pages p ON p.id = s.page_id"
        f" WHERE p.project_id = ? AND {_HOLDS})",
        (project_id, now, now),
    )
    found = set()
    for row in rows:
        require_sound(SNOOZES, row)
        found.add((row[0], row[1]))
    return found


def last_snooze(library: Library, page_id: int, target_key: str) -> tuple[int, int] | None:
    """(snoozed at, until) of the pair's last snooze, in force or ended; None if there is none that is kept."""
    sql = f"SELECT {SNOOZES.selected} FROM snoozes WHERE {SNOOZES.is_this_row}"
    row = library.row(sql, (page_id, target_key))
    if row is None:
        return None
    require_sound(SNOOZES, row)
    return row[2], row[3]


def prune_snoozes(library: Library, now: int) -> int:
    """Deletes the snoozes that ended more than `KEPT_S` ago; returns how many.

    Those kept tell how long a card was put off last, and so how long it is put off the next time.
    """
    with library.transaction() as connection:
        return connection.execute("DELETE FROM snoozes WHERE until < ?", (now - KEPT_S,)).rowcount
