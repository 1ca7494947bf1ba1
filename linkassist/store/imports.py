"""Imports an export into a library: matches its pages with the stored ones and writes what changed.

An import reads the whole export first and stages new texts in a temporary table, which blocks nobody. Then it adds the
texts to the library in chunks, unseen as long as no page refers to them; and then one short transaction updates the
pages. If it is interrupted before, the library is unchanged but for texts that the next import uses or deletes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from sqlite3 import Connection
from typing import Any, Final, NamedTuple

from linkassist.errors import StoreError
from linkassist.store.backup.copy import complaints
from linkassist.store.codec import decode_texts, search_form
from linkassist.store.error_messages import damaged
from linkassist.store.integrity.checksums import VERDICTS, is_sound, seal
from linkassist.store.integrity.damage import damaged_links, damaged_texts
from linkassist.store.library import Library
from linkassist.store.pages import Project, project
from linkassist.store.renamed_pages import DatedText, pair_renamed
from linkassist.store.runs import Note, end_run, write_notes
from linkassist.store.search.full_text import fill_search, unindex_texts
from linkassist.store.staging import Incoming, LinksOf, keep_staged_texts, link_rows, stage, unstage
from linkassist.store.write_back.import_news import link_state, write_news
from linkassist.terminal_escape import quoted
from linkassist.wiki import Page

_DROPPED_AT_ONCE: Final = 50

IMPORTED: Final = "import"  # the note of a project whose import no reindex has seen yet


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import. `new`, `changed` and `unchanged` add up to the pages imported.

    `changed` and `unchanged` speak of title and texts; views and times alone do not make a change. A page that comes
    back after being gone is `new`. `renamed` holds (old title, new title) and is also counted under `changed`.
    `skipped` says in words which pages were left out because another has the same title key or id. `n_mended` texts in
    the library were damaged, and are those of the export now, where it has their pages. `n_arrived` accepted links came
    into the texts, and `n_joined` pages that had no links in or out have one by them.
    """

    project: Project
    new: int
    changed: int
    unchanged: int
    gone: int
    renamed: tuple[tuple[str, str], ...]
    skipped: tuple[str, ...]
    n_mended: int = 0
    n_arrived: int = 0
    n_joined: int = 0


class _Row(NamedTuple):
    """The row of a page in the library."""

    id: int
    export_id: str
    title: str
    key: str
    text_id: int
    text_hash: str
    created: int
    updated: int
    views: int
    is_gone: int


@dataclass(frozen=True, slots=True)
class RunToEnd:
    """The run that ends with an import. counts_of: the counts for its record."""

    run_id: int
    counts_of: Callable[[ImportReport], Mapping[str, int]]


def import_pages(
    library: Library,
    name: str,
    display_name: str,
    exported_at: int,
    pages: Iterable[Page],
    links_of: LinksOf,
    *,
    notes: Sequence[Note] = (),
    run: RunToEnd | None = None,
) -> ImportReport:
    """Makes the project's present pages those of the export, all or nothing, and reports what changed.

    A page is recognised by its export id, else by its title key, else (without an id) by its time of creation and its
    text. It keeps its row, with its verdicts, whatever it is called later. What the export lacks is marked gone and
    keeps its row too. Of two pages with one title key (or one id) the most recently updated is kept, the first of
    equals.
    `pages` is read once, a page at a time; `links_of` is called for the texts that the library has never seen.
    notes, run: written in the transaction that changes the pages.
    """
    found = complaints(library.path)
    if found:  # with a damaged index an import might make a page twice
        raise StoreError(damaged(library.path, found))
    n_mended = _disown_damaged_texts(library)
    fill_search(library)  # in a library of an older linkassist, before the short transaction
    incoming, skipped = _without_doubles(stage(library, pages, links_of))
    keep_staged_texts(library)
    with library.transaction() as connection:
        text_ids: dict[bytes, int] = dict(connection.execute("SELECT content_hash, id FROM texts"))
        project_id = _keep_project(connection, name, display_name, exported_at)
        before = link_state(connection, project_id)
        stored = _stored_rows(connection, project_id)
        matches = _with_renamed(connection, incoming, _match(incoming, stored), stored, text_ids)
        _write_pages(connection, project_id, incoming, matches, stored, text_ids)
        _forget_what_is_stale(connection, project_id)
        n_arrived, n_joined = write_news(connection, project_id, before)
        write_notes(connection, project_id, [Note(IMPORTED, "and not yet read"), *notes])
        report = replace(
            _report(project(library, name), incoming, matches, stored, skipped, n_mended),
            n_arrived=n_arrived,
            n_joined=n_joined,
        )
        if run:
            end_run(connection, run.run_id, "done", run.counts_of(report), project_id=project_id)
    with suppress(StoreError):  # the import is done; the next one deletes what is left
        _drop_texts_without_page(library)
        unstage(library)
    return report


