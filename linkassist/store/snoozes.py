"""What the reader has put off: pairs of page and target that stay out of the queue until a moment."""

from __future__ import annotations

from typing import Final

from linkassist.store.integrity.checksums import SNOOZES, require_sound, seal
from linkassist.store.library import Library

# One that was put off in the future was so by a clock that has been set back, and its end is as wrong; a clock that is
# a little off is none.
_HOLDS: Final = "s.until > ? AND s.snoozed_at <= ? + 86400"


def snooze(library: Library, page_id: int, target_key: str, at: int, until: int) -> None:
    """Puts the pair off until that Unix second; a later call takes the place of an earlier one."""
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
    """Lets the pair come up again at once."""
    with library.transaction(is_durable=True) as connection:
        connection.execute("DELETE FROM snoozes WHERE page_id = ? AND target_key = ?", (page_id, target_key))


def snoozed(library: Library, project_id: int, now: int) -> set[tuple[int, str]]:
    """(page row id, target key) of every pair that is put off at that moment."""
    # CROSS JOIN: few pairs are put off, and SQLite would walk all pages of the project instead.
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


def n_snoozed_since(library: Library, project_id: int, since: int, now: int) -> int:
    """How many pairs were put off after that Unix second and still are, those decided on by now left out."""
    row = library.row(
        f"""
        SELECT count(*) FROM snoozes s CROSS JOIN pages p ON p.id = s.page_id
        WHERE p.project_id = ? AND s.snoozed_at > ? AND {_HOLDS}
        AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.page_id = s.page_id AND v.target_key = s.target_key)
        """,
        (project_id, since, now, now),
    )
    return row[0] if row else 0


def prune_snoozes(library: Library, now: int) -> int:
    """Forgets what was put off until a moment that has passed; returns how many pairs."""
    with library.transaction() as connection:
        return connection.execute("DELETE FROM snoozes WHERE until < ?", (now,)).rowcount
