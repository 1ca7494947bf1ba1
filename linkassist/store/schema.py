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

# The search (`store/search/full_text.py`): trigrams of the folded texts, by the number of the text. Only which text has
# a trigram is kept, neither where nor the text itself: 40 MB for 23,000 pages, and not 97.
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

# What is counted of the pages is kept by triggers, whoever writes them: to count 23,000 pages takes longer than to show
# one. `offers`: the open suggestions of a page that are worth showing, as they were when last added up. `place` counts
# from 1, those that are decided before those that are open, so that a page's budget is a bound of it. kind "far": a
# page that lies far apart, found by a line. A library of before has none until `deciding.add_up_offers`.
# `pages.kinds` has a bit for each kind offered within the budget: 1 page, 2 red, 4 new, 8 far.
# `page_changes.n` grows whenever a page comes, goes, or has another text.
_COUNTS = (
    """
    CREATE TABLE offers (
        page_id INTEGER NOT NULL REFERENCES pages(id),
        place INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('page', 'red', 'new', 'far')),
        probability REAL NOT NULL,
        PRIMARY KEY (page_id, place)
    ) STRICT, WITHOUT ROWID
    """,
    "ALTER TABLE pages ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE page_changes (project_id INTEGER PRIMARY KEY REFERENCES projects(id), n INTEGER NOT NULL) STRICT",
    """
    CREATE TABLE page_counts (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        n_links INTEGER NOT NULL,
        kinds INTEGER NOT NULL,
        n_pages INTEGER NOT NULL,
        n_suggestions INTEGER NOT NULL,
        PRIMARY KEY (project_id, n_links, kinds)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO page_counts
    SELECT project_id, n_links, kinds, count(*), sum(n_suggestions) FROM pages WHERE is_gone = 0
    GROUP BY project_id, n_links, kinds
    """,
    # A month of UTC, counted from year 0: 12 * year + month - 1.
    """
    CREATE TABLE month_counts (
        project_id INTEGER NOT NULL REFERENCES projects(id),
        month INTEGER NOT NULL,
        n_pages INTEGER NOT NULL,
        n_linked INTEGER NOT NULL,
        PRIMARY KEY (project_id, month)
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO month_counts
    SELECT project_id, strftime('%Y', created, 'unixepoch') * 12 + strftime('%m', created, 'unixepoch') - 1 AS month,
           count(*), sum(n_links > 0)
    FROM pages WHERE is_gone = 0 AND created > 0 GROUP BY project_id, month
    """,
    """
    CREATE TRIGGER a_new_page_is_counted AFTER INSERT ON pages WHEN new.is_gone = 0
    BEGIN
        INSERT INTO page_counts VALUES (new.project_id, new.n_links, new.kinds, 1, new.n_suggestions)
        ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_suggestions = n_suggestions + excluded.n_suggestions;
        INSERT INTO month_counts
        SELECT new.project_id,
               strftime('%Y', new.created, 'unixepoch') * 12 + strftime('%m', new.created, 'unixepoch') - 1,
               1, new.n_links > 0
        WHERE new.created > 0
        ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_linked = n_linked + excluded.n_linked;
        INSERT INTO page_changes VALUES (new.project_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
    END
    """,
    """
    CREATE TRIGGER a_page_is_counted_anew AFTER UPDATE OF is_gone, n_links, kinds, n_suggestions ON pages
    WHEN (old.is_gone, old.n_links, old.kinds, old.n_suggestions)
        <> (new.is_gone, new.n_links, new.kinds, new.n_suggestions)
    BEGIN
        UPDATE page_counts SET n_pages = n_pages - 1, n_suggestions = n_suggestions - old.n_suggestions
        WHERE old.is_gone = 0 AND project_id = old.project_id AND n_links = old.n_links AND kinds = old.kinds;
        INSERT INTO page_counts
        SELECT new.project_id, new.n_links, new.kinds, 1, new.n_suggestions WHERE new.is_gone = 0
        ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_suggestions = n_suggestions + excluded.n_suggestions;
    END
    """,
    """
    CREATE TRIGGER a_page_is_counted_by_month AFTER UPDATE OF is_gone, n_links, created ON pages
    WHEN (old.is_gone, old.n_links > 0, old.created) <> (new.is_gone, new.n_links > 0, new.created)
    BEGIN
        UPDATE month_counts SET n_pages = n_pages - 1, n_linked = n_linked - (old.n_links > 0)
        WHERE old.is_gone = 0 AND old.created > 0 AND project_id = old.project_id
            AND month = strftime('%Y', old.created, 'unixepoch') * 12 + strftime('%m', old.created, 'unixepoch') - 1;
        INSERT INTO month_counts
        SELECT new.project_id,
               strftime('%Y', new.created, 'unixepoch') * 12 + strftime('%m', new.created, 'unixepoch') - 1,
               1, new.n_links > 0
        WHERE new.is_gone = 0 AND new.created > 0
        ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_linked = n_linked + excluded.n_linked;
    END
    """,
    """
    CREATE TRIGGER a_change_is_counted AFTER UPDATE OF is_gone, title, key, text_id ON pages
    WHEN (old.is_gone, old.title, old.key, old.text_id) <> (new.is_gone, new.title, new.key, new.text_id)
    BEGIN INSERT INTO page_changes VALUES (new.project_id, 1) ON CONFLICT DO UPDATE SET n = n + 1; END
    """,
    """
    CREATE TRIGGER a_dropped_list_offers_nothing AFTER DELETE ON suggestion_lists
    BEGIN
        DELETE FROM offers WHERE page_id = old.page_id;
        UPDATE pages SET kinds = 0 WHERE id = old.page_id;
    END
    """,
    "DROP INDEX pages_in_figures",
    "DROP INDEX pages_in_picture",
)

