-- Counts of pages are maintained by triggers: to count 23,000 pages takes longer than to show one. `offers`: the open
-- suggestions of a page that are worth showing, as of the last time they were added up. `place` counts from 1, decided
-- ones first, so that a page's budget is a bound of it. kind "far": a page far away by links, found by a similar line.
-- A library of an older version has no offers until `review.verdicts.add_up_offers`.
-- `pages.kinds` has a bit for each kind offered within the budget: 1 page, 2 red, 4 new, 8 far.
-- `page_changes.n` grows whenever a page is added, removed, or gets another text.
CREATE TABLE offers (
    page_id INTEGER NOT NULL REFERENCES pages(id),
    place INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('page', 'red', 'new', 'far')),
    probability REAL NOT NULL,
    PRIMARY KEY (page_id, place)
) STRICT, WITHOUT ROWID;
ALTER TABLE pages ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0;
CREATE TABLE page_changes (project_id INTEGER PRIMARY KEY REFERENCES projects(id), n INTEGER NOT NULL) STRICT;

CREATE TABLE page_counts (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    n_links INTEGER NOT NULL,
    kinds INTEGER NOT NULL,
    n_pages INTEGER NOT NULL,
    n_suggestions INTEGER NOT NULL,
    PRIMARY KEY (project_id, n_links, kinds)
) STRICT, WITHOUT ROWID;

INSERT INTO page_counts
SELECT project_id, n_links, kinds, count(*), sum(n_suggestions) FROM pages WHERE is_gone = 0
GROUP BY project_id, n_links, kinds;

-- A month of UTC, counted from year 0: 12 * year + month - 1.
CREATE TABLE month_counts (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    month INTEGER NOT NULL,
    n_pages INTEGER NOT NULL,
    n_linked INTEGER NOT NULL,
    PRIMARY KEY (project_id, month)
) STRICT, WITHOUT ROWID;

INSERT INTO month_counts
SELECT project_id, strftime('%Y', created, 'unixepoch') * 12 + strftime('%m', created, 'unixepoch') - 1 AS month,
       count(*), sum(n_links > 0)
FROM pages WHERE is_gone = 0 AND created > 0 GROUP BY project_id, month;

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
END;

CREATE TRIGGER a_page_is_counted_anew AFTER UPDATE OF is_gone, n_links, kinds, n_suggestions ON pages
WHEN (old.is_gone, old.n_links, old.kinds, old.n_suggestions)
    <> (new.is_gone, new.n_links, new.kinds, new.n_suggestions)
BEGIN
    UPDATE page_counts SET n_pages = n_pages - 1, n_suggestions = n_suggestions - old.n_suggestions
    WHERE old.is_gone = 0 AND project_id = old.project_id AND n_links = old.n_links AND kinds = old.kinds;
    INSERT INTO page_counts
    SELECT new.project_id, new.n_links, new.kinds, 1, new.n_suggestions WHERE new.is_gone = 0
    ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_suggestions = n_suggestions + excluded.n_suggestions;
END;

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
END;

CREATE TRIGGER a_change_is_counted AFTER UPDATE OF is_gone, title, key, text_id ON pages
WHEN (old.is_gone, old.title, old.key, old.text_id) <> (new.is_gone, new.title, new.key, new.text_id)
BEGIN INSERT INTO page_changes VALUES (new.project_id, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;

CREATE TRIGGER a_dropped_list_offers_nothing AFTER DELETE ON suggestion_lists
BEGIN
    DELETE FROM offers WHERE page_id = old.page_id;
    UPDATE pages SET kinds = 0 WHERE id = old.page_id;
END;
DROP INDEX pages_in_figures;
DROP INDEX pages_in_picture;
