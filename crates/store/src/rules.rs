//! The snapshot placement works with, and its version.

use domain::{AccountId, AgentId, Rules, SourceId, Timestamp};

use crate::agents::assignment;
use crate::db::either;
use crate::{Engine, Store, StoreError, Tx};

const VERSION: &str = "
SELECT rules_version FROM sources WHERE source_id = $1";

// On PostgreSQL the lock keeps an assignment from slipping in between our look and our commit.
const VERSION_LOCKED: &str = "
SELECT rules_version FROM sources WHERE source_id = $1 FOR SHARE";

// Whoever places calls again and whoever writes them take turns: nobody locks calls in an order
// of its own, and what was read stays as it was until the new placement is written.
const LOCK: &str = "
UPDATE sources SET rules_version = rules_version WHERE source_id = $1";

const AGENTS: &str = "
SELECT provider_agent_id, agent_id FROM agents WHERE source_id = $1";

// Of two assignments that begin together, the one made last holds; domain takes the last listed.
const ASSIGNMENTS: &str = "
SELECT s.agent_id, s.account_id, s.valid_from, s.valid_to
FROM assignments s JOIN agents g ON g.agent_id = s.agent_id
WHERE g.source_id = $1 AND s.ended_at IS NULL
ORDER BY s.assignment_id";

const RESETS: &str = "
SELECT account_id, calls_reset_at FROM accounts WHERE calls_reset_at IS NOT NULL";

impl Store {
    /// The rules of a source and their version, to be loaded again when the version moved.
    pub async fn rules_load(&self, source: SourceId) -> Result<(i64, Rules), StoreError> {
        let mut tx = self.begin().await?;
        let version = tx.rules_version(source).await?;
        let rules = tx.rules_load(source).await?;
        tx.commit().await?;
        Ok((version, rules))
    }
}

impl Tx {
    /// The version of the rules, which cannot move until this transaction ends.
    pub async fn rules_version(&mut self, source: SourceId) -> Result<i64, StoreError> {
        let engine = match self.conn() {
            crate::db::Either::Sqlite(_) => Engine::Sqlite,
            crate::db::Either::Postgres(_) => Engine::Postgres,
        };
        let sql = if engine == Engine::Postgres { VERSION_LOCKED } else { VERSION };
        let (version,): (i64,) =
            either!(self.conn(), |db| sqlx::query_as(sql).bind(source.0).fetch_one(db).await)?;
        Ok(version)
    }

    /// Keeps everybody else from writing calls of a source until this transaction ends.
    pub async fn rules_lock(&mut self, source: SourceId) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(LOCK).bind(source.0).execute(db).await?;
        });
        Ok(())
    }

    /// The rules as this transaction sees them.
    pub async fn rules_load(&mut self, source: SourceId) -> Result<Rules, StoreError> {
        either!(self.conn(), |db| {
            let agents: Vec<(String, i64)> =
                sqlx::query_as(AGENTS).bind(source.0).fetch_all(&mut *db).await?;
            let assignments: Vec<(i64, i64, i64, i64)> =
                sqlx::query_as(ASSIGNMENTS).bind(source.0).fetch_all(&mut *db).await?;
            let resets: Vec<(i64, i64)> = sqlx::query_as(RESETS).fetch_all(db).await?;
            Ok(Rules::new(
                agents.into_iter().map(|(name, id)| (name, AgentId(id))),
                assignments.into_iter().map(assignment),
                resets.into_iter().map(|(id, at)| (AccountId(id), Timestamp::from_millis(at))),
            ))
        })
    }
}
