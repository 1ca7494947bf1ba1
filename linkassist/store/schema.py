"""The tables, as an append-only list of migrations: a library is at version n when the first n have run.

A migration that has been released is never edited; a change is a new entry at the end. `library.py` runs those that a
library lacks in one transaction, with a backup before it. Times are Unix seconds, booleans 0 or 1.

A page's text is kept once per content in `texts` (as JSON: it escapes NUL and line breaks, and a page is always read
whole), and `pages` points at it. So an import writes what it has never seen, and only then decides which page is which.
"""

from __future__ import annotations

from typing import Final

# In the file's header, so that another program's SQLite file is not mistaken for a library. ASCII "lnka".
APPLICATION_ID: Final = 0x6C6E6B61

_FIRST = (
    """
    CREATE TABLE projects (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        display_name TEXT NOT NULL,
        exported_at INTEGER NOT NULL,
        imported_at INTEGER NOT NULL
    ) STRICT
    """,
    # line_meta: NULL where no line has any, else [[user ids], [index into them], [created], [updated]], a value a line.
    """
    CREATE TABLE texts (
        id INTEGER PRIMARY KEY,
        content_hash BLOB NOT NULL UNIQUE,
        n_lines INTEGER NOT NULL,
        n_links INTEGER NOT NULL,
        line_meta TEXT,
        lines TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE links (
        text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
        line INTEGER NOT NULL,
        start INTEGER NOT NULL,
        end INTEGER NOT NULL,
        key TEXT NOT NULL,
        target TEXT NOT NULL,
        notation TEXT NOT NULL,
        PRIMARY KEY (text_id, line, start)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX links_by_key ON links (key, text_id)",
    # Rows are never deleted: verdicts hang on them. n_links counts distinct targets, n_suggestions and gain the open
    # suggestions that are worth showing.
    """
    CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        project_id INTEGER NOT NULL REFERENCES projects(id),
        export_id TEXT NOT NULL,
        title TEXT NOT NULL,
        key TEXT NOT NULL,
        folded_title TEXT NOT NULL,
        text_id INTEGER NOT NULL REFERENCES texts(id),
        text_hash TEXT NOT NULL,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL,
        views INTEGER NOT NULL,
        is_gone INTEGER NOT NULL DEFAULT 0,
        n_lines INTEGER NOT NULL,
        n_links INTEGER NOT NULL,
        n_suggestions INTEGER NOT NULL DEFAULT 0,
        gain REAL NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE UNIQUE INDEX pages_by_key ON pages (project_id, key) WHERE is_gone = 0",
    "CREATE INDEX pages_by_gain ON pages (project_id, gain DESC, key) WHERE is_gone = 0",
    "CREATE INDEX pages_by_updated ON pages (project_id, updated DESC, key) WHERE is_gone = 0",
    "CREATE INDEX pages_by_links ON pages (project_id, n_links, key) WHERE is_gone = 0",
    "CREATE INDEX pages_by_folded_title ON pages (project_id, folded_title) WHERE is_gone = 0",
    "CREATE INDEX pages_by_text ON pages (text_id)",
    "CREATE INDEX pages_by_text_hash ON pages (text_hash)",
    """
    CREATE TABLE embeddings (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (fingerprint, text_hash)
    ) STRICT
    """,
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        project_id INTEGER REFERENCES projects(id),
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        finished_at INTEGER,
        step TEXT NOT NULL DEFAULT '',
        n_done INTEGER NOT NULL DEFAULT 0,
        n_total INTEGER NOT NULL DEFAULT 0,
        counts TEXT NOT NULL DEFAULT '{}',
        message TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX runs_by_kind ON runs (kind, project_id, id)",
    """
    CREATE TABLE artefacts (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        name TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        PRIMARY KEY (project_id, name)
    ) STRICT, WITHOUT ROWID
    """,
    # One row a page, for the text that it has. run_id is what wrote it; it may be unknown (0), so it is no foreign key.
    """
    CREATE TABLE suggestion_lists (
        page_id INTEGER PRIMARY KEY REFERENCES pages(id),
        run_id INTEGER NOT NULL,
        text_hash TEXT NOT NULL,
        list_hash BLOB NOT NULL,
        suggestions BLOB NOT NULL
    ) STRICT
    """,
    # previous_id: the decision that was in force before this one, NULL if the pair was open.
    """
    CREATE TABLE verdict_log (
        id INTEGER PRIMARY KEY,
        page_id INTEGER NOT NULL REFERENCES pages(id),
        target_key TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('decide', 'undo')),
        logged_at INTEGER NOT NULL,
        previous_id INTEGER REFERENCES verdict_log(id),
        target TEXT NOT NULL,
        decision TEXT NOT NULL CHECK (decision IN ('accept', 'reject')),
        decided_at INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('page', 'red', 'new')),
        probability REAL NOT NULL,
        mention_line INTEGER,
        mention_start INTEGER,
        mention_end INTEGER,
        mention_surface TEXT,
        why TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER verdict_log_is_never_changed BEFORE UPDATE ON verdict_log
    BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END
    """,
    """
    CREATE TRIGGER verdict_log_is_never_deleted BEFORE DELETE ON verdict_log
    BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END
    """,
    # What holds now: one row a decided pair, pointing at the decision in the log.
    """
    CREATE TABLE verdicts (
        page_id INTEGER NOT NULL REFERENCES pages(id),
        target_key TEXT NOT NULL,
        target_page_id INTEGER REFERENCES pages(id),
        log_id INTEGER NOT NULL REFERENCES verdict_log(id),
        PRIMARY KEY (page_id, target_key)
    ) STRICT, WITHOUT ROWID
    """,
)

