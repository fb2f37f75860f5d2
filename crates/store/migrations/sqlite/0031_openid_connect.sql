-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- By what an identity provider knows somebody of users. An operator enters the address; whoever signs
-- in with it first, verified, is known from then on by the issuer and the subject, whatever becomes of
-- the address.
CREATE TABLE user_identities (
    user_id   INTEGER PRIMARY KEY REFERENCES users (user_id),
    -- As it was typed, and in lower case as far as its letters are those of ASCII.
    email     TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    issuer    TEXT,
    subject   TEXT,
    linked_at INTEGER,
    CHECK ((issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL) = (linked_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX user_identities_by_subject ON user_identities (issuer, subject);

-- Somebody who was sent to the identity provider and has not come back. Of what their browser sends
-- only the SHA-256 is kept, so that nothing here helps to come in.
CREATE TABLE sign_in_trips (
    secret_hash BLOB PRIMARY KEY,
    begun_at    INTEGER NOT NULL,
    -- Where they wanted to.
    next        TEXT NOT NULL
) STRICT;
CREATE INDEX sign_in_trips_by_age ON sign_in_trips (begun_at);

-- 1 where somebody came without a password, so that none of theirs is to be changed first.
ALTER TABLE sessions ADD COLUMN without_password INTEGER NOT NULL DEFAULT 0;
