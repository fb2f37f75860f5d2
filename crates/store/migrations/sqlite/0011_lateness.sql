-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- How late new calls were found: of each day (its first instant), by the settle tier that found them
-- (0: another reading did), up to which age, and whether their time had been proved without them.
CREATE TABLE lateness (
    source_id INTEGER NOT NULL REFERENCES sources (source_id),
    day       INTEGER NOT NULL,
    is_late   INTEGER NOT NULL,
    tier_ms   INTEGER NOT NULL,
    age_ms    INTEGER NOT NULL,
    calls     INTEGER NOT NULL,
    PRIMARY KEY (source_id, day, is_late, tier_ms, age_ms)
) STRICT;

-- How many windows each settle tier has read again, of each day.
CREATE TABLE rereads (
    source_id INTEGER NOT NULL REFERENCES sources (source_id),
    day       INTEGER NOT NULL,
    tier_ms   INTEGER NOT NULL,
    windows   INTEGER NOT NULL,
    PRIMARY KEY (source_id, day, tier_ms)
) STRICT;

-- A provider's word on a call's status that contradicts the ending it had told before, while that
-- stands.
ALTER TABLE calls ADD COLUMN status_heard TEXT;
CREATE INDEX calls_in_conflict ON calls (source_id, occurred_at) WHERE status_heard IS NOT NULL;
