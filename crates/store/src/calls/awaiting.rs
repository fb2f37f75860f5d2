//! Calls whose provider still owes something, and when they are asked for again.

use domain::{ProviderCallId, SourceId, Timestamp};
use sqlx::FromRow;

use crate::db::either;
use crate::text::text;
use crate::{Scope, Store, StoreError, Tx};

/// A call that is to be asked for again by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingCall {
    /// The provider's id.
    pub id: ProviderCallId,
    /// When it was.
    pub occurred_at: Timestamp,
}

#[derive(FromRow)]
struct Row {
    provider_call_id: String,
    occurred_at: i64,
}

const DUE: &str = "
SELECT provider_call_id, occurred_at FROM calls
WHERE source_id = $1 AND look_again_at <= $2
ORDER BY look_again_at, provider_call_id
LIMIT $3";

const LOOK_AGAIN: &str = "
UPDATE calls SET look_again_at = $1 WHERE source_id + 0 = $2 AND provider_call_id = $3";

// An index has what has not ended; its condition is repeated word for word.
const OPEN: &str = "
SELECT COUNT(CASE WHEN occurred_at >= $2 THEN 1 END),
       COUNT(CASE WHEN occurred_at < $2 AND occurred_at >= $3 THEN 1 END),
       COUNT(CASE WHEN occurred_at < $3 THEN 1 END)
FROM calls
WHERE source_id = $1 AND status IN ('queued', 'initiated', 'ringing', 'in_progress')
  AND (CAST($4 AS BIGINT) IS NULL OR account_id = $4)";

impl Store {
    /// How many calls of a source have not ended as far as we were told: those since `hour`, those
    /// since `day` before that, and the older ones.
    pub async fn calls_open(
        &self,
        scope: Scope,
        source: SourceId,
        hour: Timestamp,
        day: Timestamp,
    ) -> Result<[u64; 3], StoreError> {
        let (a, b, c): (i64, i64, i64) = either!(self.read(), |db| {
            let query = sqlx::query_as(OPEN).bind(source.0).bind(hour.as_millis());
            query.bind(day.as_millis()).bind(scope.account()).fetch_one(db).await
        })?;
        Ok([a, b, c].map(|count| u64::try_from(count).unwrap_or(0)))
    }

    /// Calls due by `now`, longest due first, at most `limit`.
    pub async fn calls_awaiting(
        &self,
        source: SourceId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<AwaitingCall>, StoreError> {
        let rows: Vec<Row> = either!(self.read(), |db| {
            sqlx::query_as(DUE)
                .bind(source.0)
                .bind(now.as_millis())
                .bind(i64::from(limit))
                .fetch_all(db)
                .await
        })?;
        let call = |row: Row| AwaitingCall {
            id: ProviderCallId(row.provider_call_id),
            occurred_at: Timestamp::from_millis(row.occurred_at),
        };
        Ok(rows.into_iter().map(call).collect())
    }
}

impl Tx {
    /// Says when calls are asked for again; `None` gives up asking. The source is locked before its
    /// calls are, as by whoever moves them: each locks them in an order of its own.
    pub async fn calls_look_again(
        &mut self,
        source: SourceId,
        calls: &[(&ProviderCallId, Option<Timestamp>)],
    ) -> Result<(), StoreError> {
        self.rules_lock(source).await?;
        either!(self.conn(), |db| {
            for (id, at) in calls {
                sqlx::query(LOOK_AGAIN)
                    .bind(at.map(Timestamp::as_millis))
                    .bind(source.0)
                    .bind(text(&id.0))
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }
}
