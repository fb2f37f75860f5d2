//! Calls whose provider still owes something, and when they are asked for again.

use domain::{ProviderCallId, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, FromRow};

use crate::batch::{pieces, placeholders};
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

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

const IDS_MAX: usize = 512;

impl Store {
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
    /// Says when calls are asked for again; `None` gives up asking.
    pub async fn calls_look_again(
        &mut self,
        source: SourceId,
        at: Option<Timestamp>,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for piece in pieces(ids, IDS_MAX) {
                let sql = format!(
                    "UPDATE calls SET look_again_at = $1
                     WHERE source_id + 0 = $2 AND provider_call_id IN ({})",
                    placeholders(3, piece.len())
                );
                let mut query = sqlx::query(AssertSqlSafe(sql));
                query = query.bind(at.map(Timestamp::as_millis)).bind(source.0);
                for id in piece {
                    query = query.bind(text(id));
                }
                query.execute(&mut *db).await?;
            }
            Ok(())
        })
    }
}
