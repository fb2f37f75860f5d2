//! Which agent a word means, whether a list has shown it or only calls have named it.

use domain::{AgentId, Country, Phone, Timestamp};
use store::{AgentRow, Scope, SourceRow, Store, StoreError};

use crate::agents::agent_keep;

/// Whose calls are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// An agent with a row of its own.
    Listed(AgentRow),
    /// An agent that waiting calls name by this id and no list has shown.
    Unlisted(String),
}

/// What a word comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// One agent of one source.
    One(SourceRow, Who),
    /// Several are called so.
    Several(Vec<(SourceRow, Who)>),
    /// Nobody is; these are the names there are.
    Nobody(Vec<String>),
}

impl Who {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.name,
            Self::Unlisted(id) => id,
        }
    }

    /// The provider's id of it.
    pub fn provider_agent_id(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.provider_agent_id,
            Self::Unlisted(id) => id,
        }
    }
}

/// Whoever is called so by name or by the provider's id, in these sources.
pub async fn find_agent(
    store: &Store,
    sources: Vec<SourceRow>,
    wanted: &str,
    now: Timestamp,
) -> Result<Sought, StoreError> {
    let (mut found, mut names) = (Vec::new(), Vec::new());
    for source in sources {
        for agent in store.agents_list(source.id, now).await? {
            names.push(agent.name.clone());
            if agent.provider_agent_id == wanted || agent.name == wanted {
                found.push((source.clone(), Who::Listed(agent)));
            }
        }
        let is_found = found.iter().any(|(at, _)| at.id == source.id);
        if !is_found && is_waited_for(store, &source, wanted).await? {
            found.push((source, Who::Unlisted(wanted.to_owned())));
        }
    }
    Ok(match (found.len(), found.pop()) {
        (1, Some((source, who))) => Sought::One(source, who),
        (_, Some(last)) => {
            found.push(last);
            Sought::Several(found)
        }
        (_, None) => Sought::Nobody(names),
    })
}

/// Our id of an agent, which gets a row when it has none.
pub async fn agent_row(
    store: &Store,
    source: &SourceRow,
    who: &Who,
    by: &str,
    now: Timestamp,
) -> Result<AgentId, StoreError> {
    let id = match who {
        Who::Listed(agent) => return Ok(AgentId(agent.agent_id)),
        Who::Unlisted(id) => id,
    };
    agent_keep(store, source.id, id, by, now).await?;
    let agents = store.agents_list(source.id, now).await?;
    let kept = agents.into_iter().find(|agent| agent.provider_agent_id == *id);
    let lost = || StoreError::Statement { detail: "an agent was kept and is not there".to_owned() };
    Ok(AgentId(kept.ok_or_else(lost)?.agent_id))
}

/// Whether a call waits for this agent.
async fn is_waited_for(
    store: &Store,
    source: &SourceRow,
    provider_agent_id: &str,
) -> Result<bool, StoreError> {
    let groups = store.waiting_groups(Scope::Operator, source.id).await?;
    Ok(groups.iter().any(|group| group.provider_agent_id.as_deref() == Some(provider_agent_id)))
}

/// A number of ours in E.164. Written without its country it could mean several.
pub fn number(written: &str) -> Option<String> {
    let written = written.trim();
    Phone::new(written, Country::US).e164.filter(|_| written.starts_with('+'))
}
