//! Statements of completeness: what they are made of, and those that were made.

use domain::{AccountId, ChainedRun, ContentHash, RunAccounts, RunId, SourceId, Timestamp, Window};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// A statement that was made.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StatementRow {
    /// Its id.
    pub statement_id: i64,
    /// Of which account.
    pub account_id: i64,
    /// Its first instant, in milliseconds since 1970.
    pub period_from: i64,
    /// The first instant after it.
    pub period_to: i64,
    /// When it was made, in milliseconds since 1970.
    pub made_at: i64,
    /// Who made it.
    pub made_by: String,
    /// What it amounts to.
    pub verdict: String,
    /// The signed document, whole.
    pub document: String,
}

/// What a statement counts of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallToState {
    /// The provider's id.
    pub id: String,
    /// What it says, as a number.
    pub content_hash: ContentHash,
    /// Where it stands.
    pub status: String,
}

/// A statement to be kept.
#[derive(Debug, Clone)]
pub struct NewStatement<'s> {
    /// Of which account.
    pub account: AccountId,
    /// Of which period.
    pub period: Window,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub made_by: &'s str,
    /// What it amounts to.
    pub verdict: &'s str,
    /// The signed document, whole.
    pub document: &'s str,
}

const ADD: &str = "
INSERT INTO statements
    (account_id, period_from, period_to, made_at, made_by, verdict, document)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING statement_id";

const LIST: &str = "
SELECT statement_id, account_id, period_from, period_to, made_at, made_by, verdict, document
FROM statements WHERE account_id = $1 ORDER BY statement_id DESC LIMIT $2";

const GET: &str = "
SELECT statement_id, account_id, period_from, period_to, made_at, made_by, verdict, document
FROM statements WHERE account_id = $1 AND statement_id = $2";

// Whose calls may be the account's: its agents are there, a rule gives it some, or it has some.
const SOURCES: &str = "
SELECT s.source_id FROM sources s
WHERE s.auto_account_id = $1
   OR EXISTS (SELECT 1 FROM assignments g JOIN agents a ON a.agent_id = g.agent_id
              WHERE g.account_id = $1 AND a.source_id = s.source_id)
   OR EXISTS (SELECT 1 FROM rules r WHERE r.account_id = $1 AND r.source_id = s.source_id)
   OR s.source_id IN (SELECT c.source_id FROM calls c
                      WHERE c.account_id = $1 AND c.occurred_at >= $2 AND c.occurred_at < $3)
ORDER BY s.source_id";

const CONTENTS: &str = "
SELECT provider_call_id, content_hash, status FROM calls
WHERE account_id = $1 AND source_id = $2 AND placement = 'placed'
  AND occurred_at >= $3 AND occurred_at < $4
ORDER BY provider_call_id";

// What is excluded for another account is that account's affair.
const UNPLACED: &str = "
SELECT placement, reason, COUNT(*) FROM calls
WHERE source_id = $1 AND placement <> 'placed' AND occurred_at >= $2 AND occurred_at < $3
  AND (account_id IS NULL OR account_id = $4)
GROUP BY placement, reason ORDER BY placement, reason";

const CHAINED: &str = "
SELECT run_id, kind, status, started_at, finished_at, listed, new, updated, unchanged, repeated,
       set_aside, failed, parameters
FROM runs WHERE source_id = $1 AND run_id > $2 ORDER BY run_id LIMIT $3";

const COMPARISONS: &str = "
SELECT run_id, finished_at, status, response FROM runs
WHERE source_id = $1 AND kind = 'diagnostic' AND finished_at IS NOT NULL AND response IS NOT NULL
  AND run_id < $2
ORDER BY run_id DESC LIMIT $3";

/// A finished comparison.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ComparisonRow {
    /// The run it is recorded as.
    pub run_id: i64,
    /// When it ended, in milliseconds since 1970.
    pub finished_at: i64,
    /// How it ended.
    pub status: String,
    /// Its report, in JSON.
    pub response: String,
}

#[derive(sqlx::FromRow)]
struct RunToChain {
    run_id: i64,
    kind: String,
    status: String,
    started_at: i64,
    finished_at: Option<i64>,
    listed: i64,
    new: i64,
    updated: i64,
    unchanged: i64,
    repeated: i64,
    set_aside: i64,
    failed: i64,
    parameters: String,
}

