"""Queries for projects, pages and links.

Only present pages are read. A page that vanished from the export keeps its row, which only `stored_page` reads.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Literal

from linkassist.errors import NotFoundError
from linkassist.store.codec import decode_lines, decode_texts, is_text_sound, search_form
from linkassist.store.error_messages import DamagedError
from linkassist.store.library import Library
from linkassist.store.page_filter import PageFilter
from linkassist.terminal_escape import quoted
from linkassist.wiki import Page, title_key

Sort = Literal["gain", "updated", "title", "links"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the library. `n_pages` counts present pages; times are those of the last export and its import."""

    id: int
    name: str
    display_name: str
    exported_at: int
    n_pages: int
    imported_at: int = 0


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page and its row. `text_hash` covers title and texts: equal hashes, equal embeddings."""

    id: int
    project_id: int
    page: Page
    is_gone: bool
    text_hash: str


@dataclass(frozen=True, slots=True)
class PageState:
    """The state of a page and its suggestions, to detect changes without reading the text."""

    id: int
    text_hash: str
    created: int
    has_suggestions: bool


@dataclass(frozen=True, slots=True)
class PageSummary:
    """A page in a list. `n_links` counts the targets it links, `gain` adds up its open suggestions' probabilities."""

    id: int
    title: str
    key: str
    updated: int
    created: int
    views: int
    n_links: int
    n_suggestions: int
    gain: float


@dataclass(frozen=True, slots=True)
class Backlink:
    """A page that links a target, and the first of its lines that does; `line` is that line's index."""

    page_id: int
    title: str
    line: int
    text: str


def projects(library: Library) -> list[Project]:
    """Every project, by name."""
    return [
        Project(*row)
        for row in library.rows(
            """
            SELECT id, name, display_name, exported_at,
                   (SELECT count(*) FROM pages WHERE project_id = projects.id AND is_gone = 0), imported_at
            FROM projects ORDER BY name
            """
        )
    ]


def project(library: Library, name: str | None) -> Project:
    """The project of that name; None asks for the only one.

    Raises NotFoundError, naming the projects there are, if it is not there, or if None does not name one.
    """
    everything = projects(library)
    if not everything:
        raise NotFoundError(
            f"The library {library.folder} holds no project yet. Run `linkassist import EXPORT.json` to put one in."
        )
    if name is None and len(everything) == 1:
        return everything[0]
    names = ", ".join(found.name for found in everything)
    if name is None:
        raise NotFoundError(f"The library holds several projects ({names}). Name one with --project.")
    for found in everything:
        if found.name == name:
            return found
    raise NotFoundError(f"The library holds no project {quoted(name)}. It holds: {names}.")


# CROSS JOIN fixes the order of the tables, and + keeps SQLite from using an index. Without statistics it would sort
# whole texts, or scan the project for the few pages that link one target.
_PAGE: Final = """
    SELECT p.id, p.project_id, p.title, p.export_id, p.created, p.updated, p.views, p.is_gone, p.text_hash,
           t.lines, t.line_meta, t.content_hash
    FROM pages p CROSS JOIN texts t ON t.id = p.text_id
"""


def read_pages(library: Library, project_id: int) -> Iterator[StoredPage]:
    """Every present page with its lines, streamed, in order of row id."""
    sql = f"{_PAGE} WHERE +p.project_id = ? AND p.is_gone = 0 ORDER BY p.id"
    return map(_stored_page, library.rows(sql, (project_id,)))


def page_states(library: Library, project_id: int) -> Iterator[PageState]:
    """The state of every present page, in order of row id; 23,000 pages in a tenth of a second."""
    rows = library.rows(
        """
        SELECT p.id, p.text_hash, p.created, EXISTS (SELECT 1 FROM suggestion_lists WHERE page_id = p.id)
        FROM pages p WHERE +p.project_id = ? AND p.is_gone = 0 ORDER BY p.id
        """,
        (project_id,),
    )
    return (PageState(row_id, text_hash, created, bool(found)) for row_id, text_hash, created, found in rows)


def page_versions(library: Library, project_id: int) -> dict[str, int]:
    """When each present page was last changed, by its id in Scrapbox; pages without one are left out."""
    sql = "SELECT export_id, updated FROM pages WHERE project_id = ? AND is_gone = 0 AND export_id <> ''"
    return dict(library.rows(sql, (project_id,)))


def stored_page(library: Library, page_id: int) -> StoredPage:
    """The page of that row, also if it is gone. Raises NotFoundError."""
    row = library.row(f"{_PAGE} WHERE p.id = ?", (page_id,))
    if row is None:
        raise NotFoundError(f"The library holds no page with number {page_id}. Go back to the list of pages.")
    return _stored_page(row)


def find_page(library: Library, project_id: int, key: str) -> StoredPage:
    """The present page of that title key. Raises NotFoundError, naming the nearest titles."""
    row = library.row(f"{_PAGE} WHERE p.project_id = ? AND p.is_gone = 0 AND p.key = ?", (project_id, key))
    if row is None:
        near = ", ".join(quoted(title) for title in _near_titles(library, project_id, key))
        raise NotFoundError(
            f"No page has the title {quoted(key)}. " + (f"Near it: {near}." if near else "None is near it.")
        )
    return _stored_page(row)


