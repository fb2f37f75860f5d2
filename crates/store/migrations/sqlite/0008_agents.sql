-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- When the provider's whole list no longer had an agent. It stays, with its calls; a list that has it
-- again takes the mark away.
ALTER TABLE agents ADD COLUMN gone_at INTEGER;
