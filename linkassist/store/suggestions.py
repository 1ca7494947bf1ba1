"""The suggestions of each page: replaced as a whole list, read with what the reader has decided left out.

A list is kept as the ranker made it, decided targets and all, so undoing a verdict brings its suggestion back at once,
and all that the verdict had taught is gone with it. `pages.n_suggestions` and `pages.gain` speak of the open ones that
are worth showing, as they were shown when last added up: what was taught on other pages since is not in them until
`refresh_gains`. A list belongs to the text that the page had: an import that changes the text drops it (`imports.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from sqlite3 import Connection
from typing import Final

from linkassist.errors import NotFoundError, StoreError
from linkassist.store.library import Library
from linkassist.store.runs import Note, write_notes
from linkassist.store.suggestion_lists import (
    AsShown,
    EncodedList,
    as_found,
    decode_list,
    encode_list,
    gain_of,
    refresh_gain,
)
from linkassist.store.verdicts import decided, last_decision
from linkassist.suggestion import Suggestion, Verdict
from linkassist.wiki import title_key

# Pages at once: few enough that a verdict given meanwhile need not wait.
_N_PAGES_AT_ONCE: Final = 500
_MAX_LIST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredSuggestion:
    """A suggestion in its page's list. `rank` counts from 1, the best.

    `id` is unique in the library until the page's list is replaced. `verdict` is what was decided about the target.
    """

    id: int
    page_id: int
    rank: int
    suggestion: Suggestion
    verdict: Verdict | None


def replace_suggestions(
    library: Library,
    project_id: int,
    run_id: int,
    per_page: Iterable[tuple[int, Sequence[Suggestion]]],
    as_shown: AsShown = as_found,
    notes: Sequence[Note] = (),
) -> int:
    """Makes the given lists the pages' suggestions; returns how many pages were written, those that differed.

    per_page: (page row id, its suggestions in any order); a page not given keeps its list, an empty list clears it.
    as_shown: for the gains alone; the lists are kept as given. notes: of artefacts, made together with the lists.
    While the lists come, they are put aside, where they hold up nobody; then one short transaction makes them the
    pages' own, for all readers at one moment. Broken off, every page has the list that it had.
    """
    with library.staging() as connection:
        for statement in _STAGE:
            connection.execute(statement)
    decided_before = last_decision(library)
    pages = iter(per_page)
    while batch := [(page_id, encode_list(suggestions)) for page_id, suggestions in islice(pages, _N_PAGES_AT_ONCE)]:
        with library.staging() as connection:
            for page_id, new in batch:
                _stage_list(connection, project_id, page_id, new, as_shown)
    with library.transaction() as connection:
        n_written = _switch(connection, run_id)
        for page_id in _decided_since(connection, project_id, decided_before):
            refresh_gain(connection, page_id, as_shown)
        write_notes(connection, project_id, notes)
    return n_written


def refresh_gains(library: Library, project_id: int, as_shown: AsShown) -> None:
    """Adds up the gain of every page of the project anew."""
    sql = "SELECT p.id FROM pages p JOIN suggestion_lists s ON s.page_id = p.id WHERE p.project_id = ? ORDER BY p.id"
    refresh_gains_of(library, [row[0] for row in library.rows(sql, (project_id,))], as_shown)


def refresh_gains_of(library: Library, page_ids: Sequence[int], as_shown: AsShown) -> None:
    """Adds up the gains of these pages anew; some hundred pages at a time, like `replace_suggestions`."""
    still = iter(page_ids)
    while batch := list(islice(still, _N_PAGES_AT_ONCE)):
        with library.transaction() as connection:
            for page_id in batch:
                refresh_gain(connection, page_id, as_shown)


def page_suggestions(library: Library, page_id: int, *, with_decided: bool = False) -> list[StoredSuggestion]:
    """The page's open suggestions, best first; with_decided: also accepted and rejected ones, with their verdicts."""
    row = library.row("SELECT suggestions FROM suggestion_lists WHERE page_id = ?", (page_id,))
    if row is None:
        return []
    verdict_of = decided(library, page_id)
    stored = []
    for rank, suggestion in enumerate(decode_list(row[0]), start=1):
        verdict = verdict_of.get(title_key(suggestion.target)) if verdict_of else None
        if verdict is None or with_decided:
            stored.append(StoredSuggestion(page_id * _MAX_LIST + rank, page_id, rank, suggestion, verdict))
    return stored


