-- A covering index for the sums above the list of pages. Its first column is one that no query searches by, so that
-- SQLite does not use it to find a page.
CREATE INDEX pages_in_figures ON pages (n_suggestions, n_links, n_lines, project_id, is_gone) WHERE is_gone = 0;
