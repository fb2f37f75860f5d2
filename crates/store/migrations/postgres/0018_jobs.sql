-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- What a person or a schedule asked to be done. A worker claims one under `job/ID` in work. What a job
-- did is in its run; only a dry run, which leaves none, keeps its report here.
CREATE TABLE jobs (
    job_id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id       BIGINT NOT NULL REFERENCES sources (source_id),
    kind            TEXT COLLATE "C" NOT NULL,
    -- JSON, written the same way each time, so that what is asked twice is alike.
    parameters      TEXT COLLATE "C" NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    asked_at        BIGINT NOT NULL,
    asked_by        TEXT COLLATE "C" NOT NULL,
    -- Which occurrence of which schedule it is; one is done once, whoever notices it first.
    schedule_id     BIGINT,
    due_at          BIGINT,
    -- How often a worker began it and did not give it back.
    attempts        BIGINT NOT NULL DEFAULT 0,
    started_at      BIGINT,
    progress        TEXT COLLATE "C",
    progress_at     BIGINT,
    cancel_asked_at BIGINT,
    cancel_asked_by TEXT COLLATE "C",
    ended_at        BIGINT,
    run_id          BIGINT,
    -- A sentence for people.
    outcome         TEXT COLLATE "C",
    report          TEXT COLLATE "C",
    UNIQUE (schedule_id, due_at),
    CHECK (kind IN ('sync', 'compare', 'repair')),
    CHECK ((status IN ('waiting', 'running') AND ended_at IS NULL AND outcome IS NULL)
        OR (status IN ('done', 'failed', 'cancelled') AND ended_at IS NOT NULL AND outcome IS NOT NULL)),
    CHECK (status <> 'running' OR started_at IS NOT NULL),
    CHECK ((schedule_id IS NULL) = (due_at IS NULL)),
    CHECK ((cancel_asked_at IS NULL) = (cancel_asked_by IS NULL))
);
CREATE INDEX jobs_by_source ON jobs (source_id, job_id);
CREATE INDEX jobs_open ON jobs (job_id) WHERE ended_at IS NULL;
-- One that was given back may wait beside one that was asked for meanwhile.
CREATE UNIQUE INDEX jobs_asked_once ON jobs (source_id, kind, parameters)
    WHERE status = 'waiting' AND started_at IS NULL AND schedule_id IS NULL;

-- Comparisons that are made by themselves.
CREATE TABLE schedules (
    schedule_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL UNIQUE,
    source_id   BIGINT NOT NULL REFERENCES sources (source_id),
    account_id  BIGINT REFERENCES accounts (account_id),
    -- Five fields of crontab(5), in this zone.
    cron        TEXT COLLATE "C" NOT NULL,
    time_zone   TEXT COLLATE "C" NOT NULL,
    -- How much each comparison covers, back from when it is due.
    span_days   BIGINT NOT NULL,
    repairs     BIGINT NOT NULL,
    -- Addresses, as a JSON list.
    send_to     TEXT COLLATE "C" NOT NULL,
    is_paused   BIGINT NOT NULL DEFAULT 0,
    -- Occurrences after this are due: since it was made, or went on after a pause.
    counts_from BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    created_by  TEXT COLLATE "C" NOT NULL,
    CHECK (span_days > 0)
);
CREATE INDEX schedules_by_source ON schedules (source_id);
CREATE INDEX schedules_by_account ON schedules (account_id) WHERE account_id IS NOT NULL;

-- What is told of a scheduled comparison, to whom, and what came of it.
CREATE TABLE schedule_sendings (
    job_id   BIGINT NOT NULL REFERENCES jobs (job_id),
    send_to  TEXT COLLATE "C" NOT NULL,
    status   TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- When it is tried next.
    next_at  BIGINT,
    tried_at BIGINT,
    -- What the other side said when it failed.
    error    TEXT COLLATE "C",
    PRIMARY KEY (job_id, send_to),
    CHECK ((status = 'waiting' AND next_at IS NOT NULL)
        OR (status IN ('sent', 'failed') AND next_at IS NULL))
);
CREATE INDEX schedule_sendings_waiting ON schedule_sendings (next_at) WHERE next_at IS NOT NULL;
