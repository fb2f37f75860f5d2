-- SQLite. Its twin is migrations/postgres; a test compares the two.
-- Instants are milliseconds since 1970 in UTC, durations are milliseconds.
-- calls, observations and the run tables carry no foreign keys: PostgreSQL would check one per
-- row on the hottest path, and nothing here ever deletes what they point to.

CREATE TABLE accounts (
    account_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL UNIQUE,
    calls_reset_at INTEGER,
    created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE sources (
    source_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL UNIQUE,
    provider      TEXT NOT NULL,
    scope         TEXT NOT NULL,
    since         INTEGER NOT NULL,
    -- Grows with every change of agents, assignments or accounts that may move calls.
    rules_version INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

-- What a rotating credential has become; sealed by a key that is not in this database.
CREATE TABLE credentials (
    source_id  INTEGER PRIMARY KEY REFERENCES sources (source_id),
    sealed     BLOB NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE probes (
    source_id  INTEGER NOT NULL REFERENCES sources (source_id),
    name       TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    sentence   TEXT NOT NULL,
    hint       TEXT,
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (source_id, name)
) STRICT;

CREATE TABLE agents (
    agent_id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id         INTEGER NOT NULL REFERENCES sources (source_id),
    provider_agent_id TEXT NOT NULL,
    name              TEXT NOT NULL,
    inbound_number    TEXT,
    first_seen_at     INTEGER NOT NULL,
    last_seen_at      INTEGER NOT NULL,
    UNIQUE (source_id, provider_agent_id)
) STRICT;

CREATE TABLE assignments (
    assignment_id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id      INTEGER NOT NULL REFERENCES agents (agent_id),
    account_id    INTEGER NOT NULL REFERENCES accounts (account_id),
    valid_from    INTEGER NOT NULL,
    valid_to      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    CHECK (valid_from < valid_to)
) STRICT;
CREATE INDEX assignments_by_agent ON assignments (agent_id);

CREATE TABLE calls (
    source_id           INTEGER NOT NULL,
    provider_call_id    TEXT NOT NULL,
    occurred_at         INTEGER NOT NULL,
    occurred_text       TEXT NOT NULL,
    ended_at            INTEGER,
    duration_ms         INTEGER,
    direction           TEXT,
    status              TEXT NOT NULL,
    from_raw            TEXT,
    from_e164           TEXT,
    to_raw              TEXT,
    to_e164             TEXT,
    provider_agent_id   TEXT,
    provider_contact_id TEXT,
    -- Which of the long parts the record has: recording 1, transcript 2, summary 4, extracted 8.
    parts               INTEGER NOT NULL,
    tags                TEXT NOT NULL,
    agent_id            INTEGER,
    account_id          INTEGER,
    placement           TEXT NOT NULL,
    -- Why it is placed, waits or is excluded.
    reason              TEXT NOT NULL,
    -- What the provider still owes, and when the call is asked for again by its id.
    awaits              TEXT,
    look_again_at       INTEGER,
    content_hash        BLOB NOT NULL,
    version             INTEGER NOT NULL,
    first_seen_at       INTEGER NOT NULL,
    first_seen_by       TEXT NOT NULL,
    first_run           INTEGER NOT NULL,
    changed_at          INTEGER NOT NULL,
    changed_run         INTEGER NOT NULL,
    -- Led by the id, see docs/decisions/0006.
    PRIMARY KEY (provider_call_id, source_id),
    -- Every stored call is exactly one of placed, waiting(reason), excluded(reason).
    CHECK ((placement = 'placed' AND account_id IS NOT NULL)
        OR (placement = 'waiting' AND account_id IS NULL)
        OR placement = 'excluded'),
    CHECK (reason <> '')
) STRICT;
CREATE INDEX calls_by_time ON calls (source_id, occurred_at, provider_call_id);
CREATE INDEX calls_of_account ON calls (account_id, occurred_at, source_id) WHERE account_id IS NOT NULL;
CREATE INDEX calls_unplaced ON calls (source_id, placement, reason, provider_agent_id, occurred_at)
    WHERE placement <> 'placed';
CREATE INDEX calls_awaiting ON calls (source_id, look_again_at) WHERE look_again_at IS NOT NULL;

-- Each distinct content of a call: how and when it was seen, and the raw record whole.
CREATE TABLE observations (
    source_id        INTEGER NOT NULL,
    provider_call_id TEXT NOT NULL,
    version          INTEGER NOT NULL,
    content_hash     BLOB NOT NULL,
    seen_at          INTEGER NOT NULL,
    seen_by          TEXT NOT NULL,
    run_id           INTEGER NOT NULL,
    -- zstd; with this dictionary, or without one when 0.
    dictionary_id    INTEGER NOT NULL,
    raw              BLOB NOT NULL,
    PRIMARY KEY (source_id, provider_call_id, version)
) STRICT;

CREATE TABLE dictionaries (
    dictionary_id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id     INTEGER NOT NULL REFERENCES sources (source_id),
    created_at    INTEGER NOT NULL,
    content       BLOB NOT NULL
) STRICT;
CREATE INDEX dictionaries_by_source ON dictionaries (source_id);

-- Records nobody could read, whole. One row per distinct content.
CREATE TABLE set_aside (
    set_aside_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id        INTEGER NOT NULL,
    content_hash     BLOB NOT NULL,
    provider_call_id TEXT,
    why              TEXT NOT NULL,
    first_seen_at    INTEGER NOT NULL,
    run_id           INTEGER NOT NULL,
    dictionary_id    INTEGER NOT NULL,
    raw              BLOB NOT NULL,
    UNIQUE (source_id, content_hash)
) STRICT;

CREATE TABLE runs (
    run_id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id       INTEGER NOT NULL REFERENCES sources (source_id),
    kind            TEXT NOT NULL,
    status          TEXT NOT NULL,
    parameters      TEXT NOT NULL,
    response        TEXT,
    error           TEXT,
    hint            TEXT,
    started_at      INTEGER NOT NULL,
    finished_at     INTEGER,
    listed          INTEGER NOT NULL DEFAULT 0,
    new             INTEGER NOT NULL DEFAULT 0,
    updated         INTEGER NOT NULL DEFAULT 0,
    unchanged       INTEGER NOT NULL DEFAULT 0,
    repeated        INTEGER NOT NULL DEFAULT 0,
    set_aside       INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    waiting         INTEGER NOT NULL DEFAULT 0,
    excluded        INTEGER NOT NULL DEFAULT 0,
    skip_reasons    TEXT NOT NULL DEFAULT '{}',
    pages           INTEGER NOT NULL DEFAULT 0,
    windows_planned INTEGER NOT NULL DEFAULT 0,
    windows_proved  INTEGER NOT NULL DEFAULT 0,
    -- The accounts of every run balance at every instant, or it is called unbalanced.
    CHECK (status = 'unbalanced'
        OR listed = new + updated + unchanged + repeated + set_aside + failed)
) STRICT;
CREATE INDEX runs_by_source ON runs (source_id, run_id);

CREATE TABLE run_logs (
    run_id      INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    phase       TEXT NOT NULL,
    level       TEXT NOT NULL,
    message     TEXT NOT NULL,
    duration_ms INTEGER,
    PRIMARY KEY (run_id, seq)
) STRICT;

CREATE TABLE run_pages (
    run_id         INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    window_from    INTEGER NOT NULL,
    window_to      INTEGER NOT NULL,
    page           INTEGER NOT NULL,
    listed         INTEGER NOT NULL,
    provider_total INTEGER,
    duration_ms    INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT;

-- The first calls a run could not place or read, in detail; the counts are in runs.
CREATE TABLE run_skips (
    run_id            INTEGER NOT NULL,
    seq               INTEGER NOT NULL,
    provider_call_id  TEXT,
    reason            TEXT NOT NULL,
    detail            TEXT NOT NULL,
    provider_agent_id TEXT,
    occurred_at       INTEGER,
    PRIMARY KEY (run_id, seq)
) STRICT;

CREATE TABLE coverage (
    source_id      INTEGER NOT NULL REFERENCES sources (source_id),
    stream         TEXT NOT NULL,
    facet          TEXT NOT NULL,
    window_from    INTEGER NOT NULL,
    window_to      INTEGER NOT NULL,
    level          TEXT NOT NULL,
    mark           TEXT,
    mark_detail    TEXT,
    listed         INTEGER,
    provider_total INTEGER,
    run_id         INTEGER NOT NULL,
    checked_at     INTEGER NOT NULL,
    PRIMARY KEY (source_id, stream, facet, window_from),
    CHECK (window_from < window_to)
) STRICT;

-- Who does what right now. A lease that ran out may be taken over; the fence then grows,
-- and whatever the former holder still writes is refused.
CREATE TABLE work (
    key         TEXT PRIMARY KEY,
    holder      TEXT,
    what        TEXT NOT NULL,
    fence       INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    claimed_at  INTEGER NOT NULL
) STRICT;
