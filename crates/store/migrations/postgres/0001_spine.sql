-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.
-- Instants are milliseconds since 1970 in UTC, durations are milliseconds.
-- calls, observations and the run tables carry no foreign keys: PostgreSQL would check one per
-- row on the hottest path, and nothing here ever deletes what they point to.

CREATE TABLE accounts (
    account_id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           TEXT COLLATE "C" NOT NULL UNIQUE,
    calls_reset_at BIGINT,
    created_at     BIGINT NOT NULL
);

CREATE TABLE sources (
    source_id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          TEXT COLLATE "C" NOT NULL UNIQUE,
    provider      TEXT COLLATE "C" NOT NULL,
    scope         TEXT COLLATE "C" NOT NULL,
    since         BIGINT NOT NULL,
    -- Grows with every change of agents, assignments or accounts that may move calls.
    rules_version BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);

-- What a rotating credential has become; sealed by a key that is not in this database.
CREATE TABLE credentials (
    source_id  BIGINT PRIMARY KEY REFERENCES sources (source_id),
    sealed     BYTEA NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE probes (
    source_id  BIGINT NOT NULL REFERENCES sources (source_id),
    name       TEXT COLLATE "C" NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    sentence   TEXT COLLATE "C" NOT NULL,
    hint       TEXT COLLATE "C",
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (source_id, name)
);

CREATE TABLE agents (
    agent_id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id         BIGINT NOT NULL REFERENCES sources (source_id),
    provider_agent_id TEXT COLLATE "C" NOT NULL,
    name              TEXT COLLATE "C" NOT NULL,
    inbound_number    TEXT COLLATE "C",
    first_seen_at     BIGINT NOT NULL,
    last_seen_at      BIGINT NOT NULL,
    UNIQUE (source_id, provider_agent_id)
);

CREATE TABLE assignments (
    assignment_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent_id      BIGINT NOT NULL REFERENCES agents (agent_id),
    account_id    BIGINT NOT NULL REFERENCES accounts (account_id),
    valid_from    BIGINT NOT NULL,
    valid_to      BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    CHECK (valid_from < valid_to)
);
CREATE INDEX assignments_by_agent ON assignments (agent_id);

CREATE TABLE calls (
    source_id           BIGINT NOT NULL,
    provider_call_id    TEXT COLLATE "C" NOT NULL,
    occurred_at         BIGINT NOT NULL,
    occurred_text       TEXT COLLATE "C" NOT NULL,
    ended_at            BIGINT,
    duration_ms         BIGINT,
    direction           TEXT COLLATE "C",
    status              TEXT COLLATE "C" NOT NULL,
    from_raw            TEXT COLLATE "C",
    from_e164           TEXT COLLATE "C",
    to_raw              TEXT COLLATE "C",
    to_e164             TEXT COLLATE "C",
    provider_agent_id   TEXT COLLATE "C",
    provider_contact_id TEXT COLLATE "C",
    -- Which of the long parts the record has: recording 1, transcript 2, summary 4, extracted 8.
    parts               BIGINT NOT NULL,
    tags                TEXT COLLATE "C" NOT NULL,
    agent_id            BIGINT,
    account_id          BIGINT,
    placement           TEXT COLLATE "C" NOT NULL,
    -- Why it is placed, waits or is excluded.
    reason              TEXT COLLATE "C" NOT NULL,
    -- What the provider still owes, and when the call is asked for again by its id.
    awaits              TEXT COLLATE "C",
    look_again_at       BIGINT,
    content_hash        BYTEA NOT NULL,
    version             BIGINT NOT NULL,
    first_seen_at       BIGINT NOT NULL,
    first_seen_by       TEXT COLLATE "C" NOT NULL,
    first_run           BIGINT NOT NULL,
    changed_at          BIGINT NOT NULL,
    changed_run         BIGINT NOT NULL,
    -- Led by the id, see docs/decisions/0006.
    PRIMARY KEY (provider_call_id, source_id),
    -- Every stored call is exactly one of placed, waiting(reason), excluded(reason).
    CHECK ((placement = 'placed' AND account_id IS NOT NULL)
        OR (placement = 'waiting' AND account_id IS NULL)
        OR placement = 'excluded'),
    CHECK (reason <> '')
);
CREATE INDEX calls_by_time ON calls (source_id, occurred_at, provider_call_id);
CREATE INDEX calls_of_account ON calls (account_id, occurred_at, source_id) WHERE account_id IS NOT NULL;
CREATE INDEX calls_unplaced ON calls (source_id, placement, reason, provider_agent_id, occurred_at)
    WHERE placement <> 'placed';
CREATE INDEX calls_awaiting ON calls (source_id, look_again_at) WHERE look_again_at IS NOT NULL;

-- Each distinct content of a call: how and when it was seen, and the raw record whole.
CREATE TABLE observations (
    source_id        BIGINT NOT NULL,
    provider_call_id TEXT COLLATE "C" NOT NULL,
    version          BIGINT NOT NULL,
    content_hash     BYTEA NOT NULL,
    seen_at          BIGINT NOT NULL,
    seen_by          TEXT COLLATE "C" NOT NULL,
    run_id           BIGINT NOT NULL,
    -- zstd; with this dictionary, or without one when 0.
    dictionary_id    BIGINT NOT NULL,
    raw              BYTEA NOT NULL,
    PRIMARY KEY (source_id, provider_call_id, version)
);

CREATE TABLE dictionaries (
    dictionary_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id     BIGINT NOT NULL REFERENCES sources (source_id),
    created_at    BIGINT NOT NULL,
    content       BYTEA NOT NULL
);
CREATE INDEX dictionaries_by_source ON dictionaries (source_id);

-- Records nobody could read, whole. One row per distinct content.
CREATE TABLE set_aside (
    set_aside_id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id        BIGINT NOT NULL,
    content_hash     BYTEA NOT NULL,
    provider_call_id TEXT COLLATE "C",
    why              TEXT COLLATE "C" NOT NULL,
    first_seen_at    BIGINT NOT NULL,
    run_id           BIGINT NOT NULL,
    dictionary_id    BIGINT NOT NULL,
    raw              BYTEA NOT NULL,
    UNIQUE (source_id, content_hash)
);

CREATE TABLE runs (
    run_id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id       BIGINT NOT NULL REFERENCES sources (source_id),
    kind            TEXT COLLATE "C" NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    parameters      TEXT COLLATE "C" NOT NULL,
    response        TEXT COLLATE "C",
    error           TEXT COLLATE "C",
    hint            TEXT COLLATE "C",
    started_at      BIGINT NOT NULL,
    finished_at     BIGINT,
    listed          BIGINT NOT NULL DEFAULT 0,
    new             BIGINT NOT NULL DEFAULT 0,
    updated         BIGINT NOT NULL DEFAULT 0,
    unchanged       BIGINT NOT NULL DEFAULT 0,
    repeated        BIGINT NOT NULL DEFAULT 0,
    set_aside       BIGINT NOT NULL DEFAULT 0,
    failed          BIGINT NOT NULL DEFAULT 0,
    waiting         BIGINT NOT NULL DEFAULT 0,
    excluded        BIGINT NOT NULL DEFAULT 0,
    skip_reasons    TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    pages           BIGINT NOT NULL DEFAULT 0,
    windows_planned BIGINT NOT NULL DEFAULT 0,
    windows_proved  BIGINT NOT NULL DEFAULT 0,
    -- The accounts of every run balance at every instant, or it is called unbalanced.
    CHECK (status = 'unbalanced'
        OR listed = new + updated + unchanged + repeated + set_aside + failed)
);
CREATE INDEX runs_by_source ON runs (source_id, run_id);

CREATE TABLE run_logs (
    run_id      BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    phase       TEXT COLLATE "C" NOT NULL,
    level       TEXT COLLATE "C" NOT NULL,
    message     TEXT COLLATE "C" NOT NULL,
    duration_ms BIGINT,
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE run_pages (
    run_id         BIGINT NOT NULL,
    seq            BIGINT NOT NULL,
    window_from    BIGINT NOT NULL,
    window_to      BIGINT NOT NULL,
    page           BIGINT NOT NULL,
    listed         BIGINT NOT NULL,
    provider_total BIGINT,
    duration_ms    BIGINT NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- The first calls a run could not place or read, in detail; the counts are in runs.
CREATE TABLE run_skips (
    run_id            BIGINT NOT NULL,
    seq               BIGINT NOT NULL,
    provider_call_id  TEXT COLLATE "C",
    reason            TEXT COLLATE "C" NOT NULL,
    detail            TEXT COLLATE "C" NOT NULL,
    provider_agent_id TEXT COLLATE "C",
    occurred_at       BIGINT,
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE coverage (
    source_id      BIGINT NOT NULL REFERENCES sources (source_id),
    stream         TEXT COLLATE "C" NOT NULL,
    facet          TEXT COLLATE "C" NOT NULL,
    window_from    BIGINT NOT NULL,
    window_to      BIGINT NOT NULL,
    level          TEXT COLLATE "C" NOT NULL,
    mark           TEXT COLLATE "C",
    mark_detail    TEXT COLLATE "C",
    listed         BIGINT,
    provider_total BIGINT,
    run_id         BIGINT NOT NULL,
    checked_at     BIGINT NOT NULL,
    PRIMARY KEY (source_id, stream, facet, window_from),
    CHECK (window_from < window_to)
);

-- Who does what right now. A lease that ran out may be taken over; the fence then grows,
-- and whatever the former holder still writes is refused.
CREATE TABLE work (
    key         TEXT COLLATE "C" PRIMARY KEY,
    holder      TEXT COLLATE "C",
    what        TEXT COLLATE "C" NOT NULL,
    fence       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    claimed_at  BIGINT NOT NULL
);