def open_suggestion(library: Library, page_id: int, target_key: str) -> StoredSuggestion:
    """The page's suggestion of that target. Raises NotFoundError if there is none, or if it is decided already."""
    for stored in page_suggestions(library, page_id, with_decided=True):
        if title_key(stored.suggestion.target) != target_key:
            continue
        if stored.verdict is None:
            return stored
        raise NotFoundError(
            f'"{stored.suggestion.target}" is decided already for this page ({stored.verdict.decision}). '
            "Undo that first, or reload the page to see it."
        )
    raise NotFoundError(f'"{target_key}" is no longer suggested for this page. Reload the page to see what is.')


# list_hash: NULL for an empty list. suggestions: NULL for a list that is as it was.
_STAGE: Final = (
    "DROP TABLE IF EXISTS temp.staged_lists",
    """
    CREATE TEMP TABLE staged_lists (
        page_id INTEGER PRIMARY KEY, list_hash BLOB, suggestions BLOB, n_suggestions INTEGER, gain REAL
    )
    """,
)


def _stage_list(connection: Connection, project_id: int, page_id: int, new: EncodedList, as_shown: AsShown) -> None:
    row = connection.execute(
        """
        SELECT s.list_hash FROM pages p LEFT JOIN suggestion_lists s ON s.page_id = p.id
        WHERE p.id = ? AND p.project_id = ?
        """,
        (page_id, project_id),
    ).fetchone()
    if row is None:
        raise StoreError(f"Project {project_id} has no page {page_id}. Run `linkassist reindex` again.")
    shown = gain_of(connection, page_id, new.suggestions, as_shown)
    list_hash = new.list_hash if new.suggestions else None
    blob = new.blob if list_hash not in (None, row[0]) else None
    connection.execute(
        "INSERT OR REPLACE INTO staged_lists VALUES (?, ?, ?, ?, ?)",
        (page_id, list_hash, blob, shown.n_suggestions, shown.gain),
    )


def _switch(connection: Connection, run_id: int) -> int:
    """Makes what is staged the pages' own; returns how many lists were written or cleared."""
    n_written = connection.execute(
        """
        INSERT OR REPLACE INTO suggestion_lists (page_id, run_id, text_hash, list_hash, suggestions)
        SELECT s.page_id, ?, p.text_hash, s.list_hash, s.suggestions
        FROM staged_lists s JOIN pages p ON p.id = s.page_id WHERE s.suggestions IS NOT NULL
        """,
        (run_id,),
    ).rowcount
    n_cleared = connection.execute(
        "DELETE FROM suggestion_lists WHERE page_id IN (SELECT page_id FROM staged_lists WHERE list_hash IS NULL)"
    ).rowcount
    connection.execute(
        """
        UPDATE pages SET n_suggestions = s.n_suggestions, gain = s.gain FROM staged_lists s
        WHERE pages.id = s.page_id AND (pages.n_suggestions <> s.n_suggestions OR pages.gain <> s.gain)
        """
    )
    connection.execute("DROP TABLE staged_lists")
    return n_written + n_cleared


def _decided_since(connection: Connection, project_id: int, log_id: int) -> list[int]:
    """The pages whose gains were added up before the reader decided once more."""
    rows = connection.execute(
        """
        SELECT DISTINCT page_id FROM verdict_log
        WHERE id > ? AND page_id IN (SELECT id FROM pages WHERE project_id = ?)
        """,
        (log_id, project_id),
    )
    return [page_id for (page_id,) in rows]
