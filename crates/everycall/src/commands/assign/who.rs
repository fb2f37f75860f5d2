//! Which agent is meant, whether a list has shown it or only calls have named it.

use anyhow::{Context as _, Result};
use engine::agents::agent_keep;
use store::{AgentRow, Scope, SourceRow, WaitingGroup};

use super::Whose;
use crate::commands::site::Site;
use crate::commands::waiting::quoted;
use crate::config::{environment, nearest};
use crate::mistake::Mistake;
use crate::wiring::Desk;

/// Whose calls are assigned.
pub enum Who {
    /// An agent with a row of its own.
    Listed(AgentRow),
    /// An agent that waiting calls name by this id and no list has shown.
    Unlisted(String),
}

impl Who {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.name,
            Self::Unlisted(id) => id,
        }
    }

    fn provider_agent_id(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.provider_agent_id,
            Self::Unlisted(id) => id,
        }
    }
}

/// Our id of the agent, which gets a row when it has none.
pub async fn row(desk: &Desk, source: &SourceRow, who: &Who) -> Result<i64> {
    let id = match who {
        Who::Listed(agent) => return Ok(agent.agent_id),
        Who::Unlisted(id) => id,
    };
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    agent_keep(store, source.id, id, &environment::user(), now).await?;
    let agents = store.agents_list(source.id, now).await?;
    let kept = agents.into_iter().find(|agent| agent.provider_agent_id == *id);
    Ok(kept.context("the agent was kept and is not there")?.agent_id)
}

/// Whoever is called so, in one source.
pub async fn find(site: &Site, desk: &Desk, arguments: &Whose) -> Result<(SourceRow, Who)> {
    let wanted = arguments.agent.as_deref().unwrap_or_default();
    let (mut found, mut names) = (Vec::new(), Vec::new());
    for source in desk.known_or_all(arguments.source.as_deref()).await? {
        for agent in desk.ctx.store.agents_list(source.id, desk.ctx.now()).await? {
            names.push(agent.name.clone());
            if agent.provider_agent_id == wanted || agent.name == wanted {
                found.push((source.clone(), Who::Listed(agent)));
            }
        }
        let is_found = found.iter().any(|(at, _)| at.id == source.id);
        if !is_found && waiting(desk, &source, wanted).await? > 0 {
            found.push((source, Who::Unlisted(wanted.to_owned())));
        }
    }
    if found.len() > 1 {
        return Err(ambiguous(wanted, &found).into());
    }
    found.pop().ok_or_else(|| {
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(meant) => format!("Did you mean {}?", quoted(meant)),
            None => format!("`{} agents` lists them", site.here()),
        };
        Mistake::missing(format!("there is no agent “{wanted}”"), hint).into()
    })
}

fn ambiguous(wanted: &str, found: &[(SourceRow, Who)]) -> Mistake {
    let these: Vec<String> = found
        .iter()
        .map(|(source, who)| format!("{} ({})", who.provider_agent_id(), source.name))
        .collect();
    Mistake::missing(
        format!("{} agents are called “{wanted}”", found.len()),
        format!("Say which by its id, and --source if need be: {}", these.join(", ")),
    )
}

/// How many calls wait for this agent.
async fn waiting(desk: &Desk, source: &SourceRow, provider_agent_id: &str) -> Result<i64> {
    let groups = desk.ctx.store.waiting_groups(Scope::Operator, source.id).await?;
    let is_of_agent =
        |group: &&WaitingGroup| group.provider_agent_id.as_deref() == Some(provider_agent_id);
    Ok(groups.iter().filter(is_of_agent).map(|group| group.calls).sum())
}
