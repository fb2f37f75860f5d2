//! Fetching the agents a provider lists, and placing calls that waited for one to appear.

use domain::{SourceId, Timestamp};
use providers::{ProviderAgents, SourceError};
use store::{AgentRow, AgentsSeen, SeenAgent, Store, StoreError};

use crate::place::{resume, resume_for, unlisted};
use crate::{Context, Source};

/// When an agent was last listed that never was.
pub const NEVER_LISTED: Timestamp = Timestamp::from_millis(0);

/// When a provider's list last had an agent; none where no list ever had it.
pub fn listed_at(agent: &AgentRow) -> Option<Timestamp> {
    let at = Timestamp::from_millis(agent.last_seen_at);
    (at != NEVER_LISTED).then_some(at)
}

/// Where an agent stands at its provider, as far as its lists say: `active`, `deleted` or
/// `not listed`.
pub fn state(agent: &AgentRow) -> &'static str {
    match (agent.gone_at, listed_at(agent)) {
        (Some(_), _) => "deleted",
        (None, None) => "not listed",
        (None, Some(_)) => "active",
    }
}

/// What fetching agents brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentsFetched {
    /// Agents the provider lists.
    pub listed: usize,
    /// Of these, never seen before.
    pub new: Vec<SeenAgent>,
    /// Of these, known under another name or number, or marked as gone until now.
    pub changed: Vec<SeenAgent>,
    /// Listed before and no longer, by the provider's ids. They stay here with their calls.
    pub gone: Vec<String>,
    /// Whether the list was certainly whole; where it was not, no agent is taken as gone.
    pub is_whole: bool,
}

impl AgentsFetched {
    /// All of it in a sentence.
    pub fn sentence(&self) -> String {
        let (new, changed, gone) = (self.new.len(), self.changed.len(), self.gone.len());
        let also = if changed > 0 { format!(" and {changed} changed") } else { String::new() };
        let also = match gone {
            0 => also,
            gone => format!("{also}; {gone} are no longer listed and stay here"),
        };
        format!("The provider lists {} agents, {new} of them new{also}", self.listed)
    }
}

/// Why agents could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum AgentsError {
    /// The provider is to blame.
    Provider(#[from] SourceError),
    /// The database is to blame.
    Store(#[from] StoreError),
}

/// Fetches the provider's agents, keeps them, and looks again at calls that named one before we
/// knew it.
pub async fn agents_fetch(ctx: &Context, source: &Source) -> Result<AgentsFetched, AgentsError> {
    let ProviderAgents { agents, is_whole } = source.connection.agents().await?;
    let seen: Vec<SeenAgent> = agents
        .into_iter()
        .map(|agent| SeenAgent {
            provider_agent_id: agent.provider_agent_id,
            name: agent.name,
            inbound_number: agent.inbound_number,
        })
        .collect();
    let now = ctx.now();
    let found = see(&ctx.store, source.row.id, (&seen, is_whole), (BY_LIST, now), now);
    let AgentsSeen { new, changed, gone } = ctx.within(found).await?;
    resume_for(ctx, source.row.id).await?;
    let of = |ids: &[String]| {
        let listed = seen.iter().filter(|agent| ids.contains(&agent.provider_agent_id));
        listed.cloned().collect()
    };
    let (new, changed) = (of(&new), of(&changed));
    Ok(AgentsFetched { listed: seen.len(), new, changed, gone, is_whole })
}

const BY_LIST: &str = "the provider's list";

/// Writes agents down, with which calls waited for one to appear. Those a whole list no longer has are
/// marked.
async fn see(
    store: &Store,
    source: SourceId,
    (seen, is_whole): (&[SeenAgent], bool),
    (by, seen_at): (&str, Timestamp),
    now: Timestamp,
) -> Result<AgentsSeen, StoreError> {
    let mut tx = store.begin().await?;
    let mut found = tx.agents_see(source, seen, seen_at).await?;
    if is_whole {
        found.gone = tx.agents_gone(source, seen, now).await?;
    }
    if !found.new.is_empty() {
        tx.change_add((by, "agents became known"), &unlisted(source, &found.new), now).await?;
    }
    tx.commit().await?;
    Ok(found)
}

/// Keeps an agent that calls name and no list has shown, usually one deleted at the provider, so
/// that it can be assigned like any other. It goes by its id until a list shows its name.
pub async fn agent_keep(
    store: &Store,
    source: SourceId,
    provider_agent_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = provider_agent_id.to_owned();
    let agent = SeenAgent { name: id.clone(), provider_agent_id: id, inbound_number: None };
    see(store, source, (&[agent], false), (by, NEVER_LISTED), now).await?;
    resume(store, source, now).await
}
