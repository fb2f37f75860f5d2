//! Agents as their provider lists them, and whose calls theirs are.

use domain::{AccountId, AgentId, Assignment, SourceId, Timestamp};

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{Store, StoreError, Tx};

/// An agent the provider listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAgent {
    /// The provider's id.
    pub provider_agent_id: String,
    /// Its name.
    pub name: String,
    /// The number people call to reach it.
    pub inbound_number: Option<String>,
}

/// An agent's source, and the provider's id and name of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAt {
    /// The source that lists it.
    pub source: SourceId,
    /// The provider's id.
    pub provider_agent_id: String,
    /// Its name.
    pub name: String,
}

/// An agent with what we know about its calls.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AgentRow {
    /// Our id.
    pub agent_id: i64,
    /// The provider's id.
    pub provider_agent_id: String,
    /// Its name.
    pub name: String,
    /// When the provider's list last had it, in milliseconds since 1970.
    pub last_seen_at: i64,
    /// The account it is assigned to now, if any.
    pub account: Option<String>,
    /// Calls that name it.
    pub calls: i64,
}

const SEE: &str = "
INSERT INTO agents (source_id, provider_agent_id, name, inbound_number, first_seen_at, last_seen_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (source_id, provider_agent_id) DO UPDATE
SET name = excluded.name, inbound_number = excluded.inbound_number, last_seen_at = excluded.last_seen_at";

const KNOWN: &str = "
SELECT provider_agent_id FROM agents WHERE source_id = $1";

const LIST: &str = "
SELECT g.agent_id, g.provider_agent_id, g.name, g.last_seen_at,
       (SELECT a.name FROM assignments s JOIN accounts a ON a.account_id = s.account_id
        WHERE s.agent_id = g.agent_id AND s.ended_at IS NULL AND s.valid_from <= $2 AND s.valid_to > $2
        ORDER BY s.valid_from DESC, s.assignment_id DESC LIMIT 1) AS account,
       (SELECT COUNT(*) FROM calls c
        WHERE c.source_id = g.source_id AND c.provider_agent_id = g.provider_agent_id) AS calls
FROM agents g WHERE g.source_id = $1
ORDER BY g.name, g.agent_id";

const AT: &str = "
SELECT source_id, provider_agent_id, name FROM agents WHERE agent_id = $1";

const ASSIGN: &str = "
INSERT INTO assignments (agent_id, account_id, valid_from, valid_to, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6)";

const BUMP: &str = "
UPDATE sources SET rules_version = rules_version + 1
WHERE source_id = (SELECT source_id FROM agents WHERE agent_id = $1)";

const BUMP_SOURCE: &str = "
UPDATE sources SET rules_version = rules_version + 1 WHERE source_id = $1";

impl Tx {
    /// Writes down the agents a provider listed; returns those never seen before.
    pub async fn agents_see(
        &mut self,
        source: SourceId,
        seen: &[SeenAgent],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        either!(self.conn(), |db| {
            let known: Vec<(String,)> =
                sqlx::query_as(KNOWN).bind(source.0).fetch_all(&mut *db).await?;
            let known: std::collections::HashSet<String> =
                known.into_iter().map(|(id,)| id).collect();
            for agent in seen {
                sqlx::query(SEE)
                    .bind(source.0)
                    .bind(text(&agent.provider_agent_id))
                    .bind(text(&agent.name))
                    .bind(text_opt(agent.inbound_number.as_deref()))
                    .bind(now.as_millis())
                    .execute(&mut *db)
                    .await?;
            }
            let fresh = seen.iter().map(|agent| &agent.provider_agent_id);
            let fresh: Vec<String> =
                fresh.filter(|id| !known.contains(&*text(id))).cloned().collect();
            if !fresh.is_empty() {
                sqlx::query(BUMP_SOURCE).bind(source.0).execute(db).await?;
            }
            Ok(fresh)
        })
    }

    /// Where an agent is.
    pub async fn agent_at(&mut self, agent: AgentId) -> Result<Option<AgentAt>, StoreError> {
        let row: Option<(i64, String, String)> = either!(self.conn(), |db| {
            sqlx::query_as(AT).bind(agent.0).fetch_optional(db).await
        })?;
        Ok(row.map(|(source, provider_agent_id, name)| AgentAt {
            source: SourceId(source),
            provider_agent_id,
            name,
        }))
    }

    /// Writes down whose calls an agent's are. Whoever calls this re-places the agent's calls
    /// in the same transaction.
    pub async fn assignment_add(
        &mut self,
        assignment: &Assignment,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(ASSIGN)
                .bind(assignment.agent.0)
                .bind(assignment.account.0)
                .bind(assignment.valid_from.as_millis())
                .bind(assignment.valid_to.as_millis())
                .bind(now.as_millis())
                .bind(text(by))
                .execute(&mut *db)
                .await?;
            sqlx::query(BUMP).bind(assignment.agent.0).execute(db).await?;
            Ok(())
        })
    }
}

impl Store {
    /// The agents of a source with their account at `now` and their number of calls.
    pub async fn agents_list(
        &self,
        source: SourceId,
        now: Timestamp,
    ) -> Result<Vec<AgentRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST).bind(source.0).bind(now.as_millis()).fetch_all(db).await
        })?)
    }
}

pub(crate) fn assignment(row: (i64, i64, i64, i64)) -> Assignment {
    let (agent, account, from, to) = row;
    Assignment {
        agent: AgentId(agent),
        account: AccountId(account),
        valid_from: Timestamp::from_millis(from),
        valid_to: Timestamp::from_millis(to),
    }
}
