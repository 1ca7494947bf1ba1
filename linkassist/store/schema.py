"""The tables, as an append-only list of migrations: a library is at version n when the first n have run.

A released migration is never edited; a change is a new entry at the end. `library.py` runs the missing ones in one
transaction, after a backup. Times are Unix seconds, booleans 0 or 1.

A page's text is stored once per content in `texts` (as JSON, which escapes NUL and line breaks), and `pages` refers to
it. So an import first writes new texts, and only then decides which page is which.
"""

from __future__ import annotations

from typing import Final

from linkassist.store.first_schema import TABLES_OF_VERSION_1

# In the file's header, so that another program's SQLite file is not mistaken for a library. ASCII "lnka".
APPLICATION_ID: Final = 0x6C6E6B61

# A covering index for the sums above the list of pages. Its first column is one that no query searches by, so that
# SQLite does not use it to find a page.
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

# A batch is a set of links that left the outbox at once, by hand or by an import file; undone_at: NULL while in force.
# An item is a decision, not a pair: a link taken back and accepted again has to leave again.
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

# The full-text index (`store/search/full_text.py`): trigrams of the folded texts, by text id, without positions and
# without the text itself: 40 MB for 23,000 pages instead of 97.
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

# is_gone is in the indexes although it is always 0 there: SQLite would otherwise read it from the row of every page.
_COVERING = (
    "DROP INDEX pages_by_folded_title",
    "CREATE INDEX pages_by_folded_title ON pages (project_id, folded_title, is_gone) WHERE is_gone = 0",
    "DROP INDEX pages_in_search",
    "CREATE INDEX pages_in_search ON pages (text_id, project_id, updated, key, is_gone) WHERE is_gone = 0",
    "DROP INDEX pages_in_picture",
    "CREATE INDEX pages_in_picture ON pages (created, n_links, project_id, is_gone) WHERE is_gone = 0",
)

# The quality of suggestions on a sample of pages, measured every night. Shares in [0, 1].
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

# Counts of pages are maintained by triggers: to count 23,000 pages takes longer than to show one. `offers`: the open
# suggestions of a page that are worth showing, as of the last time they were added up. `place` counts from 1, decided
# ones first, so that a page's budget is a bound of it. kind "far": a page far away by links, found by a similar line.
# A library of an older version has no offers until `review.verdicts.add_up_offers`.
# `pages.kinds` has a bit for each kind offered within the budget: 1 page, 2 red, 4 new, 8 far.
# `page_changes.n` grows whenever a page is added, removed, or gets another text.
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

# What a list was made from, where that is more than the model. A "-" precedes that of an empty list.
_ORIGINS = (
    """
    CREATE TABLE list_origins (
        page_id INTEGER PRIMARY KEY REFERENCES pages(id),
        made_of TEXT NOT NULL
    ) STRICT
    """,
)

# Rows of the reader's own data have a checksum of all their other columns (`checksums.py`). schema_check has one row,
# with the checksum of the schema itself. An entry of the log gets its checksum once and is never changed.
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
    TABLES_OF_VERSION_1,
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
