-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- 1 when a run of the schedule left windows to the next one, which then begins at once, whichever
-- worker looks first.
ALTER TABLE runs ADD COLUMN has_more BIGINT NOT NULL DEFAULT 0;
