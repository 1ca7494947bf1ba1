-- The cards of a day's queue, in order. day: the proleptic Gregorian ordinal of the reader's local date (1 January of
-- year 1 is 1). target_key: UTF-8. A damaged row no longer names an open suggestion and is skipped.
CREATE TABLE queue_cards (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    day INTEGER NOT NULL,
    place INTEGER NOT NULL,
    page_id INTEGER NOT NULL REFERENCES pages(id),
    target_key BLOB NOT NULL,
    PRIMARY KEY (project_id, day, place)
) STRICT, WITHOUT ROWID;

-- What an import brought of the accepted links, one row per import that brought some. n_links: accepted links that the
-- pages did not have before and have now; n_joined: pages at their ends that had no links in or out before.
-- first_decided_at, last_decided_at: of those links. dismissed_at: NULL while the reader has not closed the message.
CREATE TABLE import_news (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    imported_at INTEGER NOT NULL,
    n_links INTEGER NOT NULL,
    n_joined INTEGER NOT NULL,
    first_decided_at INTEGER NOT NULL,
    last_decided_at INTEGER NOT NULL,
    dismissed_at INTEGER
) STRICT;
CREATE INDEX import_news_by_project ON import_news (project_id, id);