def _report(
    of: Project,
    incoming: list[Incoming],
    matches: list[_Row | None],
    stored: list[_Row],
    skipped: list[str],
    n_mended: int,
) -> ImportReport:
    matched = [(page, match) for page, match in zip(incoming, matches, strict=True) if match and not match.is_gone]
    kept = {match.id for _, match in matched}
    return ImportReport(
        project=of,
        new=len(incoming) - len(matched),
        changed=sum(page.text_hash != match.text_hash for page, match in matched),
        unchanged=sum(page.text_hash == match.text_hash for page, match in matched),
        gone=sum(not row.is_gone and row.id not in kept for row in stored),
        renamed=tuple((match.title, page.title) for page, match in matched if page.key != match.key),
        skipped=tuple(skipped),
        n_mended=n_mended,
    )


def refresh_links(library: Library, project_id: int, links_of: LinksOf) -> int:
    """Parses the links of every stored text again; returns how many texts differed."""
    n_changed = 0
    with library.transaction() as connection:
        rows = connection.execute(
            "SELECT id, lines FROM texts WHERE id IN (SELECT text_id FROM pages WHERE project_id = ?)", (project_id,)
        )
        for text_id, lines in rows:
            found = [(text_id, *link) for link in link_rows(links_of(decode_texts(lines)))]
            before = connection.execute(
                """
                SELECT text_id, line, start, end, CAST(key AS BLOB), CAST(target AS BLOB), CAST(notation AS BLOB)
                FROM links WHERE text_id = ? ORDER BY 2, 3
                """,
                (text_id,),
            ).fetchall()
            if [(*link[:4], *(text.encode() for text in link[4:])) for link in sorted(found)] == before:
                continue
            n_changed += 1
            n_links = len({link[4] for link in found})
            connection.execute("DELETE FROM links WHERE text_id = ?", (text_id,))
            connection.executemany("INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)", found)
            connection.execute("UPDATE texts SET n_links = ? WHERE id = ?", (n_links, text_id))
            connection.execute("UPDATE pages SET n_links = ? WHERE text_id = ?", (n_links, text_id))
    return n_changed


def _disown_damaged_texts(library: Library) -> int:
    """Changes the hashes of damaged texts, so that the import replaces them; returns how many there are."""
    found = {each.text_id for each in damaged_texts(library.path)}
    found.update(damaged_links(library.path))
    if found:
        with library.transaction() as connection:
            connection.executemany(
                "UPDATE texts SET content_hash = randomblob(16) WHERE id = ?", [(text_id,) for text_id in found]
            )
    return len(found)


def _without_doubles(incoming: list[Incoming]) -> tuple[list[Incoming], list[str]]:
    """The pages to import, each title key and each id once, and a message for each page left out."""
    skipped: list[str] = []
    # sorted() is stable: of two pages updated at the same time the first in the export is kept.
    newest_first = sorted(range(len(incoming)), key=lambda place: -incoming[place].updated)
    by_key: dict[str, Incoming] = {}
    by_id: dict[str, Incoming] = {}
    kept: list[int] = []
    for place in newest_first:
        page = incoming[place]
        double = by_key.get(page.key) or (by_id.get(page.export_id) if page.export_id else None)
        if double is not None:
            what = "title key" if page.key == double.key else "id"
            skipped.append(
                f"{quoted(page.title)} (page {place + 1} of the export): {quoted(double.title)} has the same {what} "
                "and was updated later or stands first"
            )
            continue
        by_key[page.key] = page
        if page.export_id:
            by_id[page.export_id] = page
        kept.append(place)
    return [incoming[place] for place in sorted(kept)], skipped


def _keep_project(connection: Connection, name: str, display_name: str, exported_at: int) -> int:
    row = connection.execute(
        """
        INSERT INTO projects (name, display_name, exported_at, imported_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET
            display_name = excluded.display_name, exported_at = excluded.exported_at, imported_at = excluded.imported_at
        RETURNING id
        """,
        (name, display_name, exported_at, int(time.time())),
    ).fetchone()
    return int(row[0])


def _stored_rows(connection: Connection, project_id: int) -> list[_Row]:
    rows = connection.execute(
        """
        SELECT id, CAST(export_id AS BLOB), CAST(title AS BLOB), key, text_id, text_hash, created, updated, views,
               is_gone
        FROM pages WHERE project_id = ? ORDER BY id
        """,
        (project_id,),
    )
    # A damaged id or title matches no page of the export and is written again.
    return [_Row(row[0], row[1].decode(errors="replace"), row[2].decode(errors="replace"), *row[3:]) for row in rows]


def _match(incoming: list[Incoming], stored: list[_Row]) -> list[_Row | None]:
    """The row of each incoming page, None for a new one; no row twice. Ids match first, since titles may be reused."""
    by_id = {row.export_id: row for row in stored if row.export_id}
    matches = [by_id.get(page.export_id) for page in incoming]
    taken = {row.id for row in matches if row}
    # The last one of a key wins: a present page over one that is gone, and of those the youngest.
    by_key = {row.key: row for row in sorted(stored, key=lambda row: (-row.is_gone, row.id)) if row.id not in taken}
    return [match or by_key.get(page.key) for page, match in zip(incoming, matches, strict=True)]


