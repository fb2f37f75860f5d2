-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Statements of completeness as they were signed, whole. They outlive their accounts.
CREATE TABLE statements (
    statement_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL,
    period_from  INTEGER NOT NULL,
    period_to    INTEGER NOT NULL,
    made_at      INTEGER NOT NULL,
    made_by      TEXT NOT NULL,
    verdict      TEXT NOT NULL,
    document     TEXT NOT NULL,
    CHECK (period_from < period_to)
) STRICT;
CREATE INDEX statements_by_account ON statements (account_id, statement_id);
