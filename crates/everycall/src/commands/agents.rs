//! `everycall agents`: who handles calls at the provider, and whose calls those are.

use anyhow::Result;
use clap::{Args, Subcommand};
use engine::agents::{NEVER_LISTED, agents_fetch};
use store::AgentRow;

use super::site::Site;
use crate::config::Config;
use crate::mistake::Exit;
use crate::output::{self, Style, Table, count, instant};
use crate::wiring::Desk;

/// List agents with their account and number of calls, or fetch them from the provider
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Agents {
    #[command(subcommand)]
    command: Option<Command>,
    /// Which source [default: all]
    source: Option<String>,
    /// Print one JSON object per agent
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch the provider's list now; every run begins with this too
    Fetch {
        /// Which source
        source: String,
    },
}

/// Lists or fetches them.
pub async fn run(site: &Site, arguments: Agents) -> Result<Exit> {
    match arguments.command {
        None => list(site, arguments.source.as_deref(), arguments.json).await,
        Some(Command::Fetch { source }) => fetch(site, &source).await,
    }
}

async fn list(site: &Site, source: Option<&str>, json: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let unassigned = Style::of_stdout().yellow("–");
    let mut table = Table::new(&["source", "agent", "id", "last listed", ">calls", "account"]);
    for source in desk.known_or_all(source).await? {
        for agent in desk.ctx.store.agents_list(source.id, desk.ctx.now()).await? {
            if json {
                output::print_json(&as_json(&source.name, &agent))?;
            }
            let listed = listed_at(&agent).unwrap_or_else(|| "never".to_owned());
            table.row([
                source.name.clone(),
                agent.name,
                agent.provider_agent_id,
                listed,
                count(agent.calls),
                agent.account.unwrap_or_else(|| unassigned.clone()),
            ]);
        }
    }
    if !json {
        let none = format!("There is no agent yet; `{} sync` fetches them", site.here());
        output::print(&table.text_or(&none))?;
    }
    Ok(Exit::Done)
}

fn listed_at(agent: &AgentRow) -> Option<String> {
    (agent.last_seen_at != NEVER_LISTED.as_millis()).then(|| instant(agent.last_seen_at))
}

fn as_json(source: &str, agent: &AgentRow) -> serde_json::Value {
    serde_json::json!({
        "source": source, "name": agent.name, "providerAgentId": agent.provider_agent_id,
        "account": agent.account, "calls": agent.calls, "lastListedAt": listed_at(agent),
    })
}

async fn fetch(site: &Site, name: &str) -> Result<Exit> {
    let config = Config::load(site.config())?;
    config.chosen(Some(name))?;
    let desk = Desk::open(config, None).await?;
    let source = desk.source(desk.config.chosen(Some(name))?[0]).await?;
    let fetched = agents_fetch(&desk.ctx, &source).await?;
    output::print(&format!(
        "{name} lists {} agents, {} of them new.",
        count(fetched.listed as u64),
        count(fetched.new as u64)
    ))?;
    Ok(Exit::Done)
}
