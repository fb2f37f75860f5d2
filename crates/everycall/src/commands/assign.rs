//! `everycall assign`: whose calls an agent's are. Waiting calls move at once, history too.

use anyhow::Result;
use clap::Args;
use domain::AgentId;
use engine::place::{assign, for_ever};
use store::{AccountRow, AgentRow, SourceRow};

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

/// Assigns it.
pub async fn run(site: &Site, arguments: Assign) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, &arguments.account).await?;
    let (source, agent) = agent(site, &desk, &arguments).await?;
    let waiting = waiting(&desk, &source, &agent).await?;
    let (name, to) = (&agent.name, &account.name);
    if let Some(present) = &agent.account {
        if present != to {
            return Err(taken(name, present).into());
        }
        output::print(&format!("The calls of {name} are {to}'s already; nothing was changed."))?;
        return Ok(Exit::Done);
    }
    if arguments.preview {
        output::print(&format!(
            "Would assign {name} ({}) to {to} and place {} calls that wait for it. Nothing was changed.",
            source.name,
            count(waiting),
        ))?;
        return Ok(Exit::Done);
    }
    let assignment = for_ever(AgentId(agent.agent_id), account.id);
    let by = environment::user();
    let moved = assign(&desk.ctx.store, assignment, &by, desk.ctx.now()).await?;
    output::print(&format!(
        "Assigned {name} ({}) to {to}: {} calls placed.",
        source.name,
        count(moved)
    ))?;
    Ok(Exit::Done)
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

async fn agent(site: &Site, desk: &Desk, arguments: &Assign) -> Result<(SourceRow, AgentRow)> {
    let wanted = arguments.agent.as_str();
    let (mut found, mut names) = (Vec::new(), Vec::new());
    for source in desk.known_or_all(arguments.source.as_deref()).await? {
        for agent in desk.ctx.store.agents_list(source.id, desk.ctx.now()).await? {
            names.push(agent.name.clone());
            if agent.provider_agent_id == wanted || agent.name == wanted {
                found.push((source.clone(), agent));
            }
        }
    }
    if found.len() > 1 {
        let these: Vec<String> = found
            .iter()
            .map(|(source, agent)| format!("{} ({})", agent.provider_agent_id, source.name))
            .collect();
        return Err(Mistake::missing(
            format!("{} agents are called “{wanted}”", found.len()),
            format!("Say which by its id, and --source if need be: {}", these.join(", ")),
        )
        .into());
    }
    found.pop().ok_or_else(|| {
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(meant) => format!("Did you mean {}?", quoted(meant)),
            None => format!("`{} agents` lists them", site.here()),
        };
        Mistake::missing(format!("there is no agent “{wanted}”"), hint).into()
    })
}

/// How many calls wait for this agent.
async fn waiting(desk: &Desk, source: &SourceRow, agent: &AgentRow) -> Result<i64> {
    let groups = desk.ctx.store.waiting_groups(store::Scope::Operator, source.id).await?;
    let of_agent = groups.iter().filter(|group| {
        group.provider_agent_id.as_deref() == Some(agent.provider_agent_id.as_str())
    });
    Ok(of_agent.map(|group| group.calls).sum())
}
