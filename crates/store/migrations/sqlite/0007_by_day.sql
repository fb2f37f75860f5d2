-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Calls by number, led by the day in days since 1970 for the same reason as aliases below: numbers
-- of callers are random, and what is written at once should lie beside each other.
DROP INDEX calls_by_called;
DROP INDEX calls_by_calling;
CREATE INDEX calls_by_called ON calls (source_id, (occurred_at / 86400000), to_e164)
    WHERE to_e164 IS NOT NULL AND COALESCE(direction, '') <> 'outbound';
CREATE INDEX calls_by_calling ON calls (source_id, (occurred_at / 86400000), from_e164)
    WHERE from_e164 IS NOT NULL AND COALESCE(direction, '') <> 'inbound';

-- Other names of calls, led by the day of the call in days since 1970, so that what is written at
-- once lies beside each other; see docs/decisions/0015.
CREATE TABLE aliases_by_day (
    day              INTEGER NOT NULL,
    provider_call_id TEXT NOT NULL,
    source_id        INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    alias_id         TEXT NOT NULL,
    PRIMARY KEY (day, provider_call_id, source_id, kind, alias_id)
) STRICT, WITHOUT ROWID;
INSERT INTO aliases_by_day (day, provider_call_id, source_id, kind, alias_id)
SELECT c.occurred_at / 86400000, a.provider_call_id, a.source_id, a.kind, a.alias_id
FROM aliases a
JOIN calls c ON c.provider_call_id = a.provider_call_id AND c.source_id = a.source_id;
DROP TABLE aliases;
ALTER TABLE aliases_by_day RENAME TO aliases;
CREATE INDEX aliases_by_alias ON aliases (day, alias_id);
