"""Finds damage in a library, and says what is damaged, which backup has it undamaged, and which command restores it.

There are three kinds. SQLite checks the structure of the file, which only a whole backup restores. Rows of the reader's
own data are checked by their checksums and the texts of pages by their hashes; these can be restored one by one
(`store/backup/mend.py`). Derived data is made again by a reindex.
"""

from __future__ import annotations

import shlex
import sqlite3
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from linkassist.errors import StoreError
from linkassist.store.backup.copy import complaints, for_reading
from linkassist.store.backup.files import BackupFile, backup_files
from linkassist.store.codec import decode_texts, is_text_sound
from linkassist.store.error_messages import DamagedError, damaged
from linkassist.store.integrity.checksums import (
    ACCEPTED_LINES,
    BATCHES,
    IGNORED,
    PROJECT_SETTINGS,
    PUSHES,
    SEALED,
    SNOOZES,
    VERDICT_LOG,
    VERDICTS,
    SealedTable,
    checksum,
    is_sound,
)
from linkassist.store.schema import WITH_CHECKSUMS
from linkassist.terminal_escape import visible
from linkassist.wiki import title_key

Row = tuple[Any, ...]

# The exceptions that damaged data may cause anywhere.
_SYMPTOMS: Final = (
    *(sqlite3.Error, struct.error, zlib.error, DamagedError),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, MemoryError),
)
_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A damaged row. row: the columns as they are, the checksum last. what: a description for messages.

    For a verdict that is missing in the table but in the log, the row is the right one, without a checksum.
    """

    table: SealedTable
    row: Row
    what: str


@dataclass(frozen=True, slots=True)
class DamagedText:
    """A page whose title or lines do not match its hash. what: a description for messages."""

    page_id: int
    text_id: int
    text_hash: str
    what: str


Damage = DamagedRow | DamagedText


def raise_if_damaged(path: Path, error: BaseException) -> None:
    """Raises StoreError if damage may have caused `error` and the database at `path` is damaged.

    Other errors are bugs and left alone. To check a library of 23,000 pages takes four seconds.
    """
    if isinstance(error, _SYMPTOMS):
        found = diagnosis(path)
        if found:
            raise StoreError(found) from error
        if isinstance(error, DamagedError) and str(path) not in str(error):
            raise StoreError(damaged(path, str(error))) from error


def diagnosis(path: Path) -> str:
    """The message about the damage in the library at `path`, "" if there is none."""
    if not path.is_file():
        return ""
    try:
        found: Sequence[Damage] = damaged_rows(path)
        structure = "" if found else complaints(path)
        if not found and not structure:
            found = damaged_texts(path)
        if not found and not structure:
            return derived_damage(path)
    except (sqlite3.Error, UnicodeError) as error:
        return damaged(path, complaints(path) or str(error))
    if structure:
        return damaged(path, structure)
    return damage_message(path, found) if found else ""


def all_damage(path: Path) -> list[Damage]:
    """Every damaged row of the reader's own and every damaged text. Raises StoreError where they cannot be read."""
    try:
        return [*damaged_rows(path), *damaged_texts(path)]
    except (sqlite3.Error, UnicodeError) as error:
        raise StoreError(damaged(path, complaints(path) or str(error))) from error


def require_undamaged(backup: Path, of: Path) -> None:
    """Raises StoreError where a row or a text is damaged in the backup, just made, of the library at `of`."""
    found = all_damage(backup)
    if found:
        raise StoreError(f"The backup {backup} was made, but with damage. {damage_message(of, found)}")


def damaged_rows(path: Path) -> list[DamagedRow]:
    """The damaged rows of the reader's own, none for a library that has no checksums yet. Raises sqlite3.Error."""
    with closing(tolerant(path)) as connection:
        if not _has_checksums(connection):
            return []
        found = [
            DamagedRow(table, row, _row_in_words(connection, table, row))
            for table in _sealed_tables(connection)
            for row in connection.execute(f"SELECT {table.selected} FROM {table.name}")
            if not is_sound(table, row)
        ]
        if not any(each.table is VERDICT_LOG for each in found):
            found += _against_the_log(connection, {each.row[:2] for each in found if each.table is VERDICTS})
    return found


def damaged_texts(path: Path) -> list[DamagedText]:
    """The pages, also those that are gone, whose title or lines are not what was imported. Raises sqlite3.Error."""
    with closing(tolerant(path)) as connection:
        rows = connection.execute(
            """
            SELECT p.id, t.id, p.export_id, p.text_hash, p.title, t.lines, t.line_meta, t.content_hash
            FROM pages p CROSS JOIN texts t ON t.id = p.text_id ORDER BY p.id
            """
        )
        return [
            DamagedText(page_id, text_id, str(text[0]), f"the text of page {_quoted(text[1])}")
            for page_id, text_id, export_id, *text in rows
            if not is_text_sound(*text) or not _is_utf8(export_id)
        ]


