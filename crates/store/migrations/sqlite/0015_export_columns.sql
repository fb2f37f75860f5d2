-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Which column of a file that was exported from a source's provider is what: as somebody said once,
-- so that nobody has to say it again.
CREATE TABLE export_columns (
    source_id  INTEGER NOT NULL REFERENCES sources (source_id),
    field      TEXT NOT NULL,
    name       TEXT NOT NULL,
    said_at    INTEGER NOT NULL,
    PRIMARY KEY (source_id, field)
) STRICT;
