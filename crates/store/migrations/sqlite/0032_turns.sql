-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- What decides when a source is read next is found among its runs of one kind, and a run that has
-- not ended among those, however many there are.
CREATE INDEX runs_of_kind ON runs (source_id, kind, run_id);
CREATE INDEX runs_open ON runs (source_id) WHERE status = 'in_progress';

-- Calls whose full record could not be read were given up with age; they are asked for again.
UPDATE calls SET look_again_at = 0
WHERE awaits = 'detail' AND look_again_at IS NULL AND erased_at IS NULL;

-- When a proved window was last read again in vain, so that others have their turn before it.
ALTER TABLE coverage ADD COLUMN tried_at INTEGER;