def derived_damage(path: Path) -> str:
    """The message about damaged derived data that makes screens fail, "" if there is none."""
    with closing(tolerant(path)) as connection:
        for table, columns in _RECORDS.items():
            for row in connection.execute(f"SELECT {columns} FROM {table}"):
                if not all(map(_is_utf8, row)):
                    return f"{path} is damaged in its {table.replace('_', ' ')}. {_REINDEX.format('', _place(path))}"
        text_ids = damaged_links(path)
        if text_ids:
            row = connection.execute("SELECT title FROM pages WHERE text_id = ?", (text_ids[0],)).fetchone()
            of = f" of page {_quoted(row[0])}" if row else ""
            return f"{path} is damaged in the links{of}. {_REINDEX.format(' --full', _place(path))}"
    return ""


_RECORDS: Final = {
    "runs": "kind, status, step, counts, message",
    "artefacts": "name, fingerprint",
    "list_origins": "made_of",
}
_REINDEX: Final = "Run `linkassist reindex{0} --library {1}`, which makes them anew."


def damaged_links(path: Path) -> list[int]:
    """The ids of texts with a stored link that is not at its place. Takes a second for 110,000 links."""
    found: list[int] = []
    text_id, lines = None, []
    with closing(tolerant(path)) as connection:
        for number, line, start, end, key, target in connection.execute(
            "SELECT text_id, line, start, end, key, target FROM links ORDER BY text_id"
        ):
            try:
                if number != text_id:
                    (written,) = connection.execute("SELECT lines FROM texts WHERE id = ?", (number,)).fetchone()
                    text_id, lines = number, decode_texts(written)
                is_there = target in lines[line][start:end] and title_key(target) == key
            except (ValueError, TypeError, LookupError):
                is_there = False
            if not is_there and number not in found[-1:]:
                found.append(number)
    return found


def damage_message(path: Path, found: Sequence[Damage]) -> str:
    """The message about damaged rows and texts: a backup of each, and the command that restores them."""
    places = [f"{each.what} ({_where_whole(path.parent, each)})" for each in found[:_MOST_TOLD]]
    more = f"; and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
    command = f"linkassist restore --damaged --library {_place(path)}"
    texts = " Or import the export again, which brings back texts." if isinstance(found[-1], DamagedText) else ""
    return f"{path} is damaged in places: {'; '.join(places)}{more}. `{command}` mends these places alone.{texts}"


def _where_whole(folder: Path, each: Damage) -> str:
    if isinstance(each, DamagedRow) and each.table is VERDICTS:
        return "the log of decisions has it"
    backup = next((file.path.name for file, _ in sound_copies(folder, each)), None)
    if backup is not None:
        return f"whole in {backup}"
    return "in no backup; the next import brings it" if isinstance(each, DamagedText) else "in no backup"


def sound_copies(folder: Path, of: Damage) -> Iterator[tuple[BackupFile, Row]]:
    """(backup, its undamaged row) of the backups that have one, the newest first.

    For a text the row is (title, lines, line_meta, export_id), else the columns without the checksum. Backups with the
    very row that was damaged, by its checksum, come before newer ones with another state of it.
    """
    earlier = []
    for each in backup_files(folder):
        try:
            with closing(tolerant(each.path)) as connection:
                row = _text_of(connection, of) if isinstance(of, DamagedText) else _row_of(connection, of)
        except (sqlite3.Error, UnicodeError):
            continue  # a damaged backup
        if row is None:
            continue
        if isinstance(of, DamagedText) or checksum(of.table, row) == of.row[-1]:
            yield each, row
        else:
            earlier.append((each, row))
    yield from earlier


def tolerant(path: Path) -> sqlite3.Connection:
    """A read-only connection that decodes invalid UTF-8 to lone surrogates."""
    connection = for_reading(path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _quoted(value: object) -> str:
    """The whole value in quotation marks, for messages."""
    return '"' + visible(str(value)).encode("utf-8", "backslashreplace").decode() + '"'


def holding_by_log(connection: sqlite3.Connection) -> dict[tuple[int, str], int]:
    """The log entry in force by (page row id, target key), from a replay of the whole log."""
    holding: dict[tuple[int, str], int] = {}
    decisions: set[int] = set()
    rows = connection.execute("SELECT id, page_id, target_key, action, previous_id FROM verdict_log ORDER BY id")
    for number, page_id, target_key, action, previous_id in rows:
        if action == "decide":
            decisions.add(number)
            holding[page_id, target_key] = number
        elif previous_id not in decisions:  # None, or a damaged entry without a backup
            holding.pop((page_id, target_key), None)
        else:
            holding[page_id, target_key] = previous_id
    return holding


def _has_checksums(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] >= WITH_CHECKSUMS)


