"""What is damaged in a library, in words that say what to do: the row, the backup that has it whole, the command.

Three things are told apart. The structure of the file is SQLite's to check, and a whole backup puts it right. A row
that is the reader's own is held against its checksum, and the text of a page against its hash; these can be brought
back one by one (`store/backup/mend.py`). What is derived is made again by a reindex, and no concern of this module.
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
    BATCHES,
    IGNORED,
    ITEMS,
    PROJECT_SETTINGS,
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

# What damaged data makes Python or SQLite raise, wherever it is used; a failure in words is none of these.
_SYMPTOMS: Final = (
    *(sqlite3.Error, struct.error, zlib.error, DamagedError),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, MemoryError),
)
_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row that is not what was written. row: the table's columns as they are, the checksum last. what: in words.

    Of a verdict that the log knows and the table of verdicts lacks, the row is what it should be, without a checksum.
    """

    table: SealedTable
    row: Row
    what: str


@dataclass(frozen=True, slots=True)
class DamagedText:
    """A page whose title or lines are not those of its hash. what: in words."""

    page_id: int
    text_id: int
    text_hash: str
    what: str


Damage = DamagedRow | DamagedText


def raise_if_damaged(path: Path, error: BaseException) -> None:
    """Raises StoreError in place of `error` where it may come from damage and the database at `path` is damaged.

    So a bug stays what it is, and whatever a damaged file makes the program do ends in the advice. To look through a
    library of 23,000 pages takes four seconds.
    """
    if isinstance(error, _SYMPTOMS):
        found = diagnosis(path)
        if found:
            raise StoreError(found) from error
        if isinstance(error, DamagedError) and str(path) not in str(error):
            raise StoreError(damaged(path, str(error))) from error


def diagnosis(path: Path) -> str:
    """What is damaged in the library at `path` and what to do, "" where all is whole."""
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
            for table in SEALED
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
            DamagedText(page_id, text_id, str(text[0]), f"the text of page {quoted(text[1])}")
            for page_id, text_id, export_id, *text in rows
            if not is_text_sound(*text) or not _is_utf8(export_id)
        ]


def derived_damage(path: Path) -> str:
    """What is damaged of what is derived and makes screens fail, and the command that makes it anew, "" for nothing."""
    with closing(tolerant(path)) as connection:
        for table, columns in _RECORDS.items():
            for row in connection.execute(f"SELECT {columns} FROM {table}"):
                if not all(map(_is_utf8, row)):
                    return f"{path} is damaged in its {table.replace('_', ' ')}. {_REINDEX.format('', _place(path))}"
        text_ids = damaged_links(path)
        if text_ids:
            row = connection.execute("SELECT title FROM pages WHERE text_id = ?", (text_ids[0],)).fetchone()
            of = f" of page {quoted(row[0])}" if row else ""
            return f"{path} is damaged in the links{of}. {_REINDEX.format(' --full', _place(path))}"
    return ""


_RECORDS: Final = {
    "runs": "kind, status, step, counts, message",
    "artefacts": "name, fingerprint",
    "list_origins": "made_of",
}
_REINDEX: Final = "Run `linkassist reindex{0} --library {1}`, which makes them anew."


def damaged_links(path: Path) -> list[int]:
    """The rows of the texts of which a stored link does not stand where it says. Costs a second for 110,000 links."""
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
    """Each damaged thing with the backup from which it can come back, and the command that does it."""
    told = []
    for each in found[:_MOST_TOLD]:
        told.append(f"{each.what} ({_where_whole(path.parent, each)})")
    more = f"; and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
    command = f"linkassist restore --damaged --library {_place(path)}"
    texts = " Or import the export again, which brings back texts." if isinstance(found[-1], DamagedText) else ""
    return f"{path} is damaged in places: {'; '.join(told)}{more}. `{command}` mends these places alone.{texts}"


def _where_whole(folder: Path, each: Damage) -> str:
    if isinstance(each, DamagedRow) and each.table is VERDICTS:
        return "the log of decisions has it"
    backup = next((file.path.name for file, _ in sound_copies(folder, each)), None)
    if backup is not None:
        return f"whole in {backup}"
    return "in no backup; the next import brings it" if isinstance(each, DamagedText) else "in no backup"


