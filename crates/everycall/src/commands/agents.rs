//! `everycall agents`: who handles calls at the provider, and whose calls those are.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use engine::agents::{AgentsFetched, agents_fetch, listed_at, state};
use indicatif::{ProgressBar, ProgressStyle};
use store::{AgentRow, SeenAgent};

use super::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Style, Table, count, instant};
use crate::wiring::Desk;

const TICK: Duration = Duration::from_millis(120);

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
    let mut table = Table::new(&[
        "source",
        "agent",
        "id",
        "last listed",
        "at the provider",
        ">calls",
        "account",
    ]);
    for source in desk.known_or_all(source).await? {
        let calls_of = desk.ctx.store.agent_calls(source.id, None).await?;
        for agent in desk.ctx.store.agents_list(source.id, desk.ctx.now()).await? {
            let calls = calls_of.get(&agent.provider_agent_id).copied().unwrap_or(0);
            if json {
                output::print_json(&as_json(&source.name, &agent, calls))?;
            }
            let listed = listed_at(&agent).map_or_else(|| "never".to_owned(), |at| at.to_string());
            let state = state(&agent);
            table.row([
                source.name.clone(),
                agent.name,
                agent.provider_agent_id,
                listed,
                state.to_owned(),
                count(calls),
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

fn as_json(source: &str, agent: &AgentRow, calls: u64) -> serde_json::Value {
    serde_json::json!({
        "source": source, "name": agent.name, "providerAgentId": agent.provider_agent_id,
        "account": agent.account, "calls": calls, "lastListedAt": listed_at(agent),
        "state": state(agent), "goneAt": agent.gone_at.map(instant),
    })
}

async fn fetch(site: &Site, name: &str) -> Result<Exit> {
    let config = site.configuration()?;
    config.refuse_unknown(Some(name))?;
    let desk = Desk::open(config, None).await?;
    let source = desk.source(desk.config.chosen(Some(name))?[0]).await?;
    let asking = asking(name);
    let fetched = agents_fetch(&desk.ctx, &source).await;
    asking.finish_and_clear();
    tell(name, &fetched?);
    Ok(Exit::Done)
}

/// How long it takes, on stderr; invisible where nobody looks.
fn asking(name: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} · {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message(format!("{name}: asking for the list of agents"));
    spinner.enable_steady_tick(TICK);
    spinner
}

/// Says what is new, changed and gone, by name.
fn tell(name: &str, fetched: &AgentsFetched) {
    let style = Style::of_stdout();
    output::tell(&format!("{name}: {}.", fetched.sentence()));
    let named = |agent: &SeenAgent| format!("{} ({})", agent.name, agent.provider_agent_id);
    for agent in &fetched.new {
        output::tell(&format!("  {} new: {}", style.green("+"), named(agent)));
    }
    for agent in &fetched.changed {
        output::tell(&format!("  {} changed: {}", style.yellow("~"), named(agent)));
    }
    for id in &fetched.gone {
        output::tell(&format!("  {} no longer listed: {id}", style.red("–")));
    }
    if !fetched.is_whole {
        let sentence = "This provider does not show whether its list is whole, so no agent is \
            taken as deleted.";
        output::tell(sentence);
    }
}
