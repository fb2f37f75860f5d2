-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- An assignment that was withdrawn stays for the record and holds no longer.
ALTER TABLE assignments ADD COLUMN ended_at BIGINT;
ALTER TABLE assignments ADD COLUMN ended_by TEXT COLLATE "C";

-- Who changed what may move calls.
CREATE TABLE changes (
    change_id  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed_at BIGINT NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    what       TEXT COLLATE "C" NOT NULL
);

-- Calls to place again: written with the change that causes it, gone when it is done.
CREATE TABLE replacements (
    replacement_id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id         BIGINT NOT NULL REFERENCES changes (change_id),
    source_id         BIGINT NOT NULL REFERENCES sources (source_id),
    provider_agent_id TEXT COLLATE "C" NOT NULL,
    -- Those placed with this account, or those that are not placed for this reason.
    account_id        BIGINT,
    reason            TEXT COLLATE "C",
    span_from         BIGINT NOT NULL,
    span_to           BIGINT NOT NULL,
    CHECK ((account_id IS NULL) <> (reason IS NULL))
);
CREATE INDEX replacements_by_source ON replacements (source_id, replacement_id);

-- Calls that moved after they were first placed: from where, to where, by which change.
CREATE TABLE placements (
    change_id        BIGINT NOT NULL,
    source_id        BIGINT NOT NULL,
    provider_call_id TEXT COLLATE "C" NOT NULL,
    moved_at         BIGINT NOT NULL,
    account_before   BIGINT,
    reason_before    TEXT COLLATE "C" NOT NULL,
    account_id       BIGINT,
    placement        TEXT COLLATE "C" NOT NULL,
    reason           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (change_id, source_id, provider_call_id)
);
CREATE INDEX placements_of_call ON placements (provider_call_id, source_id);
