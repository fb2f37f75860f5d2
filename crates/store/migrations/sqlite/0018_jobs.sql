-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- What a person or a schedule asked to be done. A worker claims one under `job/ID` in work. What a job
-- did is in its run; only a dry run, which leaves none, keeps its report here.
CREATE TABLE jobs (
    job_id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id       INTEGER NOT NULL REFERENCES sources (source_id),
    kind            TEXT NOT NULL,
    -- JSON, written the same way each time, so that what is asked twice is alike.
    parameters      TEXT NOT NULL,
    status          TEXT NOT NULL,
    asked_at        INTEGER NOT NULL,
    asked_by        TEXT NOT NULL,
    -- Which occurrence of which schedule it is; one is done once, whoever notices it first.
    schedule_id     INTEGER,
    due_at          INTEGER,
    -- How often a worker began it and did not give it back.
    attempts        INTEGER NOT NULL DEFAULT 0,
    started_at      INTEGER,
    progress        TEXT,
    progress_at     INTEGER,
    cancel_asked_at INTEGER,
    cancel_asked_by TEXT,
    ended_at        INTEGER,
    run_id          INTEGER,
    -- A sentence for people.
    outcome         TEXT,
    report          TEXT,
    UNIQUE (schedule_id, due_at),
    CHECK (kind IN ('sync', 'compare', 'repair')),
    CHECK ((status IN ('waiting', 'running') AND ended_at IS NULL AND outcome IS NULL)
        OR (status IN ('done', 'failed', 'cancelled') AND ended_at IS NOT NULL AND outcome IS NOT NULL)),
    CHECK (status <> 'running' OR started_at IS NOT NULL),
    CHECK ((schedule_id IS NULL) = (due_at IS NULL)),
    CHECK ((cancel_asked_at IS NULL) = (cancel_asked_by IS NULL))
) STRICT;
CREATE INDEX jobs_by_source ON jobs (source_id, job_id);
CREATE INDEX jobs_open ON jobs (job_id) WHERE ended_at IS NULL;
-- One that was given back may wait beside one that was asked for meanwhile.
CREATE UNIQUE INDEX jobs_asked_once ON jobs (source_id, kind, parameters)
    WHERE status = 'waiting' AND started_at IS NULL AND schedule_id IS NULL;

-- Comparisons that are made by themselves.
CREATE TABLE schedules (
    schedule_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    source_id   INTEGER NOT NULL REFERENCES sources (source_id),
    account_id  INTEGER REFERENCES accounts (account_id),
    -- Five fields of crontab(5), in this zone.
    cron        TEXT NOT NULL,
    time_zone   TEXT NOT NULL,
    -- How much each comparison covers, back from when it is due.
    span_days   INTEGER NOT NULL,
    repairs     INTEGER NOT NULL,
    -- Addresses, as a JSON list.
    send_to     TEXT NOT NULL,
    is_paused   INTEGER NOT NULL DEFAULT 0,
    -- Occurrences after this are due: since it was made, or went on after a pause.
    counts_from INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    CHECK (span_days > 0)
) STRICT;
CREATE INDEX schedules_by_source ON schedules (source_id);
CREATE INDEX schedules_by_account ON schedules (account_id) WHERE account_id IS NOT NULL;

-- What is told of a scheduled comparison, to whom, and what came of it.
CREATE TABLE schedule_sendings (
    job_id   INTEGER NOT NULL REFERENCES jobs (job_id),
    send_to  TEXT NOT NULL,
    status   TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- When it is tried next.
    next_at  INTEGER,
    tried_at INTEGER,
    -- What the other side said when it failed.
    error    TEXT,
    PRIMARY KEY (job_id, send_to),
    CHECK ((status = 'waiting' AND next_at IS NOT NULL)
        OR (status IN ('sent', 'failed') AND next_at IS NULL))
) STRICT;
CREATE INDEX schedule_sendings_waiting ON schedule_sendings (next_at) WHERE next_at IS NOT NULL;
