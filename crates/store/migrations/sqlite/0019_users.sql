-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- People who sign in. Of a password only its argon2id hash is kept. A name is never used again, for the
-- audit log tells what somebody did by it; name_key is the name in lower case.
CREATE TABLE users (
    user_id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name                  TEXT NOT NULL,
    name_key              TEXT NOT NULL UNIQUE,
    role                  TEXT NOT NULL,
    password_hash         TEXT NOT NULL,
    -- 1 where somebody else chose it, so that it must be changed first.
    password_is_temporary INTEGER NOT NULL,
    password_changed_at   INTEGER NOT NULL,
    -- Wrong passwords since the last right one.
    failures              INTEGER NOT NULL DEFAULT 0,
    locked_until          INTEGER,
    created_at            INTEGER NOT NULL,
    created_by            TEXT NOT NULL,
    disabled_at           INTEGER,
    last_sign_in_at       INTEGER,
    CHECK (role IN ('operator', 'member'))
) STRICT;

-- Which accounts a member may look at.
CREATE TABLE user_accounts (
    user_id    INTEGER NOT NULL REFERENCES users (user_id),
    account_id INTEGER NOT NULL REFERENCES accounts (account_id),
    PRIMARY KEY (user_id, account_id)
) STRICT;
CREATE INDEX user_accounts_by_account ON user_accounts (account_id);

-- Somebody who is signed in. Of what their browser sends only the SHA-256 is kept.
CREATE TABLE sessions (
    session_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash  BLOB NOT NULL UNIQUE,
    user_id      INTEGER NOT NULL REFERENCES users (user_id),
    -- The account a member chose to look at.
    account_id   INTEGER,
    created_at   INTEGER NOT NULL,
    -- To the minute.
    last_seen_at INTEGER NOT NULL,
    -- From where and with what, in short.
    address      TEXT NOT NULL,
    agent        TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Who changed what by pages and the API, in the transaction that changed it. Neither secrets nor
-- people's numbers are in it.
CREATE TABLE audit (
    audit_id INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    address  TEXT NOT NULL,
    what     TEXT NOT NULL,
    target   TEXT NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
