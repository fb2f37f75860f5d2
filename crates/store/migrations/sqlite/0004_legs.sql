-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Other names of calls that may join them with others, as last said; see docs/decisions/0015.
-- Led by the id, as the calls are, and clustered by it.
CREATE TABLE aliases (
    provider_call_id TEXT NOT NULL,
    source_id        INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    alias_id         TEXT NOT NULL,
    PRIMARY KEY (provider_call_id, source_id, kind, alias_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_alias ON aliases (alias_id, kind);

-- Calls stored before their aliases were: of each source, those before this place in time order.
CREATE TABLE aliases_unread (
    source_id INTEGER PRIMARY KEY REFERENCES sources (source_id),
    before_at INTEGER NOT NULL,
    before_id TEXT NOT NULL
) STRICT;
INSERT INTO aliases_unread (source_id, before_at, before_id)
SELECT source_id, 9223372036854775807, '' FROM sources;
