-- The full-text index (`store/search/full_text.py`): trigrams of the folded texts, by text id, without positions and
-- without the text itself: 40 MB for 23,000 pages instead of 97.
CREATE VIRTUAL TABLE words USING fts5(
    text, tokenize = 'trigram case_sensitive 1', content = '', detail = none
);
CREATE VIRTUAL TABLE word_terms USING fts5vocab(words, row);
CREATE INDEX pages_in_search ON pages (text_id, project_id, updated, key) WHERE is_gone = 0;

-- For the picture of a wiki: when pages were made, and how many of them link.
CREATE INDEX pages_in_picture ON pages (created, n_links, project_id) WHERE is_gone = 0;
