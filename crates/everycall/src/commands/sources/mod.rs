//! `everycall sources`: the connections, configured and known.

mod add;

use std::collections::BTreeSet;

use anyhow::Result;
use clap::{Args, Subcommand};
use engine::set_up;
use store::Scope;

use super::site::Site;
use crate::config::environment;
use crate::mistake::Exit;
use crate::output::{self, Table, count, instant};

/// List the sources, or add one to the configuration
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Sources {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(add::Add),
    /// Let a source rest: it is not read by itself, and what is asked for is done
    Pause(Which),
    /// Let a source that rests go on
    Resume(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// Its name
    source: String,
}

/// Lists them, or adds one.
pub async fn run(site: &Site, arguments: Sources) -> Result<Exit> {
    match arguments.command {
        Some(Command::Add(arguments)) => add::run(site, &arguments),
        Some(Command::Pause(Which { source })) => pause(site, &source, true).await,
        Some(Command::Resume(Which { source })) => pause(site, &source, false).await,
        None => list(site, &arguments).await,
    }
}

async fn pause(site: &Site, name: &str, rests: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let source = desk.known(name).await?;
    let what = if rests { "Pause a source" } else { "Let a source go on" };
    let store = Site::on_behalf(&desk, what);
    set_up::pause(&store, &source, rests, &environment::user(), desk.ctx.now()).await?;
    output::print(&if rests {
        format!("{name} rests: workers leave it within seconds, after the pages they have")
    } else {
        format!("{name} goes on: workers read it within seconds, where it is due")
    })?;
    Ok(Exit::Done)
}

async fn list(site: &Site, arguments: &Sources) -> Result<Exit> {
    let desk = site.look().await?;
    let known = desk.ctx.store.sources_list().await?;
    let set_ups = desk.ctx.store.set_ups_list().await?;
    let names: BTreeSet<&str> = known
        .iter()
        .map(|row| row.name.as_str())
        .chain(desk.config.sources.iter().map(|source| source.name.as_str()))
        .collect();
    let mut table =
        Table::new(&["source", "provider", "reads", "since", ">calls", "latest call", ""]);
    for name in names {
        let row = known.iter().find(|row| row.name == name);
        let configured = desk.config.sources.iter().find(|source| source.name == name);
        let totals = match row {
            Some(row) => desk.ctx.store.totals(Scope::Operator, row.id).await?,
            None => store::Totals::default(),
        };
        let (provider, scope, since) = match (configured, row) {
            (Some(source), _) => (source.provider.kind(), source.provider.scope(), source.since),
            (None, Some(row)) => (row.provider, row.scope.as_str(), row.since),
            (None, None) => continue,
        };
        let remark = match (configured, row) {
            (None, _) => "not configured any more",
            (_, None) => "never read",
            _ if set_ups.iter().any(|it| it.name == name && it.paused_at.is_some()) => "rests",
            _ => "",
        };
        if arguments.json {
            output::print_json(&serde_json::json!({
                "name": name, "provider": provider, "scope": scope, "since": since,
                "isConfigured": configured.is_some(), "calls": totals.calls,
                "latestCallAt": totals.newest.map(instant),
            }))?;
        }
        table.row([
            name.to_owned(),
            provider.as_str().to_owned(),
            scope.to_owned(),
            since.to_string(),
            count(totals.calls),
            totals.newest.map_or_else(String::new, instant),
            remark.to_owned(),
        ]);
    }
    if !arguments.json {
        output::print(&table.text_or("There is no source yet; `everycall sources add` adds one"))?;
    }
    Ok(Exit::Done)
}
