-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Other names of calls that may join them with others, as last said; see docs/decisions/0015.
-- Led by the id, as the calls are.
CREATE TABLE aliases (
    provider_call_id TEXT COLLATE "C" NOT NULL,
    source_id        BIGINT NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    alias_id         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (provider_call_id, source_id, kind, alias_id)
);
CREATE INDEX aliases_by_alias ON aliases (alias_id, kind);

-- Calls stored before their aliases were: of each source, those before this place in time order.
CREATE TABLE aliases_unread (
    source_id BIGINT PRIMARY KEY REFERENCES sources (source_id),
    before_at BIGINT NOT NULL,
    before_id TEXT COLLATE "C" NOT NULL
);
INSERT INTO aliases_unread (source_id, before_at, before_id)
SELECT source_id, 9223372036854775807, '' FROM sources;
