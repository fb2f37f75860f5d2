-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- 1 when a run of the schedule left windows to the next one, which then begins at once, whichever
-- worker looks first.
ALTER TABLE runs ADD COLUMN has_more INTEGER NOT NULL DEFAULT 0;
