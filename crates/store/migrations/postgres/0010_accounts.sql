-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- The country of numbers written without one, and when an account was put away.
ALTER TABLE accounts ADD COLUMN country TEXT COLLATE "C";
ALTER TABLE accounts ADD COLUMN archived_at BIGINT;
-- What it is called in another system.
ALTER TABLE accounts ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX accounts_by_external_id ON accounts (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX assignments_by_account ON assignments (account_id);

-- Which account a change was about, where it was about one as a whole.
ALTER TABLE changes ADD COLUMN account_id BIGINT;
CREATE INDEX changes_of_account ON changes (account_id, change_id) WHERE account_id IS NOT NULL;

-- The account that gets agents nobody has assigned, from the moment they are seen in calls.
ALTER TABLE sources ADD COLUMN auto_account_id BIGINT;

-- Calls stored before campaigns were read get them from their records, as they got their aliases.
INSERT INTO aliases_unread (source_id, before_at, before_id)
SELECT source_id, 9223372036854775807, '' FROM sources
WHERE provider IN ('elevenlabs', 'teli', 'vicidial')
ON CONFLICT (source_id) DO UPDATE SET before_at = excluded.before_at, before_id = excluded.before_id;