def _sealed_tables(connection: sqlite3.Connection) -> list[SealedTable]:
    """Those that the library has; one of an older linkassist lacks some."""
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return [table for table in SEALED if table.name in names]


def _against_the_log(connection: sqlite3.Connection, known: set[Row]) -> list[DamagedRow]:
    """Verdicts that differ from the log, without those known to be damaged."""
    should = holding_by_log(connection)
    found = []
    for row in connection.execute(f"SELECT {VERDICTS.selected} FROM verdicts"):
        if should.pop(row[:2], None) != row[3] and row[:2] not in known:
            found.append(DamagedRow(VERDICTS, row, _row_in_words(connection, VERDICTS, row)))
    for (page_id, target_key), number in should.items():
        row = (page_id, target_key, None, number, None)
        found.append(DamagedRow(VERDICTS, row, _row_in_words(connection, VERDICTS, row)))
    return found


def _row_of(connection: sqlite3.Connection, of: DamagedRow) -> Row | None:
    """The row in a backup: the one with the same checksum, else an undamaged one with the same key."""
    table, key = of.table, of.row[: of.table.n_key]
    columns = ", ".join(table.columns)
    if not _has_checksums(connection):  # of an older linkassist
        row = connection.execute(f"SELECT {columns} FROM {table.name} WHERE {table.is_this_row}", key).fetchone()
        return row if row is not None and checksum(table, row) == of.row[-1] else None
    for where, values in (("checksum = ?", of.row[-1:]), (table.is_this_row, key)):
        row = connection.execute(f"SELECT {table.selected} FROM {table.name} WHERE {where}", values).fetchone()
        if row is not None and is_sound(table, row):
            return tuple(row[:-1])
    return None


def _text_of(connection: sqlite3.Connection, of: DamagedText) -> Row | None:
    row = connection.execute(
        """
        SELECT p.text_hash, p.title, t.lines, t.line_meta, t.content_hash, p.export_id
        FROM pages p CROSS JOIN texts t ON t.id = p.text_id WHERE p.id = ? AND p.text_hash = ?
        """,
        (of.page_id, of.text_hash),
    ).fetchone()
    if row is None or not is_text_sound(*row[:5]) or not _is_utf8(row[5]):
        return None
    return (*row[1:4], row[5])


def _row_in_words(connection: sqlite3.Connection, table: SealedTable, row: Row) -> str:
    at = dict(zip(table.columns, row, strict=False))
    if table is VERDICT_LOG:
        did = {"accept": "accepted", "reject": "rejected"}.get(at["decision"], "decided")
        taken_back = ", taken back" if at["action"] == "undo" else ""
        when = _moment(at["decided_at"])
        return (
            f"a decision: {_quoted(at['target'])} on page {_page(connection, at['page_id'])} ({did} {when}{taken_back})"
        )
    if table is VERDICTS:
        return f"what holds for {_quoted(at['target_key'])} on page {_page(connection, at['page_id'])}"
    if table is SNOOZES:
        until = _moment(at["until"])
        return f"{_quoted(at['target_key'])} on page {_page(connection, at['page_id'])}, put off until {until}"
    if table is IGNORED:
        return f"the ignored {at['sort']} {_quoted(at['title'])}"
    if table is PROJECT_SETTINGS:
        return f"the setting {_quoted(at['name'])}, {_quoted(at['value'])}"
    if table is BATCHES:
        return f"batch {at['id']} of the outbox, of {_moment(at['made_at'])}"
    if table is ACCEPTED_LINES:
        return f"the line of decision {at['log_id']}"
    if table is PUSHES:
        return f"the address that batch {at['batch_id']} of the outbox was written to"
    return f"a link in batch {at['batch_id']} of the outbox"


def _is_utf8(value: object) -> bool:
    """Whether a value read by `tolerant` is valid UTF-8."""
    try:
        return not isinstance(value, str) or bool(value.encode()) or not value
    except UnicodeEncodeError:
        return False


def _place(path: Path) -> str:
    return shlex.quote(str(path.parent))


def _page(connection: sqlite3.Connection, page_id: object) -> str:
    row = connection.execute("SELECT title FROM pages WHERE id = ?", (page_id,)).fetchone()
    return _quoted(row[0]) if row else f"number {_quoted(page_id)}"


def _moment(at: object) -> str:
    """`2026-11-22 14:07`, in local time; a value that is no time in quotes."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return _quoted(at)