def links(library: Library, project_id: int) -> Iterator[tuple[int, str, str]]:
    """(page row id, target key, target as first written there) of the present pages: each pair once, in that order."""
    rows = library.rows(
        """
        SELECT p.id, l.key, l.target FROM pages p CROSS JOIN links l ON l.text_id = p.text_id
        WHERE +p.project_id = ? AND p.is_gone = 0 ORDER BY p.id
        """,
        (project_id,),
    )
    for page_id, page_links in groupby(rows, key=itemgetter(0)):
        # The first of a key stays: the rows come in the order of the page's text.
        targets: dict[str, str] = {}
        for _, key, target in page_links:
            targets.setdefault(key, target)
        for key in sorted(targets):
            yield page_id, key, targets[key]


_ORDERS: Final[dict[Sort, str]] = {
    "gain": "gain DESC, key",
    "updated": "updated DESC, key",
    "title": "key",
    "links": "n_links, key",
}


_EVERY_PAGE: Final = PageFilter()


def list_pages(
    library: Library,
    project_id: int,
    *,
    search: str = "",
    only: PageFilter = _EVERY_PAGE,
    sort: Sort = "gain",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[PageSummary], int]:
    """One screen of present pages, and how many there are in all.

    search: a part of the title; compatibility forms and case are one, every character stands for itself.
    """
    conditions, values = only.conditions()
    present = f"FROM pages WHERE project_id = ? AND is_gone = 0{conditions}"
    source = present
    parameters: list[object] = [project_id, *values]
    if wanted := search_form(search).strip():
        # Scans an index of the titles alone, and fetches only the rows that match.
        present += " AND instr(folded_title, ?) > 0"
        source = f"FROM (SELECT id AS found_id {present}) CROSS JOIN pages ON pages.id = found_id"
        parameters.append(wanted)
    rows = library.rows(
        f"""
        SELECT id, title, key, updated, created, views, n_links, n_suggestions, gain
        {source} ORDER BY {_ORDERS[sort]} LIMIT ? OFFSET ?
        """,
        (*parameters, limit, offset),
    )
    summaries = [PageSummary(*row) for row in rows]
    if len(summaries) < limit and (summaries or not offset):
        return summaries, offset + len(summaries)
    if only.is_counted and not wanted:
        counted = library.row(f"SELECT total(n_pages) FROM page_counts WHERE project_id = ?{conditions}", parameters)
    else:
        counted = library.row(f"SELECT count(*) {present}", parameters)
    return summaries, int(counted[0]) if counted else 0


def backlinks(library: Library, project_id: int, target_key: str, *, limit: int = 50) -> list[Backlink]:
    """The present pages that link the target, the most recently updated first, each with its first line that does."""
    # Indexes find the few that are wanted; to fetch the text of every page that links took most of the time.
    rows = library.rows(
        """
        SELECT p.id, p.title, found.line, t.lines
        FROM (
            SELECT p.id AS page_id, min(l.line) AS line FROM links l CROSS JOIN pages p ON p.text_id = l.text_id
            WHERE l.key = ? AND p.project_id = ? AND p.is_gone = 0
            GROUP BY p.id ORDER BY p.updated DESC, p.id LIMIT ?
        ) found CROSS JOIN pages p ON p.id = found.page_id CROSS JOIN texts t ON t.id = p.text_id
        ORDER BY p.updated DESC, p.id
        """,
        (target_key, project_id, limit),
    )
    return [Backlink(page_id, title, line, decode_texts(lines)[line]) for page_id, title, line, lines in rows]


def _stored_page(row: tuple[Any, ...]) -> StoredPage:
    row_id, project_id, title, export_id, created, updated, views, is_gone, *text = row
    text_hash, lines, line_meta, content_hash = text
    if not is_text_sound(text_hash, title, lines, line_meta, content_hash):
        raise DamagedError(f'the text of page "{title}" is not what was imported')
    page = Page(title, decode_lines(lines, line_meta), export_id, created, updated, views)
    return StoredPage(row_id, project_id, page, bool(is_gone), text_hash)


def _near_titles(library: Library, project_id: int, key: str, n_titles: int = 5) -> list[str]:
    """Titles that contain the wanted one, shortest first, then titles spelt like it."""
    rows = library.rows("SELECT title FROM pages WHERE project_id = ? AND is_gone = 0", (project_id,))
    titles = [title for (title,) in rows]
    wanted = search_form(key).replace("_", " ")
    folded = {title: search_form(title).replace("_", " ") for title in titles}
    containing = sorted((title for title in titles if wanted in folded[title]), key=lambda title: (len(title), title))
    if len(containing) >= n_titles:
        return containing[:n_titles]
    alike = difflib.get_close_matches(title_key(key), (title_key(title) for title in titles), n=n_titles, cutoff=0.6)
    by_key = {title_key(title): title for title in titles}
    return list(dict.fromkeys([*containing, *(by_key[found] for found in alike)]))[:n_titles]