impl Store {
    /// Sources that may have calls of an account in a period.
    pub async fn sources_of_account(
        &self,
        account: AccountId,
        period: Window,
    ) -> Result<Vec<SourceId>, StoreError> {
        let ids: Vec<i64> = either!(self.read(), |db| {
            let query = sqlx::query_scalar(SOURCES).bind(account.0);
            let query = query.bind(period.from().as_millis()).bind(period.to().as_millis());
            query.fetch_all(db).await
        })?;
        Ok(ids.into_iter().map(SourceId).collect())
    }

    /// An account's calls of a source in a span, in the order of their ids.
    pub async fn calls_stated(
        &self,
        account: AccountId,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<CallToState>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String)> = either!(self.read(), |db| {
            let query = sqlx::query_as(CONTENTS).bind(account.0).bind(source.0);
            let query = query.bind(span.from().as_millis()).bind(span.to().as_millis());
            query.fetch_all(db).await
        })?;
        let read = |(id, hash, status): (String, Vec<u8>, String)| {
            let hash = hash.try_into().map_err(|_other_length| StoreError::Nonsense {
                what: format!("call {id} has no content hash"),
            })?;
            Ok(CallToState { id, content_hash: ContentHash::from_bytes(hash), status })
        };
        rows.into_iter().map(read).collect()
    }

    /// Calls of a source in a span that are nobody's, or left out of this account: placement,
    /// reason, how many.
    pub async fn calls_unplaced(
        &self,
        account: AccountId,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<(String, String, i64)>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(UNPLACED).bind(source.0);
            let query = query.bind(span.from().as_millis()).bind(span.to().as_millis());
            query.bind(account.0).fetch_all(db).await
        })?)
    }

    /// Runs of a source after the given one, oldest first, up to the first that has not ended.
    pub async fn runs_chained(
        &self,
        source: SourceId,
        after: RunId,
        count: i64,
    ) -> Result<Vec<ChainedRun>, StoreError> {
        let rows: Vec<RunToChain> = either!(self.read(), |db| {
            let query = sqlx::query_as(CHAINED).bind(source.0).bind(after.0).bind(count);
            query.fetch_all(db).await
        })?;
        Ok(rows.into_iter().map_while(chained).collect())
    }

    /// The latest comparisons of a source, newest first; before a run where one is named.
    pub async fn comparisons(
        &self,
        source: SourceId,
        before: Option<RunId>,
        count: i64,
    ) -> Result<Vec<ComparisonRow>, StoreError> {
        let before = before.map_or(i64::MAX, |run| run.0);
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(COMPARISONS).bind(source.0);
            query.bind(before).bind(count).fetch_all(db).await
        })?)
    }

    /// The latest statements of an account, newest first.
    pub async fn statements_list(
        &self,
        account: AccountId,
        count: i64,
    ) -> Result<Vec<StatementRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST).bind(account.0).bind(count).fetch_all(db).await
        })?)
    }

    /// A statement of an account.
    pub async fn statement_get(
        &self,
        account: AccountId,
        statement: i64,
    ) -> Result<Option<StatementRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(GET).bind(account.0).bind(statement).fetch_optional(db).await
        })?)
    }
}

fn chained(row: RunToChain) -> Option<ChainedRun> {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Some(ChainedRun {
        id: RunId(row.run_id),
        kind: row.kind,
        status: row.status,
        started_at: Timestamp::from_millis(row.started_at),
        finished_at: Timestamp::from_millis(row.finished_at?),
        accounts: RunAccounts {
            listed: count(row.listed),
            new: count(row.new),
            updated: count(row.updated),
            unchanged: count(row.unchanged),
            repeated: count(row.repeated),
            set_aside: count(row.set_aside),
            failed: count(row.failed),
        },
        parameters: row.parameters,
    })
}

impl Tx {
    /// Keeps a statement; gives its id.
    pub async fn statement_add(&mut self, new: &NewStatement<'_>) -> Result<i64, StoreError> {
        Ok(either!(self.conn(), |db| {
            sqlx::query_scalar(ADD)
                .bind(new.account.0)
                .bind(new.period.from().as_millis())
                .bind(new.period.to().as_millis())
                .bind(new.made_at.as_millis())
                .bind(text(new.made_by))
                .bind(text(new.verdict))
                .bind(text(new.document))
                .fetch_one(db)
                .await
        })?)
    }
}
