-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Lists are looked through in the order of time for a status, a direction or an agent: what is
-- compared then stands in the index, so that only the calls found are read.
DROP INDEX calls_by_time;
CREATE INDEX calls_by_time
    ON calls (source_id, occurred_at, provider_call_id, status, direction, provider_agent_id);

-- People look for either side's number, and not for ours only.
DROP INDEX calls_by_called;
DROP INDEX calls_by_calling;
CREATE INDEX calls_by_called ON calls (source_id, (occurred_at / 86400000), to_e164)
    WHERE to_e164 IS NOT NULL;
CREATE INDEX calls_by_calling ON calls (source_id, (occurred_at / 86400000), from_e164)
    WHERE from_e164 IS NOT NULL;
