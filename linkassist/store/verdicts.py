"""Verdicts: an append-only log of decisions, and a table of those in force, by page row and title key of the target.

Every decision and every undo is an entry of the log; a verdict in force refers to its entry. It also refers to the row
of its target, so that it holds for the target's new title after a rename (and still for the old one). Rows are checked
against their checksums when they are read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from sqlite3 import Connection
from typing import Any, Final

from linkassist.errors import NotFoundError
from linkassist.store.integrity.checksums import VERDICT_LOG, VERDICTS, require_sound, seal
from linkassist.store.library import Library
from linkassist.store.suggestion_lists import AsShown, as_found, refresh_gain
from linkassist.store.write_back.accepted_lines import keep_accepted_line
from linkassist.suggestion import Mention, Objection, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

# The verdicts in force, a row each, for `as_verdicts`; conditions and further tables can follow. Use CROSS JOIN: there
# are few verdicts, and SQLite would otherwise scan all pages of a project.
HOLDING: Final = """
    SELECT v.page_id, v.target_key, t.key, t.title, l.target, l.decision, l.decided_at, l.kind, l.probability,
           l.mention_line, l.mention_start, l.mention_end, l.mention_surface, l.why,
           l.id, l.page_id AS logged_page, l.target_key AS logged_key, l.action, l.logged_at, l.previous_id, l.checksum,
           v.target_page_id, v.log_id, v.checksum AS verdict_checksum
    FROM verdicts v JOIN verdict_log l ON l.id = v.log_id
    LEFT JOIN pages t ON t.id = v.target_page_id AND t.is_gone = 0
