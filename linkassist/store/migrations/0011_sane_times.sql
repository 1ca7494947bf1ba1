-- A page's time is stored as a Unix second up to 2100, or 0 for unknown: `integrity/times.py` mends those of older
-- libraries before the migrations run. The counts by month leave other times out, which strftime would make NULL.
DROP TRIGGER a_new_page_is_counted;
DROP TRIGGER a_page_is_counted_by_month;

CREATE TRIGGER a_new_page_is_counted AFTER INSERT ON pages WHEN new.is_gone = 0
BEGIN
    INSERT INTO page_counts VALUES (new.project_id, new.n_links, new.kinds, 1, new.n_suggestions)
    ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_suggestions = n_suggestions + excluded.n_suggestions;
    INSERT INTO month_counts
    SELECT new.project_id,
           strftime('%Y', new.created, 'unixepoch') * 12 + strftime('%m', new.created, 'unixepoch') - 1,
           1, new.n_links > 0
    WHERE new.created > 0 AND new.created < 4102444800
    ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_linked = n_linked + excluded.n_linked;
    INSERT INTO page_changes VALUES (new.project_id, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER a_page_is_counted_by_month AFTER UPDATE OF is_gone, n_links, created ON pages
WHEN (old.is_gone, old.n_links > 0, old.created) <> (new.is_gone, new.n_links > 0, new.created)
BEGIN
    UPDATE month_counts SET n_pages = n_pages - 1, n_linked = n_linked - (old.n_links > 0)
    WHERE old.is_gone = 0 AND old.created > 0 AND old.created < 4102444800 AND project_id = old.project_id
        AND month = strftime('%Y', old.created, 'unixepoch') * 12 + strftime('%m', old.created, 'unixepoch') - 1;
    INSERT INTO month_counts
    SELECT new.project_id,
           strftime('%Y', new.created, 'unixepoch') * 12 + strftime('%m', new.created, 'unixepoch') - 1,
           1, new.n_links > 0
    WHERE new.is_gone = 0 AND new.created > 0 AND new.created < 4102444800
    ON CONFLICT DO UPDATE SET n_pages = n_pages + 1, n_linked = n_linked + excluded.n_linked;
END;
