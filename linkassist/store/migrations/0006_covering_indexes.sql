-- is_gone is in the indexes although it is always 0 there: SQLite would otherwise read it from the row of every page.
DROP INDEX pages_by_folded_title;
CREATE INDEX pages_by_folded_title ON pages (project_id, folded_title, is_gone) WHERE is_gone = 0;
DROP INDEX pages_in_search;
CREATE INDEX pages_in_search ON pages (text_id, project_id, updated, key, is_gone) WHERE is_gone = 0;
DROP INDEX pages_in_picture;
CREATE INDEX pages_in_picture ON pages (created, n_links, project_id, is_gone) WHERE is_gone = 0;
