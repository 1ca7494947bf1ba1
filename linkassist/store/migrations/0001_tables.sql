-- The tables of a library of version 1.
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    exported_at INTEGER NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

-- line_meta: NULL where no line has any, else [[user ids], [index into them], [created], [updated]], a value a line.
CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    content_hash BLOB NOT NULL UNIQUE,
    n_lines INTEGER NOT NULL,
    n_links INTEGER NOT NULL,
    line_meta TEXT,
    lines TEXT NOT NULL
) STRICT;

CREATE TABLE links (
    text_id INTEGER NOT NULL REFERENCES texts(id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    key TEXT NOT NULL,
    target TEXT NOT NULL,
    notation TEXT NOT NULL,
    PRIMARY KEY (text_id, line, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_key ON links (key, text_id);

-- Rows are never deleted: verdicts hang on them. n_links counts distinct targets, n_suggestions and gain the open
-- suggestions that are worth showing.
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
) STRICT;
CREATE UNIQUE INDEX pages_by_key ON pages (project_id, key) WHERE is_gone = 0;
CREATE INDEX pages_by_gain ON pages (project_id, gain DESC, key) WHERE is_gone = 0;
CREATE INDEX pages_by_updated ON pages (project_id, updated DESC, key) WHERE is_gone = 0;
CREATE INDEX pages_by_links ON pages (project_id, n_links, key) WHERE is_gone = 0;
CREATE INDEX pages_by_folded_title ON pages (project_id, folded_title) WHERE is_gone = 0;
CREATE INDEX pages_by_text ON pages (text_id);
CREATE INDEX pages_by_text_hash ON pages (text_hash);

CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (fingerprint, text_hash)
) STRICT;

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
) STRICT;
CREATE INDEX runs_by_kind ON runs (kind, project_id, id);

CREATE TABLE artefacts (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

-- One row a page, for the text that it has. run_id is what wrote it; it may be unknown (0), so it is no foreign key.
CREATE TABLE suggestion_lists (
    page_id INTEGER PRIMARY KEY REFERENCES pages(id),
    run_id INTEGER NOT NULL,
    text_hash TEXT NOT NULL,
    list_hash BLOB NOT NULL,
    suggestions BLOB NOT NULL
) STRICT;

-- previous_id: the decision that was in force before this one, NULL if the pair was open.
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
) STRICT;

CREATE TRIGGER verdict_log_is_never_changed BEFORE UPDATE ON verdict_log
BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END;

CREATE TRIGGER verdict_log_is_never_deleted BEFORE DELETE ON verdict_log
BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END;

-- What holds now: one row a decided pair, pointing at the decision in the log.
CREATE TABLE verdicts (
    page_id INTEGER NOT NULL REFERENCES pages(id),
    target_key TEXT NOT NULL,
    target_page_id INTEGER REFERENCES pages(id),
    log_id INTEGER NOT NULL REFERENCES verdict_log(id),
    PRIMARY KEY (page_id, target_key)
) STRICT, WITHOUT ROWID;
