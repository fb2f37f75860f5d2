-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Which column of a file that was exported from a source's provider is what: as somebody said once,
-- so that nobody has to say it again.
CREATE TABLE export_columns (
    source_id  BIGINT NOT NULL REFERENCES sources (source_id),
    field      TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    said_at    BIGINT NOT NULL,
    PRIMARY KEY (source_id, field)
);
