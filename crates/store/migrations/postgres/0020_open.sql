-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Calls that have not ended, as far as their provider said; few at any time, and those that stay are
-- stuck.
CREATE INDEX calls_open ON calls (source_id, occurred_at)
    WHERE status IN ('queued', 'initiated', 'ringing', 'in_progress');