# What the head of the list of pages adds up, apart from the table. It begins with a column that no query looks for, or
# SQLite would take it for the way to one page of a project.
_FIGURES = (
    "CREATE INDEX pages_in_figures ON pages (n_suggestions, n_links, n_lines, project_id, is_gone) WHERE is_gone = 0",
)

# The last report of each project, as JSON.
_EVALUATIONS = (
    """
    CREATE TABLE evaluations (
        project_id INTEGER PRIMARY KEY REFERENCES projects(id),
        report TEXT NOT NULL
    ) STRICT
    """,
)

# A batch is what left the outbox at once, by hand or by an import file; undone_at: NULL while it holds.
# An item is a decision, not a pair: what is taken back and accepted again has to leave again.
_READER = (
    """
    CREATE TABLE outbox_batches (
        id INTEGER PRIMARY KEY,
        project_id INTEGER NOT NULL REFERENCES projects(id),
        made_at INTEGER NOT NULL,
        way TEXT NOT NULL,
        undone_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE outbox_items (
        batch_id INTEGER NOT NULL REFERENCES outbox_batches(id),
        log_id INTEGER NOT NULL REFERENCES verdict_log(id),
        PRIMARY KEY (log_id, batch_id)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE snoozes (
        page_id INTEGER NOT NULL REFERENCES pages(id),
        target_key TEXT NOT NULL,
        snoozed_at INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (page_id, target_key)
    ) STRICT, WITHOUT ROWID
    """,
    # sort "word": a target that is never suggested; "page": a page that gets no suggestions. Kept by title key.
    """
    CREATE TABLE ignored (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        sort TEXT NOT NULL CHECK (sort IN ('word', 'page')),
        key TEXT NOT NULL,
        title TEXT NOT NULL,
        added_at INTEGER NOT NULL,
        PRIMARY KEY (project_id, sort, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE project_settings (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (project_id, name)
    ) STRICT, WITHOUT ROWID
    """,
)

# The search (`searching.py`): trigrams of the folded texts, by the number of the text. Only which text has a trigram is
# kept, neither where nor the text itself: 40 MB for 23,000 pages, and not 97.
_SEARCH = (
    """
    CREATE VIRTUAL TABLE words USING fts5(
        text, tokenize = 'trigram case_sensitive 1', content = '', detail = none
    )
    """,
    "CREATE VIRTUAL TABLE word_terms USING fts5vocab(words, row)",
    "CREATE INDEX pages_in_search ON pages (text_id, project_id, updated, key) WHERE is_gone = 0",
    # For the picture of a wiki: when pages were made, and how many of them link.
    "CREATE INDEX pages_in_picture ON pages (created, n_links, project_id) WHERE is_gone = 0",
)

# is_gone stands in an index too, though it is 0 throughout: SQLite would else look it up in the row of every page.
_COVERING = (
    "DROP INDEX pages_by_folded_title",
    "CREATE INDEX pages_by_folded_title ON pages (project_id, folded_title, is_gone) WHERE is_gone = 0",
    "DROP INDEX pages_in_search",
    "CREATE INDEX pages_in_search ON pages (text_id, project_id, updated, key, is_gone) WHERE is_gone = 0",
    "DROP INDEX pages_in_picture",
    "CREATE INDEX pages_in_picture ON pages (created, n_links, project_id, is_gone) WHERE is_gone = 0",
)

# How good the suggestions are on a sample of the pages, night after night. Shares in [0, 1].
_SAMPLES = (
    """
    CREATE TABLE quality_samples (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        measured_at INTEGER NOT NULL,
        n_asked INTEGER NOT NULL,
        n_links INTEGER NOT NULL,
        found_in_10 REAL NOT NULL,
        first_right REAL NOT NULL,
        PRIMARY KEY (project_id, measured_at)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    _FIRST,
    _FIGURES,
    _EVALUATIONS,
    _READER,
    _SEARCH,
    _COVERING,
    _SAMPLES,
)
