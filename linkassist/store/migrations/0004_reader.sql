-- A batch is a set of links that left the outbox at once, by hand or by an import file; undone_at: NULL while in force.
-- An item is a decision, not a pair: a link taken back and accepted again has to leave again.
CREATE TABLE outbox_batches (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    made_at INTEGER NOT NULL,
    way TEXT NOT NULL,
    undone_at INTEGER
) STRICT;

CREATE TABLE outbox_items (
    batch_id INTEGER NOT NULL REFERENCES outbox_batches(id),
    log_id INTEGER NOT NULL REFERENCES verdict_log(id),
    PRIMARY KEY (log_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE snoozes (
    page_id INTEGER NOT NULL REFERENCES pages(id),
    target_key TEXT NOT NULL,
    snoozed_at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (page_id, target_key)
) STRICT, WITHOUT ROWID;

-- sort "word": a target that is never suggested; "page": a page that gets no suggestions. Kept by title key.
CREATE TABLE ignored (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    sort TEXT NOT NULL CHECK (sort IN ('word', 'page')),
    key TEXT NOT NULL,
    title TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, sort, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE project_settings (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;
