//! Fetching the agents a provider lists, and placing calls that waited for one to appear.

use domain::{SourceId, Timestamp};
use providers::SourceError;
use store::{SeenAgent, Store, StoreError};

use crate::place::{resume, unlisted};
use crate::{Context, Source};

/// When an agent was last listed that never was.
pub const NEVER_LISTED: Timestamp = Timestamp::from_millis(0);

/// What fetching agents brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentsFetched {
    /// Agents the provider lists.
    pub listed: usize,
    /// Of these, never seen before.
    pub new: usize,
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
    let listed = source.connection.agents().await?;
    let seen: Vec<SeenAgent> = listed
        .into_iter()
        .map(|agent| SeenAgent {
            provider_agent_id: agent.provider_agent_id,
            name: agent.name,
            inbound_number: agent.inbound_number,
        })
        .collect();
    let new = ctx.within(keep(ctx, source, &seen)).await?;
    Ok(AgentsFetched { listed: seen.len(), new })
}

/// Returns how many of them are new.
async fn keep(ctx: &Context, source: &Source, seen: &[SeenAgent]) -> Result<usize, StoreError> {
    see(&ctx.store, source.row.id, seen, (BY_LIST, ctx.now()), ctx.now()).await
}

const BY_LIST: &str = "the provider's list";

/// Writes agents down, and places calls that waited for one to appear. Returns how many are new.
async fn see(
    store: &Store,
    source: SourceId,
    seen: &[SeenAgent],
    (by, seen_at): (&str, Timestamp),
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut tx = store.begin().await?;
    let new = tx.agents_see(source, seen, seen_at).await?;
    if !new.is_empty() {
        tx.change_add((by, "agents became known"), &unlisted(source, &new), now).await?;
    }
    tx.commit().await?;
    resume(store, source, now).await?;
    Ok(new.len())
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
    see(store, source, &[agent], (by, NEVER_LISTED), now).await?;
    Ok(())
}
