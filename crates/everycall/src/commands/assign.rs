//! `everycall assign`: whose calls an agent's are. Waiting calls move at once, history too.

use anyhow::{Context as _, Result};
use clap::Args;
use domain::AgentId;
use engine::agents::agent_keep;
use engine::place::{assign, for_ever};
use store::{AccountRow, AgentRow, Scope, SourceRow, WaitingGroup};

use super::site::Site;
use super::waiting::quoted;
use crate::config::{environment, nearest};
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};
use crate::wiring::Desk;

/// Assign an agent's calls to an account; those that wait for it are placed at once
#[derive(Debug, Args)]
pub struct Assign {
    /// The agent: its name or the provider's id
    agent: String,
    /// The account
    #[arg(long, value_name = "NAME")]
    account: String,
    /// The source, when several have such an agent
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    preview: bool,
}

/// Whose calls are assigned.
enum Who {
    /// An agent with a row of its own.
    Listed(AgentRow),
    /// An agent that waiting calls name by this id and no list has shown.
    Unlisted(String),
}

impl Who {
    fn name(&self) -> &str {
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

/// Assigns it.
pub async fn run(site: &Site, arguments: Assign) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, &arguments.account).await?;
    let (source, who) = find(site, &desk, &arguments).await?;
    let (name, to) = (who.name(), &account.name);
    if let Who::Listed(AgentRow { account: Some(present), .. }) = &who {
        if present != to {
            return Err(taken(name, present).into());
        }
        output::print(&format!("The calls of {name} are {to}'s already; nothing was changed."))?;
        return Ok(Exit::Done);
    }
    if arguments.preview {
        let waiting = count(waiting(&desk, &source, who.provider_agent_id()).await?);
        output::print(&format!(
            "Would assign {name} ({}) to {to} and place {waiting} calls that wait for it. \
             Nothing was changed.",
            source.name,
        ))?;
        return Ok(Exit::Done);
    }
    let agent = AgentId(row(&desk, &source, &who).await?);
    let by = environment::user();
    let assignment = for_ever(agent, account.id);
    let moved = count(assign(&desk.ctx.store, assignment, &by, desk.ctx.now()).await?);
    output::print(&format!("Assigned {name} ({}) to {to}: {moved} calls placed.", source.name))?;
    Ok(Exit::Done)
}

/// Our id of the agent, which gets a row when it has none.
async fn row(desk: &Desk, source: &SourceRow, who: &Who) -> Result<i64> {
    let id = match who {
        Who::Listed(agent) => return Ok(agent.agent_id),
        Who::Unlisted(id) => id,
    };
    let store = &desk.ctx.store;
    agent_keep(store, source.id, id).await?;
    let agents = store.agents_list(source.id, desk.ctx.now()).await?;
    let kept = agents.into_iter().find(|agent| agent.provider_agent_id == *id);
    Ok(kept.context("the agent was kept and is not there")?.agent_id)
}

/// Calls that are placed stay where they are, so a second assignment would split an agent's calls.
fn taken(agent: &str, account: &str) -> Mistake {
    Mistake::missing(
        format!("the calls of {agent} belong to {account}"),
        "An agent that is assigned cannot be moved to another account yet",
    )
}

async fn account(site: &Site, desk: &Desk, name: &str) -> Result<AccountRow> {
    if let Some(account) = desk.ctx.store.account_by_name(name).await? {
        return Ok(account);
    }
    let all = desk.ctx.store.accounts_list().await?;
    let hint = match nearest(name, all.iter().map(|account| account.name.as_str())) {
        Some(meant) => format!("Did you mean {}?", quoted(meant)),
        None => format!("Add it: {} accounts add {}", site.here(), quoted(name)),
    };
    Err(Mistake::missing(format!("there is no account “{name}”"), hint).into())
}

async fn find(site: &Site, desk: &Desk, arguments: &Assign) -> Result<(SourceRow, Who)> {
    let wanted = arguments.agent.as_str();
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
