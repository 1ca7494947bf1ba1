-- What a list was made from, where that is more than the model. A "-" precedes that of an empty list.
CREATE TABLE list_origins (
    page_id INTEGER PRIMARY KEY REFERENCES pages(id),
    made_of TEXT NOT NULL
) STRICT;
