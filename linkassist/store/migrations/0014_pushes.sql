-- The line of an accepted mention as it was when it was accepted, as JSON, by the decision's entry in the log.
CREATE TABLE accepted_lines (
    log_id INTEGER PRIMARY KEY REFERENCES verdict_log(id),
    text TEXT NOT NULL,
    checksum BLOB
) STRICT;

-- A batch of the outbox that was written to the server at this address.
CREATE TABLE pushes (
    batch_id INTEGER PRIMARY KEY REFERENCES outbox_batches(id),
    address TEXT NOT NULL,
    checksum BLOB
) STRICT;

-- A link of such a batch. state: "sent" from just before it is submitted until it was read back; "done"; "already":
-- the page had it, nothing was written; "undoing" and "undone". What was written: the line by its id, its text before
-- and after as JSON, where in the text after the link begins, the link's notation, and the words that stood there.
CREATE TABLE push_links (
    batch_id INTEGER NOT NULL REFERENCES pushes(batch_id),
    log_id INTEGER NOT NULL REFERENCES verdict_log(id),
    state TEXT NOT NULL CHECK (state IN ('sent', 'done', 'already', 'undoing', 'undone')),
    line_id TEXT NOT NULL,
    is_added INTEGER NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    start INTEGER NOT NULL,
    link TEXT NOT NULL,
    surface TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    checksum BLOB,
    PRIMARY KEY (log_id, batch_id)
) STRICT, WITHOUT ROWID;
