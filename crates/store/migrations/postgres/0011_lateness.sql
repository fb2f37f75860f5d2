-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- How late new calls were found: of each day (its first instant), by the settle tier that found them
-- (0: another reading did), up to which age, and whether their time had been proved without them.
CREATE TABLE lateness (
    source_id BIGINT NOT NULL REFERENCES sources (source_id),
    day       BIGINT NOT NULL,
    is_late   BIGINT NOT NULL,
    tier_ms   BIGINT NOT NULL,
    age_ms    BIGINT NOT NULL,
    calls     BIGINT NOT NULL,
    PRIMARY KEY (source_id, day, is_late, tier_ms, age_ms)
);

-- How many windows each settle tier has read again, of each day.
CREATE TABLE rereads (
    source_id BIGINT NOT NULL REFERENCES sources (source_id),
    day       BIGINT NOT NULL,
    tier_ms   BIGINT NOT NULL,
    windows   BIGINT NOT NULL,
    PRIMARY KEY (source_id, day, tier_ms)
);

-- A provider's word on a call's status that contradicts the ending it had told before, while that
-- stands.
ALTER TABLE calls ADD COLUMN status_heard TEXT COLLATE "C";
CREATE INDEX calls_in_conflict ON calls (source_id, occurred_at) WHERE status_heard IS NOT NULL;
