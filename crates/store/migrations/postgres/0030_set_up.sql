-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Since when a source rests: it is not read by itself, whatever its schedule says.
ALTER TABLE sources ADD COLUMN paused_at BIGINT;
ALTER TABLE sources ADD COLUMN paused_by TEXT COLLATE "C";

-- Sources that were set up in the dashboard. Those of the configuration file have no row here.
CREATE TABLE source_set_ups (
    source_id     BIGINT PRIMARY KEY REFERENCES sources (source_id),
    -- What the provider must know, as a JSON object of what was said. Nothing in it is secret.
    said          TEXT COLLATE "C" NOT NULL,
    -- The country of numbers written without one.
    country       TEXT COLLATE "C" NOT NULL,
    -- How often it is read; as [schedule] says where nothing is said.
    every_minutes BIGINT,
    -- What opens the door; sealed by a key that is not in this database.
    sealed        BYTEA NOT NULL,
    -- Grows with every change, so that workers notice.
    version       BIGINT NOT NULL DEFAULT 1,
    changed_at    BIGINT NOT NULL,
    changed_by    TEXT COLLATE "C" NOT NULL,
    CHECK (every_minutes > 0)
);

-- When a source was last read well is found without walking all that failed since.
CREATE INDEX runs_good ON runs (source_id, run_id) WHERE status = 'success';
