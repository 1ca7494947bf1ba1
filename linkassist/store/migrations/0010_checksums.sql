-- Rows of the reader's own data have a checksum of all their other columns (`checksums.py`). schema_check has one row,
-- with the checksum of the schema itself. An entry of the log gets its checksum once and is never changed.
ALTER TABLE verdict_log ADD COLUMN checksum BLOB;
ALTER TABLE verdicts ADD COLUMN checksum BLOB;
ALTER TABLE outbox_batches ADD COLUMN checksum BLOB;
ALTER TABLE outbox_items ADD COLUMN checksum BLOB;
ALTER TABLE snoozes ADD COLUMN checksum BLOB;
ALTER TABLE ignored ADD COLUMN checksum BLOB;
ALTER TABLE project_settings ADD COLUMN checksum BLOB;
ALTER TABLE embeddings ADD COLUMN checksum BLOB;
ALTER TABLE evaluations ADD COLUMN checksum BLOB;

-- CRC-32 of hash and list as they are stored; NULL for a list of before, whose hash tells the same, more slowly.
ALTER TABLE suggestion_lists ADD COLUMN checksum INTEGER;
DROP TRIGGER verdict_log_is_never_changed;

CREATE TRIGGER verdict_log_is_never_changed BEFORE UPDATE ON verdict_log WHEN old.checksum IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the verdict log is append-only'); END;

CREATE TABLE schema_check (id INTEGER PRIMARY KEY CHECK (id = 1), checksum BLOB NOT NULL) STRICT;
