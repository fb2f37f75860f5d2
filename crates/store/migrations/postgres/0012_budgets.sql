-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- What each credential's requests per interval and day are, shared among all workers. A keyed hash
-- stands for the credential. `writing` grows with each writing: whoever read an older one must read
-- again before it writes.
CREATE TABLE budgets (
    credential TEXT COLLATE "C" PRIMARY KEY,
    writing    BIGINT NOT NULL,
    shares     TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL
);

-- The key of those hashes, made by the first worker: one row.
CREATE TABLE budget_key (
    budget_key_id BIGINT PRIMARY KEY CHECK (budget_key_id = 1),
    key           BYTEA NOT NULL
);
