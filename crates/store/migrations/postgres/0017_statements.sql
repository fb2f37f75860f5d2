-- PostgreSQL. Its twin is migrations/sqlite; a test compares the two.

-- Statements of completeness as they were signed, whole. They outlive their accounts.
CREATE TABLE statements (
    statement_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   BIGINT NOT NULL,
    period_from  BIGINT NOT NULL,
    period_to    BIGINT NOT NULL,
    made_at      BIGINT NOT NULL,
    made_by      TEXT COLLATE "C" NOT NULL,
    verdict      TEXT COLLATE "C" NOT NULL,
    document     TEXT COLLATE "C" NOT NULL,
    CHECK (period_from < period_to)
);
CREATE INDEX statements_by_account ON statements (account_id, statement_id);
