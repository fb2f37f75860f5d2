-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- An assignment that was withdrawn stays for the record and holds no longer.
ALTER TABLE assignments ADD COLUMN ended_at INTEGER;
ALTER TABLE assignments ADD COLUMN ended_by TEXT;

-- Who changed what may move calls.
CREATE TABLE changes (
    change_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    what       TEXT NOT NULL
) STRICT;

-- Calls to place again: written with the change that causes it, gone when it is done.
CREATE TABLE replacements (
    replacement_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id         INTEGER NOT NULL REFERENCES changes (change_id),
    source_id         INTEGER NOT NULL REFERENCES sources (source_id),
    provider_agent_id TEXT NOT NULL,
    -- Those placed with this account, or those that are not placed for this reason.
    account_id        INTEGER,
    reason            TEXT,
    span_from         INTEGER NOT NULL,
    span_to           INTEGER NOT NULL,
    CHECK ((account_id IS NULL) <> (reason IS NULL))
) STRICT;
CREATE INDEX replacements_by_source ON replacements (source_id, replacement_id);

-- Calls that moved after they were first placed: from where, to where, by which change.
CREATE TABLE placements (
    change_id        INTEGER NOT NULL,
    source_id        INTEGER NOT NULL,
    provider_call_id TEXT NOT NULL,
    moved_at         INTEGER NOT NULL,
    account_before   INTEGER,
    reason_before    TEXT NOT NULL,
    account_id       INTEGER,
    placement        TEXT NOT NULL,
    reason           TEXT NOT NULL,
    PRIMARY KEY (change_id, source_id, provider_call_id)
) STRICT;
CREATE INDEX placements_of_call ON placements (provider_call_id, source_id);
