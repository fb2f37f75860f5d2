//! How many calls an account has, over all sources.

use domain::{AccountId, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, Row};

use crate::db::either;
use crate::explain::Explain;
use crate::{Store, StoreError};

/// An account's calls of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfAccount {
    /// The source.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// How many.
    pub calls: u64,
    /// When the first of them happened.
    pub oldest: Timestamp,
    /// When the last of them happened.
    pub newest: Timestamp,
}

// Both go by the index that has the calls of an account; the first reads nothing else.
const COUNTS: &str = "
SELECT n.source_id, s.name, n.calls, n.oldest, n.newest
FROM (SELECT source_id, COUNT(*) AS calls, MIN(occurred_at) AS oldest, MAX(occurred_at) AS newest
      FROM calls WHERE account_id IS NOT NULL AND account_id = $1
      GROUP BY source_id) n
JOIN sources s ON s.source_id = n.source_id
ORDER BY s.name";

const STATUSES: &str = "
SELECT status, COUNT(*) FROM calls
WHERE account_id IS NOT NULL AND account_id = $1 AND occurred_at >= $2
GROUP BY status ORDER BY COUNT(*) DESC, status";

impl Store {
    /// How many calls an account has, source by source; sources without one are left out.
    pub async fn account_calls(&self, account: AccountId) -> Result<Vec<OfAccount>, StoreError> {
        let rows: Vec<(i64, String, i64, i64, i64)> = either!(self.read(), |db| {
            sqlx::query_as(COUNTS).bind(account.0).fetch_all(db).await
        })?;
        let row = |(source, name, calls, oldest, newest)| OfAccount {
            source: SourceId(source),
            name,
            calls: u64::try_from(calls).unwrap_or(0),
            oldest: Timestamp::from_millis(oldest),
            newest: Timestamp::from_millis(newest),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// How the calls of an account since an instant went, most first.
    pub async fn account_statuses(
        &self,
        account: AccountId,
        since: Timestamp,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = either!(self.read(), |db| {
            let query = sqlx::query_as(STATUSES).bind(account.0).bind(since.as_millis());
            query.fetch_all(db).await
        })?;
        let row = |(status, calls)| (status, u64::try_from(calls).unwrap_or(0));
        Ok(rows.into_iter().map(row).collect())
    }

    /// By what the database finds the above, in its own words.
    pub async fn account_calls_plan(&self, account: AccountId) -> Result<Vec<String>, StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let mut plan = Vec::new();
        either!(self.read(), |db| {
            let sql = AssertSqlSafe(format!("{words} {COUNTS}"));
            let mut rows = sqlx::query(sql).bind(account.0).fetch_all(db).await?;
            let sql = AssertSqlSafe(format!("{words} {STATUSES}"));
            rows.extend(sqlx::query(sql).bind(account.0).bind(0_i64).fetch_all(db).await?);
            for row in rows {
                plan.push(row.try_get::<String, _>(column)?);
            }
        });
        Ok(plan)
    }
}
