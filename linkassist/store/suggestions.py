"""The suggestion lists of pages: replaced as a whole, and read without the suggestions already decided.

A list is stored as the ranker made it, decided targets included, so undoing a verdict brings its suggestion back at
once. `pages.n_suggestions` and `pages.gain` are totals of the open suggestions worth showing as of the last update;
later lessons from other pages are in them after `refresh_gains`. A list belongs to one text of the page: an import that
changes the text deletes it (`imports.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from sqlite3 import Connection
from typing import Final

from linkassist.errors import NotFoundError, StoreError
from linkassist.progress import OnCount, no_count
from linkassist.store.library import Library
from linkassist.store.runs import Note, write_notes
from linkassist.store.suggestion_lists import (
    AsShown,
    EncodedList,
    as_found,
    decode_list,
    encode_list,
    is_sound_list,
    list_checksum,
    new_offers,
    refresh_gain,
    update_page_totals,
)
from linkassist.store.verdicts import decided, last_decision
from linkassist.suggestion import Suggestion, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

# Pages of one transaction: few enough that a verdict does not have to wait long.
_N_PAGES_AT_ONCE: Final = 500
_MAX_LIST: Final = 1_000_000
_EMPTY: Final = "-"  # before the origin of an empty list, which is not stored and need not be made again


@dataclass(frozen=True, slots=True)
class StoredSuggestion:
    """A suggestion in its page's list. `rank` counts from 1, the best. `verdict`: on the target, None while it is open.

    `id` is unique in the library until the page's list is replaced.
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
    made_of: Mapping[int, str] | None = None,
) -> int:
    """Replaces the lists of the given pages; returns how many differed and were written.

    per_page: (page row id, its suggestions in any order); other pages keep their lists, an empty list deletes one.
    as_shown: for the gains; the lists are stored as given. notes: of artefacts, written with the lists; they are read
    after the last list. made_of: the origin of a page's list by page row id, "" for pages left out.
    The lists are staged in temporary tables, which block nobody; then one short transaction replaces them, for all
    readers at once. If interrupted, every page keeps its list.
    """
    with library.staging() as connection:
        for statement in _STAGE:
            connection.execute(statement)
    decided_before = last_decision(library)
    pages = iter(per_page)
    while batch := [(page_id, encode_list(suggestions)) for page_id, suggestions in islice(pages, _N_PAGES_AT_ONCE)]:
        with library.staging() as connection:
            for page_id, new in batch:
                _stage_list(connection, project_id, page_id, new, as_shown, (made_of or {}).get(page_id, ""))
    with library.transaction() as connection:
        n_written = _switch(connection, project_id, run_id)
        for page_id in _decided_since(connection, project_id, decided_before):
            refresh_gain(connection, page_id, as_shown)
        write_notes(connection, project_id, notes)
    return n_written


def pages_with_lists(library: Library, project_id: int) -> list[int]:
    """The rows of the project's pages that have suggestions, in order."""
    sql = "SELECT p.id FROM pages p JOIN suggestion_lists s ON s.page_id = p.id WHERE p.project_id = ? ORDER BY p.id"
    return [page_id for (page_id,) in library.rows(sql, (project_id,))]


def refresh_gains(
    library: Library,
    page_ids: Sequence[int],
    as_shown: AsShown,
    least: float,
    on_progress: OnCount = no_count,
) -> None:
    """Updates the gains of these pages, in transactions of some hundred pages; about 1,000 pages a second.

    least: suggestions of a lower stored probability are not worth showing after any lesson.
    """
    for start in range(0, len(page_ids), _N_PAGES_AT_ONCE):
        with library.transaction() as connection:
            for page_id in page_ids[start : start + _N_PAGES_AT_ONCE]:
                refresh_gain(connection, page_id, as_shown, least)
        on_progress(min(start + _N_PAGES_AT_ONCE, len(page_ids)), len(page_ids))


