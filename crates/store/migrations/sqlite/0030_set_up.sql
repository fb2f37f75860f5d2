-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Since when a source rests: it is not read by itself, whatever its schedule says.
ALTER TABLE sources ADD COLUMN paused_at INTEGER;
ALTER TABLE sources ADD COLUMN paused_by TEXT;

-- Sources that were set up in the dashboard. Those of the configuration file have no row here.
CREATE TABLE source_set_ups (
    source_id     INTEGER PRIMARY KEY REFERENCES sources (source_id),
    -- What the provider must know, as a JSON object of what was said. Nothing in it is secret.
    said          TEXT NOT NULL,
    -- The country of numbers written without one.
    country       TEXT NOT NULL,
    -- How often it is read; as [schedule] says where nothing is said.
    every_minutes INTEGER,
    -- What opens the door; sealed by a key that is not in this database.
    sealed        BLOB NOT NULL,
    -- Grows with every change, so that workers notice.
    version       INTEGER NOT NULL DEFAULT 1,
    changed_at    INTEGER NOT NULL,
    changed_by    TEXT NOT NULL,
    CHECK (every_minutes > 0)
) STRICT;

-- When a source was last read well is found without walking all that failed since.
CREATE INDEX runs_good ON runs (source_id, run_id) WHERE status = 'success';
