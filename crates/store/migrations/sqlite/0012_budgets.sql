-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- What each credential's requests per interval and day are, shared among all workers. A keyed hash
-- stands for the credential. `writing` grows with each writing: whoever read an older one must read
-- again before it writes.
CREATE TABLE budgets (
    credential TEXT PRIMARY KEY,
    writing    INTEGER NOT NULL,
    shares     TEXT NOT NULL,
    written_at INTEGER NOT NULL
) STRICT;

-- The key of those hashes, made by the first worker: one row.
CREATE TABLE budget_key (
    budget_key_id INTEGER PRIMARY KEY CHECK (budget_key_id = 1),
    key           BLOB NOT NULL
) STRICT;
