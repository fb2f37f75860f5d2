//! Placing calls again when something they wait for has changed.

use domain::{AgentId, Placement, SourceId, Timestamp};

use super::write::written;
use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

/// A call that may belong elsewhere now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnplacedCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// When it happened, in milliseconds since 1970.
    pub occurred_at: i64,
    /// The provider's id of its agent.
    pub provider_agent_id: Option<String>,
}

/// A call's new placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The provider's id.
    pub provider_call_id: String,
    /// Where it belongs now.
    pub placement: Placement,
}

// SQLite uses a partial index only where its condition is repeated word for word. It
// would walk the whole source in order of its key, if the key were not hidden in an expression.
const UNPLACED_OF_AGENT: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id FROM calls
WHERE source_id = $1 AND placement <> 'placed' AND placement = 'waiting' AND provider_agent_id = $2
  AND reason IN ('agent_not_in_system', 'agent_not_assigned_to_user')
  AND provider_call_id || '' > $3
ORDER BY provider_call_id || '' LIMIT $4";

const UPDATE: &str = "
UPDATE calls SET placement = $3, agent_id = $4, account_id = $5, reason = $6
WHERE source_id = $1 AND provider_call_id = $2";

const PROVIDER_ID: &str = "
SELECT source_id, provider_agent_id FROM agents WHERE agent_id = $1";

impl Tx {
    /// The calls of one agent that are not placed, by id, after the given one.
    pub async fn calls_unplaced_of(
        &mut self,
        source: SourceId,
        provider_agent_id: &str,
        after: &str,
        count: i64,
    ) -> Result<Vec<UnplacedCall>, StoreError> {
        Ok(either!(self.conn(), |db| {
            sqlx::query_as(UNPLACED_OF_AGENT)
                .bind(source.0)
                .bind(text(provider_agent_id))
                .bind(text(after))
                .bind(count)
                .fetch_all(db)
                .await
        })?)
    }

    /// Writes new placements; the calls themselves are untouched.
    pub async fn calls_replace(
        &mut self,
        source: SourceId,
        rows: &[Replaced],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for row in rows {
                let (placement, agent, account, reason) = written(row.placement);
                sqlx::query(UPDATE)
                    .bind(source.0)
                    .bind(text(&row.provider_call_id))
                    .bind(placement)
                    .bind(agent)
                    .bind(account)
                    .bind(reason)
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }

    /// The source of an agent, and the provider's id of it.
    pub async fn agent_provider_id(
        &mut self,
        agent: AgentId,
    ) -> Result<Option<(SourceId, String)>, StoreError> {
        let row: Option<(i64, String)> = either!(self.conn(), |db| sqlx::query_as(PROVIDER_ID)
            .bind(agent.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(source, id)| (SourceId(source), id)))
    }
}

/// The instant a row speaks of.
impl UnplacedCall {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.occurred_at)
    }
}
