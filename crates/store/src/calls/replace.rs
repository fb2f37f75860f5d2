//! Placing calls again when something they wait for has changed.

use domain::{AgentId, Placement, SourceId, Timestamp};

use super::write::written;
use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

/// A call that may belong elsewhere now, and where it belongs so far.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PlacedCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// When it happened, in milliseconds since 1970.
    pub occurred_at: i64,
    /// The provider's id of its agent.
    pub provider_agent_id: Option<String>,
    placement: String,
    reason: String,
    account_id: Option<i64>,
    agent_id: Option<i64>,
}

/// Which calls of an agent to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that wait for the agent, when it becomes known: no other can have moved.
    Waiting,
    /// Every one, when it is assigned: calls that were placed may belong elsewhere.
    All,
}

/// A call's new placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The provider's id.
    pub provider_call_id: String,
    /// Where it belongs now.
    pub placement: Placement,
}

const OF_AGENT: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id
FROM calls
WHERE source_id = $1 AND provider_agent_id = $2 AND provider_call_id > $3
ORDER BY provider_call_id LIMIT $4";

// SQLite uses a partial index only where its condition is repeated word for word. It
// would walk the whole source in order of its key, if the key were not hidden in an expression.
const UNPLACED_OF_AGENT: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id
FROM calls
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
    /// The calls of one agent, by id, after the given one.
    pub async fn calls_of_agent(
        &mut self,
        source: SourceId,
        provider_agent_id: &str,
        which: Which,
        after: &str,
        count: i64,
    ) -> Result<Vec<PlacedCall>, StoreError> {
        let sql = match which {
            Which::All => OF_AGENT,
            Which::Waiting => UNPLACED_OF_AGENT,
        };
        Ok(either!(self.conn(), |db| {
            sqlx::query_as(sql)
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

impl PlacedCall {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.occurred_at)
    }

    /// Whether this is where it belongs so far.
    pub fn is_at(&self, placement: Placement) -> bool {
        let (placement, agent, account, reason) = written(placement);
        (placement, reason) == (self.placement.as_str(), self.reason.as_str())
            && (agent, account) == (self.agent_id, self.account_id)
    }
}
