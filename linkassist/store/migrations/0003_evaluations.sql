-- The last report of each project, as JSON.
CREATE TABLE evaluations (
    project_id INTEGER PRIMARY KEY REFERENCES projects(id),
    report TEXT NOT NULL
) STRICT;
