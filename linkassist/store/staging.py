"""Staging of an import's texts: in temporary tables, which block nobody, and from there into the library in chunks.

`imports.py` decides which page gets which text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from linkassist.store.codec import encode_page
from linkassist.store.error_messages import translate_sqlite_errors
from linkassist.store.library import Library
from linkassist.store.search.full_text import CHARACTERS_AT_ONCE, index_next_texts
from linkassist.wiki import Link, Page

LinksOf = Callable[[Sequence[str]], list[Link]]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A page of the export without its text."""

    title: str
    key: str
    export_id: str
    created: int
    updated: int
    views: int
    text_hash: str
    content_hash: bytes


_STAGE: Final = (
    """
    CREATE TEMP TABLE staged_texts (
        id INTEGER PRIMARY KEY, content_hash BLOB, n_lines INTEGER, n_links INTEGER, line_meta TEXT, lines TEXT
    )
    """,
    """
    CREATE TEMP TABLE staged_links (
        text_id INTEGER, line INTEGER, start INTEGER, end INTEGER, key TEXT, target TEXT, notation TEXT
    )
    """,
    "CREATE INDEX temp.staged_links_by_text ON staged_links (text_id)",
)


def stage(library: Library, pages: Iterable[Page], links_of: LinksOf) -> list[Incoming]:
    """The export's pages without their texts. New texts and their links are put into temporary tables."""
    unstage(library)
    known: set[bytes] = {content_hash for (content_hash,) in library.rows("SELECT content_hash FROM texts")}
    incoming: list[Incoming] = []
    with library.staging() as connection:
        for statement in _STAGE:
            connection.execute(statement)
        for page in pages:
            text = encode_page(page)
            times = (page.created, page.updated, page.views)
            incoming.append(Incoming(page.title, page.key, page.page_id, *times, text.text_hash, text.content_hash))
            if text.content_hash in known:
                continue
            known.add(text.content_hash)
            found = link_rows(links_of(page.texts))
            n_links = len({link[3] for link in found})
            staged = connection.execute(
                "INSERT INTO staged_texts VALUES (NULL, ?, ?, ?, ?, ?)",
                (text.content_hash, len(page.lines), n_links, text.line_meta, text.lines),
            )
            connection.executemany(
                "INSERT INTO staged_links VALUES (?, ?, ?, ?, ?, ?, ?)", [(staged.lastrowid, *link) for link in found]
            )
    return incoming


def unstage(library: Library) -> None:
    """Drops the temporary tables."""
    with translate_sqlite_errors(library.path):
        for table in ("staged_links", "staged_texts"):
            library.connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


def keep_staged_texts(library: Library) -> None:
    """Moves the staged texts and links into the library and its search, in many short transactions."""
    sizes = library.rows("SELECT id, length(lines) FROM staged_texts ORDER BY id")
    for first, last in _chunks(list(sizes)):
        with library.yielding_transaction() as connection:
            _keep_chunk(connection, first, last)
            while index_next_texts(connection):
                pass


def _chunks(sizes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """(first, last) of chunks of about CHARACTERS_AT_ONCE characters. sizes: (number of the text, characters)."""
    first, n_characters = sizes[0][0] if sizes else 0, 0
    for number, size in sizes:
        n_characters += size
        if n_characters >= CHARACTERS_AT_ONCE or number == sizes[-1][0]:
            yield first, number
            first, n_characters = number + 1, 0


def _keep_chunk(connection: Connection, first: int, last: int) -> None:
    # Another import may have added the same text since it was staged.
    connection.execute(
        """
        DELETE FROM staged_texts
        WHERE id BETWEEN ? AND ? AND content_hash IN (SELECT content_hash FROM main.texts)
        """,
        (first, last),
    )
    (shift,) = connection.execute("SELECT coalesce(max(id), 0) + 1 - ? FROM texts", (first,)).fetchone()
    connection.execute(
        """
        INSERT INTO texts (id, content_hash, n_lines, n_links, line_meta, lines)
        SELECT ? + id, content_hash, n_lines, n_links, line_meta, lines FROM staged_texts
        WHERE id BETWEEN ? AND ? ORDER BY id
        """,
        (shift, first, last),
    )
    connection.execute(
        """
        INSERT INTO links (text_id, line, start, end, key, target, notation)
        SELECT ? + l.text_id, l.line, l.start, l.end, l.key, l.target, l.notation
        FROM staged_links l WHERE l.text_id BETWEEN ? AND ? AND l.text_id IN (SELECT id FROM staged_texts)
        """,
        (shift, first, last),
    )


def link_rows(found: Iterable[Link]) -> list[tuple[int, int, int, str, str, str]]:
    """The links as rows: line, start, end, title key, target, notation."""
    return [(link.line, link.span.start, link.span.end, link.key, link.target, link.notation) for link in found]