def _with_renamed(
    connection: Connection,
    incoming: list[Incoming],
    matches: list[_Row | None],
    stored: list[_Row],
    text_ids: dict[bytes, int],
) -> list[_Row | None]:
    """The matches, and for new pages without an id the vanished rows that they are under another title."""
    taken = {row.id for row in matches if row}
    rows = {row.id: row for row in stored if row.id not in taken and not row.is_gone}
    vanished = [DatedText(row.id, row.title, row.created, row.text_id) for row in rows.values()]
    new = [
        DatedText(place, page.title, page.created, text_ids[page.content_hash])
        for place, (page, match) in enumerate(zip(incoming, matches, strict=True))
        if match is None and not page.export_id and page.content_hash in text_ids
    ]
    found = list(matches)
    for row_id, place in pair_renamed(connection, vanished, new):
        found[place] = rows[row_id]
    return found


def _write_pages(
    connection: Connection,
    project_id: int,
    incoming: list[Incoming],
    matches: list[_Row | None],
    stored: list[_Row],
    text_ids: dict[bytes, int],
) -> None:
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    keys = {row.id: page.key for page, row in zip(incoming, matches, strict=True) if row}
    # Pages that change their key are marked gone first, so that two may swap titles under the unique index.
    aside = [(row.id,) for row in stored if not row.is_gone and keys.get(row.id) != row.key]
    connection.executemany("UPDATE pages SET is_gone = 1 WHERE id = ?", aside)
    for page, row in zip(incoming, matches, strict=True):
        text_id = text_ids.get(page.content_hash)
        if text_id is None:
            raise StoreError("Another import changed the library meanwhile. Run the import again.")
        # An export without ids does not remove those in the library.
        export_id = page.export_id or (row.export_id if row else "")
        values = (export_id, page.title, page.key, text_id, page.text_hash, page.created, page.updated, page.views)
        if row is None:
            new.append((project_id, *values, search_form(page.title), text_id, text_id))
        elif (*values, 0) != row[1:]:
            changed.append((*values, search_form(page.title), text_id, text_id, row.id))
    connection.executemany(
        """
        UPDATE pages SET export_id = ?, title = ?, key = ?, text_id = ?, text_hash = ?, created = ?, updated = ?,
            views = ?, is_gone = 0, folded_title = ?, n_lines = (SELECT n_lines FROM texts WHERE id = ?),
            n_links = (SELECT n_links FROM texts WHERE id = ?)
        WHERE id = ?
        """,
        changed,
    )
    connection.executemany(
        """
        INSERT INTO pages (project_id, export_id, title, key, text_id, text_hash, created, updated, views,
            folded_title, n_lines, n_links)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            (SELECT n_lines FROM texts WHERE id = ?), (SELECT n_links FROM texts WHERE id = ?))
        """,
        new,
    )


def _drop_texts_without_page(library: Library) -> None:
    """Deletes the texts that no page refers to, in many short transactions."""
    dropped = [text_id for (text_id,) in library.rows("SELECT id FROM texts EXCEPT SELECT text_id FROM pages")]
    for start in range(0, len(dropped), _DROPPED_AT_ONCE):
        some = dropped[start : start + _DROPPED_AT_ONCE]
        with library.yielding_transaction() as connection:
            unindex_texts(connection, some)
            connection.executemany("DELETE FROM texts WHERE id = ?", [(text_id,) for text_id in some])


def _forget_what_is_stale(connection: Connection, project_id: int) -> None:
    """Deletes the suggestion lists of pages whose text has changed."""
    stale = """
        SELECT s.page_id FROM suggestion_lists s JOIN pages p ON p.id = s.page_id
        WHERE p.project_id = ? AND (p.is_gone = 1 OR p.text_hash <> s.text_hash)
    """
    connection.execute(f"UPDATE pages SET n_suggestions = 0, gain = 0 WHERE id IN ({stale})", (project_id,))
    connection.execute(f"DELETE FROM suggestion_lists WHERE page_id IN ({stale})", (project_id,))
    _follow_red_links(connection)


def _follow_red_links(connection: Connection) -> None:
    """Sets the target page of verdicts on red links that now have a page, so that they follow when it is renamed."""
    rows = connection.execute(
        """
        SELECT t.id, v.page_id, v.target_key, v.target_page_id, v.log_id, v.checksum
        FROM verdicts v JOIN pages p ON p.id = v.page_id
        JOIN pages t ON t.project_id = p.project_id AND t.key = v.target_key AND t.is_gone = 0
        WHERE v.target_page_id IS NULL
        """
    ).fetchall()
    for target_page_id, *verdict in rows:
        if is_sound(VERDICTS, verdict):  # a damaged one must not get a new checksum
            connection.execute(
                f"UPDATE verdicts SET target_page_id = ? WHERE {VERDICTS.is_this_row}", (target_page_id, *verdict[:2])
            )
            seal(connection, VERDICTS, VERDICTS.is_this_row, verdict[:2])
