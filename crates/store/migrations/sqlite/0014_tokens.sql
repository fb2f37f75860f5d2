-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- What opens the API. Of the secret itself only the SHA-256 is kept. A name is never used again, for
-- the history of what a token changed tells it by name.
CREATE TABLE api_tokens (
    token_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    secret_hash  BLOB NOT NULL UNIQUE,
    role         TEXT NOT NULL,
    account_id   INTEGER REFERENCES accounts (account_id),
    may_write    INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    expires_at   INTEGER,
    -- To the minute.
    last_used_at INTEGER,
    revoked_at   INTEGER,
    revoked_by   TEXT,
    CHECK ((role = 'operator' AND account_id IS NULL)
        OR (role = 'member' AND account_id IS NOT NULL))
) STRICT;
CREATE INDEX api_tokens_by_account ON api_tokens (account_id) WHERE account_id IS NOT NULL;

-- Requests that were named by whoever sent them, so that sending one again does nothing again. Without
-- a status it is under way. Gone after a day.
CREATE TABLE idempotency_keys (
    token_id     INTEGER NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    begun_at     INTEGER NOT NULL,
    status       INTEGER,
    body         BLOB,
    PRIMARY KEY (token_id, key)
) STRICT;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (begun_at);