def damaged_lists(library: Library, project_id: int) -> list[int]:
    """The rows of the project's pages whose lists are damaged."""
    rows = library.rows(
        """
        SELECT s.page_id, s.suggestions, s.list_hash, s.checksum
        FROM suggestion_lists s CROSS JOIN pages p ON p.id = s.page_id WHERE p.project_id = ?
        """,
        (project_id,),
    )
    return [page_id for page_id, *stored in rows if not is_sound_list(*stored)]


def drop_damaged_lists(library: Library, project_id: int) -> int:
    """Deletes damaged lists, so that a reindex makes them again; returns how many.

    Lists without a checksum, of an older linkassist, get one. For the holder of the work lock.
    """
    dropped = [(page_id,) for page_id in damaged_lists(library, project_id)]
    if dropped:
        with library.transaction() as connection:
            connection.executemany("UPDATE pages SET n_suggestions = 0, gain = 0 WHERE id = ?", dropped)
            connection.executemany("DELETE FROM suggestion_lists WHERE page_id = ?", dropped)
            connection.executemany("DELETE FROM list_origins WHERE page_id = ?", dropped)
    _seal_lists(library, project_id)
    return len(dropped)


def _seal_lists(library: Library, project_id: int) -> None:
    sql = "SELECT s.page_id FROM suggestion_lists s CROSS JOIN pages p ON p.id = s.page_id"
    rows = list(library.rows(f"{sql} WHERE p.project_id = ? AND s.checksum IS NULL", (project_id,)))
    for start in range(0, len(rows), _N_PAGES_AT_ONCE):
        with library.yielding_transaction() as connection:
            for row in rows[start : start + _N_PAGES_AT_ONCE]:
                list_hash, blob = connection.execute(
                    "SELECT list_hash, suggestions FROM suggestion_lists WHERE page_id = ?", row
                ).fetchone()
                connection.execute(
                    "UPDATE suggestion_lists SET checksum = ? WHERE page_id = ?", (list_checksum(list_hash, blob), *row)
                )


def add_up_budget(library: Library, project_id: int) -> None:
    """Updates the totals of all pages of the project for the present budget and floors."""
    with library.transaction() as connection:
        update_page_totals(connection, project_id)


def is_added_up(library: Library, project_id: int) -> bool:
    """Whether the project has offers stored; a library of an older linkassist has none."""
    sql = "SELECT 1 FROM page_counts WHERE project_id = ? AND kinds = 0 AND n_suggestions > 0 LIMIT 1"
    return library.row(sql, (project_id,)) is None


@dataclass(frozen=True, slots=True)
class ListState:
    """A present page and the origin of its list, None without a list, as after an import that changed its text."""

    page_id: int
    title: str
    text_hash: str
    created: int
    made_of: str | None


def list_states(library: Library, project_id: int) -> Iterator[ListState]:
    """The state of every present page's list, in order of row id."""
    rows = library.rows(
        """
        SELECT p.id, p.title, p.text_hash, p.created, CASE
            WHEN EXISTS (SELECT 1 FROM suggestion_lists WHERE page_id = p.id) THEN coalesce(ltrim(o.made_of, ?), '')
            WHEN o.made_of LIKE ? || '%' THEN substr(o.made_of, 2)
        END
        FROM pages p LEFT JOIN list_origins o ON o.page_id = p.id
        WHERE +p.project_id = ? AND p.is_gone = 0 ORDER BY p.id
        """,
        (_EMPTY, _EMPTY, project_id),
    )
    return (ListState(*row) for row in rows)


def page_suggestions(
    library: Library, page_id: int, *, with_decided: bool = False, least: float = 0.0
) -> list[StoredSuggestion]:
    """The page's open suggestions, best first; with_decided: also accepted and rejected ones, with their verdicts.

    least: only those of at least this stored probability, which takes a fraction of the time.
    """
    row = library.row("SELECT suggestions, list_hash FROM suggestion_lists WHERE page_id = ?", (page_id,))
    if row is None:
        return []
    verdict_of = decided(library, page_id)
    stored = []
    for rank, suggestion in enumerate(decode_list(*row, least), start=1):
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
            f"{quoted(stored.suggestion.target)} is decided already for this page ({stored.verdict.decision}). "
            "Undo that first, or reload the page to see it."
        )
    raise NotFoundError(f"{quoted(target_key)} is no longer suggested for this page. Reload the page to see what is.")


