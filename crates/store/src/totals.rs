//! The numbers of the front page, each counted from rows.

use domain::SourceId;

use crate::db::either;
use crate::{Scope, Store, StoreError};

/// How many calls there are, and where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Stored calls.
    pub calls: i64,
    /// Of these, placed with an account.
    pub placed: i64,
    /// Of these, waiting for something.
    pub waiting: i64,
    /// Of these, deliberately left out.
    pub excluded: i64,
    /// When the first happened, in milliseconds since 1970.
    pub oldest: Option<i64>,
    /// When the last happened, in milliseconds since 1970.
    pub newest: Option<i64>,
}

/// Calls that wait for the same thing.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitingGroup {
    /// What they lack.
    pub reason: String,
    /// The provider's id of the agent they name.
    pub provider_agent_id: Option<String>,
    /// The agent's name, where it is known.
    pub agent: Option<String>,
    /// How many.
    pub calls: i64,
    /// When the oldest of them happened, in milliseconds since 1970.
    pub oldest: i64,
}

// Each number is read from an index alone; what is placed is what is neither of the others.
macro_rules! totals {
    ($mine:literal) => {
        concat!(
            "
SELECT n.calls, n.calls - n.waiting - n.excluded AS placed, n.waiting, n.excluded, n.oldest, n.newest
FROM (SELECT
    (SELECT COUNT(*) FROM calls WHERE source_id = $1", $mine, ") AS calls,
    (SELECT COUNT(*) FROM calls WHERE source_id = $1 AND placement <> 'placed'
                                  AND placement = 'waiting'", $mine, ") AS waiting,
    (SELECT COUNT(*) FROM calls WHERE source_id = $1 AND placement <> 'placed'
                                  AND placement = 'excluded'", $mine, ") AS excluded,
    (SELECT MIN(occurred_at) FROM calls WHERE source_id = $1", $mine, ") AS oldest,
    (SELECT MAX(occurred_at) FROM calls WHERE source_id = $1", $mine, ") AS newest) n"
        )
    };
}

const TOTALS: &str = totals!("");
const TOTALS_OF_ACCOUNT: &str = totals!(" AND account_id = $2");

// SQLite uses a partial index only where its condition is repeated word for word.
const WAITING: &str = "
SELECT c.reason, c.provider_agent_id, g.name AS agent, COUNT(*) AS calls, MIN(c.occurred_at) AS oldest
FROM calls c
LEFT JOIN agents g ON g.source_id = c.source_id AND g.provider_agent_id = c.provider_agent_id
WHERE c.source_id = $1 AND c.placement <> 'placed' AND c.placement = 'waiting'
  AND (CAST($2 AS BIGINT) IS NULL OR c.account_id = $2)
GROUP BY c.reason, c.provider_agent_id, g.name
ORDER BY COUNT(*) DESC, c.reason, c.provider_agent_id";

const UNPLACED: &str = "
SELECT DISTINCT reason, provider_agent_id FROM calls
WHERE source_id = $1 AND placement <> 'placed'
ORDER BY reason, provider_agent_id";

const EXCLUDED: &str = "
SELECT reason, COUNT(*) FROM calls
WHERE source_id = $1 AND placement <> 'placed' AND placement = 'excluded'
GROUP BY reason ORDER BY reason";

const IN_CONFLICT: &str = "
SELECT COUNT(*) FROM calls
WHERE source_id = $1 AND status_heard IS NOT NULL
  AND (CAST($2 AS BIGINT) IS NULL OR account_id = $2)";

const SET_ASIDE: &str = "
SELECT COUNT(*) FROM set_aside WHERE source_id = $1";

impl Store {
    /// How many calls of a source there are, and where they stand.
    pub async fn totals(&self, scope: Scope, source: SourceId) -> Result<Totals, StoreError> {
        Ok(either!(self.read(), |db| {
            match scope.account() {
                None => sqlx::query_as(TOTALS).bind(source.0).fetch_one(db).await,
                Some(account) => {
                    sqlx::query_as(TOTALS_OF_ACCOUNT)
                        .bind(source.0)
                        .bind(account)
                        .fetch_one(db)
                        .await
                }
            }
        })?)
    }

    /// What the waiting calls of a source wait for, most first.
    pub async fn waiting_groups(
        &self,
        scope: Scope,
        source: SourceId,
    ) -> Result<Vec<WaitingGroup>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(WAITING).bind(source.0).bind(scope.account()).fetch_all(db).await
        })?)
    }

    /// Reasons for which calls of a source are not placed, each with the agents they name.
    pub async fn unplaced_groups(
        &self,
        source: SourceId,
    ) -> Result<Vec<(String, Option<String>)>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(UNPLACED).bind(source.0).fetch_all(db).await
        })?)
    }

    /// How many calls of a source are left out, by reason.
    pub async fn excluded_counts(
        &self,
        source: SourceId,
    ) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(EXCLUDED).bind(source.0).fetch_all(db).await
        })?)
    }

    /// How many calls of a source there are whose provider contradicts the ending it had told.
    pub async fn calls_in_conflict(
        &self,
        scope: Scope,
        source: SourceId,
    ) -> Result<i64, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_scalar(IN_CONFLICT).bind(source.0).bind(scope.account());
            query.fetch_one(db).await
        })?)
    }

    /// How many records of a source nobody could read.
    pub async fn set_aside_count(&self, source: SourceId) -> Result<i64, StoreError> {
        let (count,): (i64,) = either!(self.read(), |db| sqlx::query_as(SET_ASIDE)
            .bind(source.0)
            .fetch_one(db)
            .await)?;
        Ok(count)
    }
}