"""


def record_verdict(library: Library, page_id: int, verdict: Verdict, as_shown: AsShown = as_found) -> None:
    """Stores the decision in place of an earlier one on the same target; it is on the disk when this returns.

    as_shown: for the page's gain; called when the decision is in force.
    Raises NotFoundError if the library has no such page.
    """
    with library.transaction(is_durable=True) as connection:
        project = connection.execute("SELECT project_id FROM pages WHERE id = ?", (page_id,)).fetchone()
        if project is None:
            raise NotFoundError(f"The library holds no page with number {page_id}. Go back to the list of pages.")
        target_page = connection.execute(
            "SELECT id FROM pages WHERE project_id = ? AND key = ? AND is_gone = 0",
            (project[0], title_key(verdict.target)),
        ).fetchone()
        target_key, previous_id = _held(connection, page_id, title_key(verdict.target)) or (
            title_key(verdict.target),
            None,
        )
        log_id = _log(connection, page_id, target_key, "decide", verdict, verdict.decided_at, previous_id)
        connection.execute(
            """
            INSERT INTO verdicts (page_id, target_key, target_page_id, log_id) VALUES (?, ?, ?, ?)
            ON CONFLICT (page_id, target_key) DO UPDATE SET
                log_id = excluded.log_id, target_page_id = coalesce(excluded.target_page_id, target_page_id)
            """,
            (page_id, target_key, target_page[0] if target_page else None, log_id),
        )
        seal(connection, VERDICTS, VERDICTS.is_this_row, (page_id, target_key))
        if verdict.decision == "accept" and verdict.mention:
            keep_accepted_line(connection, page_id, log_id, verdict.mention)
        refresh_gain(connection, page_id, as_shown)


def set_objection(
    library: Library, page_id: int, target_key: str, why: Objection | None, as_shown: AsShown = as_found
) -> None:
    """Stores the objection to a rejected target, None to remove it; the target stays rejected.

    The new log entry has the predecessor of the rejection, so one undo takes back both.
    Raises NotFoundError if the target is not rejected.
    """
    with library.transaction(is_durable=True) as connection:
        held = _held(connection, page_id, target_key)
        previous_id, verdict = _logged(connection, held[1]) if held else (None, None)
        if held is None or verdict is None or verdict.decision != "reject":
            raise NotFoundError(f"{quoted(target_key)} is not rejected on this page. Reload the page to see what is.")
        if verdict.why == (why or ""):
            return
        objected = replace(verdict, why=why or "")
        log_id = _log(connection, page_id, held[0], "decide", objected, int(time.time()), previous_id)
        _point_to(connection, page_id, held[0], log_id)
        refresh_gain(connection, page_id, as_shown)


def undo_verdict(library: Library, page_id: int, target_key: str, as_shown: AsShown = as_found) -> Verdict | None:
    """Takes back the last decision on the target. Returns the one in force now, None if the pair is open again.

    as_shown: as for `record_verdict`. Raises NotFoundError if nothing is decided.
    """
    with library.transaction(is_durable=True) as connection:
        held = _held(connection, page_id, target_key)
        if held is None:
            raise NotFoundError(
                f"Nothing is decided about {quoted(target_key)} on this page, so there is nothing to undo."
            )
        first_key, log_id = held
        previous_id, undone = _logged(connection, log_id)
        _log(connection, page_id, first_key, "undo", undone, int(time.time()), previous_id)
        if previous_id is None:
            connection.execute("DELETE FROM verdicts WHERE page_id = ? AND target_key = ?", (page_id, first_key))
        else:
            _point_to(connection, page_id, first_key, previous_id)
        refresh_gain(connection, page_id, as_shown)
        rows = connection.execute(f"{HOLDING} WHERE v.page_id = ? AND v.target_key = ?", (page_id, first_key))
        return next(iter(as_verdicts(rows)), None)


def verdicts(library: Library, page_id: int) -> list[Verdict]:
    """The verdicts in force for the page, the latest first.

    `target` is the target's title as it is now, if it has been renamed. `mention` is as it was when decided: compare
    its surface with the line before using its span, since the page may have been edited.
    """
    return as_verdicts(library.rows(f"{HOLDING} WHERE v.page_id = ? ORDER BY l.id DESC", (page_id,)))


def decided(library: Library, page_id: int) -> dict[str, Verdict]:
    """The verdicts in force for the page, by target key; a renamed target is under its old and its new key."""
    rows = list(library.rows(f"{HOLDING} WHERE v.page_id = ?", (page_id,)))
    return {
        key: verdict
        for row, verdict in zip(rows, as_verdicts(rows), strict=True)
        for key in row[1:3]
        if key is not None
    }


def project_verdicts(library: Library, project_id: int) -> list[tuple[int, Verdict]]:
    """(page row id, verdict) of every page of the project, also of pages that are gone, in order of decision."""
    sql = f"{HOLDING} CROSS JOIN pages p ON p.id = v.page_id WHERE p.project_id = ? ORDER BY l.id"
    rows = list(library.rows(sql, (project_id,)))
    return list(zip([row[0] for row in rows], as_verdicts(rows), strict=True))


def last_decision(library: Library) -> int:
    """The number of the last decision in the log, 0 if there is none."""
    row = library.row("SELECT coalesce(max(id), 0) FROM verdict_log")
    return row[0] if row else 0


def verdicts_since(library: Library, project_id: int, since: int) -> list[tuple[int, str, Verdict]]:
    """(page row id, page title, verdict) of the verdicts in force given from that Unix second on, the latest first."""
    sql = f"{HOLDING} CROSS JOIN pages p ON p.id = v.page_id WHERE p.project_id = ? AND l.decided_at >= ?"
    rows = list(library.rows(f"{sql} ORDER BY l.id DESC", (project_id, since)))
    pages = {row[0] for row in rows}
    titles = {
        page: title for page in pages for (title,) in library.rows("SELECT title FROM pages WHERE id = ?", (page,))
    }
    return [(row[0], titles[row[0]], each) for row, each in zip(rows, as_verdicts(rows), strict=True)]


def accepted_between(library: Library, page_id: int, after: int, until: int) -> list[Verdict]:
    """The acceptances in force for the page whose log entries come after one entry and not after another."""
    sql = f"{HOLDING} WHERE v.page_id = ? AND l.id > ? AND l.id <= ? AND l.decision = 'accept' ORDER BY l.id"
    return as_verdicts(library.rows(sql, (page_id, after, until)))


def verdicts_stamp(library: Library, project_id: int) -> tuple[int, ...]:
    """Numbers that change whenever `project_verdicts` may: after a decision, and after an import, which may rename."""
    row = library.row(
        """
        SELECT (SELECT coalesce(max(id), 0) FROM verdict_log), (SELECT coalesce(max(id), 0) FROM texts), imported_at
        FROM projects WHERE id = ?
        """,
        (project_id,),
    )
    return row or ()


def _held(connection: Connection, page_id: int, target_key: str) -> tuple[str, int] | None:
    """(its stored key, its log entry) of the verdict in force on the target, by its old or its new key."""
    found = connection.execute(
        """
        SELECT v.page_id, v.target_key, v.target_page_id, v.log_id, v.checksum
        FROM verdicts v LEFT JOIN pages t ON t.id = v.target_page_id AND t.is_gone = 0
        WHERE v.page_id = ? AND (v.target_key = ? OR t.key = ?) ORDER BY v.target_key <> ?
        """,
        (page_id, target_key, target_key, target_key),
    ).fetchone()
    if found is None:
        return None
    require_sound(VERDICTS, found)
    return found[1], found[3]


def _logged(connection: Connection, log_id: int) -> tuple[int | None, Verdict]:
    """(the entry in force before, the verdict) of an entry of the log."""
    row = connection.execute(f"SELECT {VERDICT_LOG.selected} FROM verdict_log WHERE id = ?", (log_id,)).fetchone()
    require_sound(VERDICT_LOG, row)
    return row[5], _verdict(*row[6:-1])


def _point_to(connection: Connection, page_id: int, target_key: str, log_id: int) -> None:
    connection.execute(
        "UPDATE verdicts SET log_id = ? WHERE page_id = ? AND target_key = ?", (log_id, page_id, target_key)
    )
    seal(connection, VERDICTS, VERDICTS.is_this_row, (page_id, target_key))


def _log(
    connection: Connection,
    page_id: int,
    target_key: str,
    action: str,
    verdict: Verdict,
    logged_at: int,
    previous_id: int | None,
) -> int:
    mention = verdict.mention
    span = (mention.line, mention.start, mention.end, mention.surface) if mention else (None,) * 4
    decision = (verdict.target, verdict.decision, verdict.decided_at, verdict.kind, verdict.probability)
    values = (page_id, target_key, action, logged_at, previous_id, *decision, *span, verdict.why)
    columns = ", ".join(VERDICT_LOG.columns[1:])
    row = connection.execute(
        f"INSERT INTO verdict_log ({columns}) VALUES ({', '.join('?' * len(values))}) RETURNING id", values
    ).fetchone()
    seal(connection, VERDICT_LOG, "id = ?", row)
    return int(row[0])


def as_verdicts(rows: Iterable[tuple[Any, ...]]) -> list[Verdict]:
    """The verdicts of rows of `HOLDING`. Raises DamagedError where one is not what was written."""
    found = []
    for row in rows:
        page_id, first_key, current_key, current_title, *decision = row[:14]
        logged, (target_page_id, log_id, verdict_checksum) = row[14:21], row[21:]
        require_sound(VERDICT_LOG, (*logged[:-1], *decision, logged[-1]))
        require_sound(VERDICTS, (page_id, first_key, target_page_id, log_id, verdict_checksum))
        is_renamed = current_key is not None and current_key != first_key
        found.append(_verdict(current_title if is_renamed else decision[0], *decision[1:]))
    return found


def _verdict(
    target: str, decision: Any, decided_at: int, kind: Any, probability: float, *mention_and_why: Any
) -> Verdict:
    *place, why = mention_and_why
    mention = None if None in place else Mention(*place)
    return Verdict(target, decision, decided_at, kind, probability, mention, why)