# list_hash: NULL for an empty list. suggestions: NULL for an unchanged list. Unchanged offers are not staged.
_STAGE: Final = (
    "DROP TABLE IF EXISTS temp.staged_lists",
    "DROP TABLE IF EXISTS temp.staged_offers",
    """
    CREATE TEMP TABLE staged_lists (
        page_id INTEGER PRIMARY KEY, list_hash BLOB, suggestions BLOB, checksum INTEGER, has_new_offers INTEGER,
        made_of TEXT
    )
    """,
    """
    CREATE TEMP TABLE staged_offers (
        page_id INTEGER, place INTEGER, kind TEXT, probability REAL, PRIMARY KEY (page_id, place)
    ) WITHOUT ROWID
    """,
)


def _stage_list(
    connection: Connection, project_id: int, page_id: int, new: EncodedList, as_shown: AsShown, made_of: str
) -> None:
    row = connection.execute(
        """
        SELECT s.list_hash FROM pages p LEFT JOIN suggestion_lists s ON s.page_id = p.id
        WHERE p.id = ? AND p.project_id = ?
        """,
        (page_id, project_id),
    ).fetchone()
    if row is None:
        raise StoreError(f"Project {project_id} has no page {page_id}. Run `linkassist reindex` again.")
    offers = new_offers(connection, page_id, new.suggestions, as_shown)
    list_hash = new.list_hash if new.suggestions else None
    blob = new.blob if list_hash not in (None, row[0]) else None
    connection.execute(
        "INSERT OR REPLACE INTO staged_lists VALUES (?, ?, ?, ?, ?, ?)",
        (page_id, list_hash, blob, new.checksum, offers is not None, made_of if list_hash else _EMPTY + made_of),
    )
    connection.execute("DELETE FROM staged_offers WHERE page_id = ?", (page_id,))
    connection.executemany(
        "INSERT INTO staged_offers VALUES (?, ?, ?, ?)", ((page_id, *offer) for offer in offers or ())
    )


def _switch(connection: Connection, project_id: int, run_id: int) -> int:
    """Replaces lists and offers by the staged ones; returns how many lists were written or deleted."""
    n_written = connection.execute(
        """
        INSERT OR REPLACE INTO suggestion_lists (page_id, run_id, text_hash, list_hash, suggestions, checksum)
        SELECT s.page_id, ?, p.text_hash, s.list_hash, s.suggestions, s.checksum
        FROM staged_lists s JOIN pages p ON p.id = s.page_id WHERE s.suggestions IS NOT NULL
        """,
        (run_id,),
    ).rowcount
    n_cleared = connection.execute(
        "DELETE FROM suggestion_lists WHERE page_id IN (SELECT page_id FROM staged_lists WHERE list_hash IS NULL)"
    ).rowcount
    with_new_offers = "SELECT page_id FROM staged_lists WHERE has_new_offers"
    connection.execute(f"DELETE FROM offers WHERE page_id IN ({with_new_offers})")
    connection.execute("INSERT INTO offers SELECT page_id, place, kind, probability FROM staged_offers")
    update_page_totals(connection, project_id, f"p.id IN ({with_new_offers})")
    connection.execute("DELETE FROM list_origins WHERE page_id IN (SELECT page_id FROM staged_lists)")
    connection.execute("INSERT INTO list_origins SELECT page_id, made_of FROM staged_lists WHERE made_of <> ''")
    connection.execute("DROP TABLE staged_lists")
    connection.execute("DROP TABLE staged_offers")
    return n_written + n_cleared


def _decided_since(connection: Connection, project_id: int, log_id: int) -> list[int]:
    """The pages with log entries after that one."""
    rows = connection.execute(
        """
        SELECT DISTINCT page_id FROM verdict_log
        WHERE id > ? AND page_id IN (SELECT id FROM pages WHERE project_id = ?)
        """,
        (log_id, project_id),
    )
    return [page_id for (page_id,) in rows]