def sound_copies(folder: Path, of: Damage) -> Iterator[tuple[BackupFile, Row]]:
    """(backup, the row as it holds it) of the library's backups that have what is damaged whole, the newest first.

    Of a text the row is (title, lines, line_meta, export_id); of a damaged row its columns without the checksum. A
    backup that has the very row that was written is better than a newer one that has an earlier state of it, and comes
    first.
    """
    earlier = []
    for each in backup_files(folder):
        try:
            with closing(tolerant(each.path)) as connection:
                row = _text_of(connection, of) if isinstance(of, DamagedText) else _row_of(connection, of)
        except (sqlite3.Error, UnicodeError):
            continue  # a damaged backup has nothing to give
        if row is None:
            continue
        if isinstance(of, DamagedText) or checksum(of.table, row) == of.row[-1]:
            yield each, row
        else:
            earlier.append((each, row))
    yield from earlier


def tolerant(path: Path) -> sqlite3.Connection:
    """A connection for reading whose texts need not be UTF-8: what is not stands in them as lone surrogates."""
    connection = for_reading(path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def quoted(value: object) -> str:
    """A value in quotation marks that any terminal and any report can hold."""
    return '"' + visible(str(value)).encode("utf-8", "backslashreplace").decode() + '"'


def holding_by_log(connection: sqlite3.Connection) -> dict[tuple[int, str], int]:
    """(page row id, target key) to the entry of the log that holds for it, as the log has it from its beginning."""
    holding: dict[tuple[int, str], int] = {}
    decisions: set[int] = set()
    rows = connection.execute("SELECT id, page_id, target_key, action, previous_id FROM verdict_log ORDER BY id")
    for number, page_id, target_key, action, previous_id in rows:
        if action == "decide":
            decisions.add(number)
            holding[page_id, target_key] = number
        elif previous_id not in decisions:  # None, or one that was damaged and came back from nowhere
            holding.pop((page_id, target_key), None)
        else:
            holding[page_id, target_key] = previous_id
    return holding


def _has_checksums(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] >= WITH_CHECKSUMS)


def _against_the_log(connection: sqlite3.Connection, known: set[Row]) -> list[DamagedRow]:
    """Verdicts that are not what the log says, beside those that are known to be damaged."""
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
    """The row in a backup: the very one by its checksum, else a sound one of the same key."""
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
            f"a decision: {quoted(at['target'])} on page {_page(connection, at['page_id'])} ({did} {when}{taken_back})"
        )
    if table is VERDICTS:
        return f"what holds for {quoted(at['target_key'])} on page {_page(connection, at['page_id'])}"
    if table is SNOOZES:
        until = _moment(at["until"])
        return f"{quoted(at['target_key'])} on page {_page(connection, at['page_id'])}, put off until {until}"
    if table is IGNORED:
        return f"the ignored {at['sort']} {quoted(at['title'])}"
    if table is PROJECT_SETTINGS:
        return f"the setting {quoted(at['name'])}, {quoted(at['value'])}"
    if table is BATCHES:
        return f"batch {at['id']} of the outbox, of {_moment(at['made_at'])}"
    assert table is ITEMS
    return f"a link in batch {at['batch_id']} of the outbox"


def _is_utf8(value: object) -> bool:
    """Whether a value that `tolerant` gave is one that any reader can be given."""
    try:
        return not isinstance(value, str) or bool(value.encode()) or not value
    except UnicodeEncodeError:
        return False


def _place(path: Path) -> str:
    return shlex.quote(str(path.parent))


def _page(connection: sqlite3.Connection, page_id: object) -> str:
    row = connection.execute("SELECT title FROM pages WHERE id = ?", (page_id,)).fetchone()
    return quoted(row[0]) if row else f"number {quoted(page_id)}"


def _moment(at: object) -> str:
    """`2026-11-22 14:07`, in local time; what is no moment as it is."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return quoted(at)
