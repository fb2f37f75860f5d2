-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- 1 when the provider refused us in a way that only a person can mend: the schedule then stops
-- asking so often.
ALTER TABLE runs ADD COLUMN needs_person INTEGER NOT NULL DEFAULT 0;
-- The most memory the process had used by then, in bytes, where the system tells.
ALTER TABLE runs ADD COLUMN peak_bytes INTEGER;
