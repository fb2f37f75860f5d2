-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Whose the calls of a source are by number, by campaign or as a whole; without an account, which
-- are left out.
CREATE TABLE rules (
    rule_id    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id  BIGINT NOT NULL REFERENCES sources (source_id),
    -- number, campaign, test_calls or whole_source.
    kind       TEXT COLLATE "C" NOT NULL,
    -- The number in E.164, or the campaign; otherwise empty.
    key        TEXT COLLATE "C" NOT NULL,
    account_id BIGINT REFERENCES accounts (account_id),
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    ended_at   BIGINT,
    ended_by   TEXT COLLATE "C",
    CHECK (valid_from < valid_to)
);
CREATE INDEX rules_by_source ON rules (source_id, kind, key);

ALTER TABLE calls ADD COLUMN campaign TEXT COLLATE "C";
-- Which assignment or rule decided; reason says which of the two it is.
ALTER TABLE calls ADD COLUMN decided_by BIGINT;

-- A call whose direction is known has our number in one of the two only.
CREATE INDEX calls_by_called ON calls (source_id, to_e164, occurred_at)
    WHERE to_e164 IS NOT NULL AND COALESCE(direction, '') <> 'outbound';
CREATE INDEX calls_by_calling ON calls (source_id, from_e164, occurred_at)
    WHERE from_e164 IS NOT NULL AND COALESCE(direction, '') <> 'inbound';
CREATE INDEX calls_by_campaign ON calls (source_id, campaign, occurred_at)
    WHERE campaign IS NOT NULL;
CREATE INDEX calls_of_tests ON calls (source_id, occurred_at)
    WHERE tags IN ('test_call', 'test_call agent_deleted');

-- Calls to place again, now not of an agent only.
CREATE TABLE replacements_of_any (
    replacement_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id      BIGINT NOT NULL REFERENCES changes (change_id),
    source_id      BIGINT NOT NULL REFERENCES sources (source_id),
    -- agent, nobody, called, calling, campaign, tests or anyone, and the id, number or name.
    who            TEXT COLLATE "C" NOT NULL,
    key            TEXT COLLATE "C" NOT NULL,
    -- Those placed with this account, those that are not placed for this reason, or all of them.
    account_id     BIGINT,
    reason         TEXT COLLATE "C",
    span_from      BIGINT NOT NULL,
    span_to        BIGINT NOT NULL,
    CHECK (account_id IS NULL OR reason IS NULL)
);
INSERT INTO replacements_of_any (change_id, source_id, who, key, account_id, reason, span_from, span_to)
SELECT change_id, source_id, 'agent', provider_agent_id, account_id, reason, span_from, span_to
FROM replacements ORDER BY replacement_id;
DROP TABLE replacements;
ALTER TABLE replacements_of_any RENAME TO replacements;
CREATE INDEX replacements_by_source ON replacements (source_id, replacement_id);
