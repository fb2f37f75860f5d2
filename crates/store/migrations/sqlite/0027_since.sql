-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- What of a call is shown changed last in this revision of its source: whoever has read up to one asks
-- for what came after it, see docs/decisions/0037. Calls stored before there were any are of none.
ALTER TABLE calls ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE INDEX calls_by_revision ON calls (source_id, revision, provider_call_id);
CREATE INDEX calls_of_account_by_revision ON calls (account_id, source_id, revision, provider_call_id)
    WHERE account_id IS NOT NULL;

-- The last revision of each source. Whoever gives out the next holds the row until its calls are seen.
CREATE TABLE revisions (
    source_id INTEGER PRIMARY KEY,
    revision  INTEGER NOT NULL
) STRICT;

-- Calls that left an account, for whoever keeps a copy of its calls.
CREATE TABLE departures (
    account_id       INTEGER NOT NULL,
    source_id        INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    provider_call_id TEXT NOT NULL,
    PRIMARY KEY (account_id, source_id, revision, provider_call_id)
) STRICT, WITHOUT ROWID;

-- Whatever moves a call out of an account, by whichever statement.
CREATE TRIGGER calls_depart AFTER UPDATE OF account_id ON calls
WHEN OLD.account_id IS NOT NULL AND NEW.account_id IS NOT OLD.account_id
BEGIN
    INSERT INTO departures (account_id, source_id, revision, provider_call_id)
    VALUES (OLD.account_id, NEW.source_id, NEW.revision, NEW.provider_call_id)
    ON CONFLICT (account_id, source_id, revision, provider_call_id) DO NOTHING;
END;
