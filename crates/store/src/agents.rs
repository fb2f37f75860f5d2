//! Agents as their provider lists them, and whose calls theirs are.

use std::collections::{HashMap, HashSet};

use domain::{AccountId, AgentId, Assignment, SourceId, Timestamp, Window};

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
    /// When the provider's whole list no longer had it, in milliseconds since 1970.
    pub gone_at: Option<i64>,
    /// The account it is assigned to now, if any.
    pub account: Option<String>,
}

/// What a list of agents changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentsSeen {
    /// Agents never seen before, by the provider's ids.
    pub new: Vec<String>,
    /// Known agents whose name or number is another now, or that are back.
    pub changed: Vec<String>,
    /// Agents that were listed before and are no longer.
    pub gone: Vec<String>,
}

#[derive(sqlx::FromRow)]
struct KnownAgent {
    provider_agent_id: String,
    name: String,
    inbound_number: Option<String>,
    last_seen_at: i64,
    gone_at: Option<i64>,
}

impl KnownAgent {
    fn differs(&self, agent: &SeenAgent) -> bool {
        let number = agent.inbound_number.as_deref().map(text);
        self.name != text(&agent.name)
            || self.inbound_number.as_deref() != number.as_deref()
            || self.gone_at.is_some()
    }
}

const SEE: &str = "
INSERT INTO agents (source_id, provider_agent_id, name, inbound_number, first_seen_at, last_seen_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (source_id, provider_agent_id) DO UPDATE
SET name = excluded.name, inbound_number = excluded.inbound_number, last_seen_at = excluded.last_seen_at,
    gone_at = NULL";

const KNOWN: &str = "
SELECT provider_agent_id, name, inbound_number, last_seen_at, gone_at
FROM agents WHERE source_id = $1";

const GONE: &str = "
UPDATE agents SET gone_at = $1 WHERE source_id = $2 AND provider_agent_id = $3";

const LIST: &str = "
SELECT g.agent_id, g.provider_agent_id, g.name, g.last_seen_at, g.gone_at,
       (SELECT a.name FROM assignments s JOIN accounts a ON a.account_id = s.account_id
        WHERE s.agent_id = g.agent_id AND s.ended_at IS NULL AND s.valid_from <= $2 AND s.valid_to > $2
        ORDER BY s.valid_from DESC, s.assignment_id DESC LIMIT 1) AS account
FROM agents g WHERE g.source_id = $1
ORDER BY g.name, g.agent_id";

// One pass over the span, whoever is named in it.
const CALLS: &str = "
SELECT provider_agent_id, COUNT(*) FROM calls
WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3 AND provider_agent_id IS NOT NULL
GROUP BY provider_agent_id";

const AT: &str = "
SELECT source_id, provider_agent_id, name FROM agents WHERE agent_id = $1";

const IDS: &str = "
SELECT provider_agent_id, agent_id, name FROM agents WHERE source_id = $1";

const ASSIGNED_EVER: &str = "
SELECT DISTINCT g.provider_agent_id
FROM agents g JOIN assignments s ON s.agent_id = g.agent_id
WHERE g.source_id = $1";

const ASSIGN: &str = "
INSERT INTO assignments (agent_id, account_id, valid_from, valid_to, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6)";

const BUMP: &str = "
UPDATE sources SET rules_version = rules_version + 1
WHERE source_id = (SELECT source_id FROM agents WHERE agent_id = $1)";

const BUMP_SOURCE: &str = "
UPDATE sources SET rules_version = rules_version + 1 WHERE source_id = $1";

impl Tx {
    /// Writes down agents; returns those never seen before, and those that changed. The source is
    /// locked before its agents are, as by whoever assigns them.
    pub async fn agents_see(
        &mut self,
        source: SourceId,
        seen: &[SeenAgent],
        now: Timestamp,
    ) -> Result<AgentsSeen, StoreError> {
        self.rules_lock(source).await?;
        let known = self.agents_known(source).await?;
        either!(self.conn(), |db| {
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
            let mut found = AgentsSeen::default();
            for agent in seen {
                match known.get(&*text(&agent.provider_agent_id)) {
                    None => found.new.push(agent.provider_agent_id.clone()),
                    Some(was) if was.differs(agent) => {
                        found.changed.push(agent.provider_agent_id.clone());
                    }
                    Some(_) => {}
                }
            }
            if !found.new.is_empty() {
                sqlx::query(BUMP_SOURCE).bind(source.0).execute(db).await?;
            }
            Ok(found)
        })
    }

    /// Marks agents that a list once had and that the whole list `seen` lacks; returns those. An
    /// agent that no list ever had is not marked, and one that is marked keeps its time.
    pub async fn agents_gone(
        &mut self,
        source: SourceId,
        seen: &[SeenAgent],
        now: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let known = self.agents_known(source).await?;
        let seen: HashSet<_> = seen.iter().map(|agent| text(&agent.provider_agent_id)).collect();
        let is_gone = |agent: &KnownAgent| {
            agent.gone_at.is_none()
                && agent.last_seen_at > 0
                && !seen.contains(agent.provider_agent_id.as_str())
        };
        let gone = known.into_values().filter(is_gone).map(|agent| agent.provider_agent_id);
        let mut gone: Vec<String> = gone.collect();
        gone.sort_unstable();
        either!(self.conn(), |db| {
            for id in &gone {
                let query = sqlx::query(GONE).bind(now.as_millis()).bind(source.0).bind(id);
                query.execute(&mut *db).await?;
            }
            Ok(gone)
        })
    }

    async fn agents_known(
        &mut self,
        source: SourceId,
    ) -> Result<HashMap<String, KnownAgent>, StoreError> {
        let known: Vec<KnownAgent> = either!(self.conn(), |db| {
            sqlx::query_as(KNOWN).bind(source.0).fetch_all(db).await
        })?;
        Ok(known.into_iter().map(|agent| (agent.provider_agent_id.clone(), agent)).collect())
    }

    /// Our ids and the names of a source's agents, by the provider's ids.
    pub async fn agent_ids(
        &mut self,
        source: SourceId,
    ) -> Result<HashMap<String, (AgentId, String)>, StoreError> {
        let rows: Vec<(String, i64, String)> =
            either!(self.conn(), |db| { sqlx::query_as(IDS).bind(source.0).fetch_all(db).await })?;
        Ok(rows.into_iter().map(|(named, id, name)| (named, (AgentId(id), name))).collect())
    }

    /// The agents of a source that are or ever were assigned, by the provider's ids.
    pub async fn agents_assigned_ever(
        &mut self,
        source: SourceId,
    ) -> Result<HashSet<String>, StoreError> {
        let rows: Vec<(String,)> = either!(self.conn(), |db| {
            sqlx::query_as(ASSIGNED_EVER).bind(source.0).fetch_all(db).await
        })?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
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
    /// How many calls of a source name each agent, in a span or in all time. It counts what is there,
    /// so the longer the span, the longer it takes.
    pub async fn agent_calls(
        &self,
        source: SourceId,
        span: Option<Window>,
    ) -> Result<HashMap<String, u64>, StoreError> {
        let from = span.map_or(Timestamp::MIN, Window::from).as_millis();
        let to = span.map_or(Timestamp::MAX, Window::to).as_millis();
        let rows: Vec<(String, i64)> = either!(self.read(), |db| {
            sqlx::query_as(CALLS).bind(source.0).bind(from).bind(to).fetch_all(db).await
        })?;
        let counted = |(agent, calls)| (agent, u64::try_from(calls).unwrap_or(0));
        Ok(rows.into_iter().map(counted).collect())
    }

    /// The agents of a source with their account at `now`.
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