# Of what a list was made, where that is not what was learnt alone. Before that of an empty list stands a "-".
_ORIGINS = (
    """
    CREATE TABLE list_origins (
        page_id INTEGER PRIMARY KEY REFERENCES pages(id),
        made_of TEXT NOT NULL
    ) STRICT
    """,
)

# What is the reader's own has a checksum in each row, of all its other columns (`checksums.py`). schema_check has one
# row, with the checksum of the schema itself. An entry of the log is sealed once, and then stays.
_CHECKSUMS = (
    "ALTER TABLE verdict_log ADD COLUMN checksum BLOB",
    "ALTER TABLE verdicts ADD COLUMN checksum BLOB",
    "ALTER TABLE outbox_batches ADD COLUMN checksum BLOB",
    "ALTER TABLE outbox_items ADD COLUMN checksum BLOB",
    "ALTER TABLE snoozes ADD COLUMN checksum BLOB",
    "ALTER TABLE ignored ADD COLUMN checksum BLOB",
    "ALTER TABLE project_settings ADD COLUMN checksum BLOB",
    "ALTER TABLE embeddings ADD COLUMN checksum BLOB",
    "ALTER TABLE evaluations ADD COLUMN checksum BLOB",
    # CRC-32 of hash and list as they are stored; NULL for a list of before, whose hash tells the same, more slowly.
    "ALTER TABLE suggestion_lists ADD COLUMN checksum INTEGER",
    "DROP TRIGGER verdict_log_is_never_changed",
    """
    CREATE TRIGGER verdict_log_is_never_changed BEFORE UPDATE ON verdict_log WHEN old.checksum IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END
    """,
    """
    CREATE TABLE schema_check (id INTEGER PRIMARY KEY CHECK (id = 1), checksum BLOB NOT NULL) STRICT
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
    _COUNTS,
    _ORIGINS,
    _CHECKSUMS,
)

WITH_CHECKSUMS: Final = MIGRATIONS.index(_CHECKSUMS) + 1  # the version from which on rows have them
