-- The quality of suggestions on a sample of pages, measured every night. Shares in [0, 1].
CREATE TABLE quality_samples (
    project_id INTEGER NOT NULL REFERENCES projects(id),
    measured_at INTEGER NOT NULL,
    n_asked INTEGER NOT NULL,
    n_links INTEGER NOT NULL,
    found_in_10 REAL NOT NULL,
    first_right REAL NOT NULL,
    PRIMARY KEY (project_id, measured_at)
) STRICT, WITHOUT ROWID;
