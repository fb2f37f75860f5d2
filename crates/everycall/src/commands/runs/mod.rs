//! `everycall runs`: what was done, when, and where every record of it went.

mod show;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::{RunKind, Timestamp};
use engine::evidence::run_as_json;
use store::RunRow;

use super::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Style, Table, count, duration, instant};

/// List runs, newest first, or show one in full
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Runs {
    #[command(subcommand)]
    command: Option<Command>,
    /// Of this source only
    #[arg(long)]
    source: Option<String>,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    /// Print one JSON object per run
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(show::Show),
}

/// Lists or shows them.
pub async fn run(site: &Site, arguments: Runs) -> Result<Exit> {
    if let Some(Command::Show(show)) = arguments.command {
        return show::run(site, show).await;
    }
    let desk = site.look().await?;
    let source = match &arguments.source {
        Some(name) => Some(desk.known(name).await?.id),
        None => None,
    };
    let runs = desk.ctx.store.runs_list(source, arguments.limit).await?;
    if arguments.json {
        output::print_json_lines(runs.iter().map(run_as_json))?;
        return Ok(Exit::Done);
    }
    let columns = [
        ">run",
        "source",
        "type",
        "status",
        "started",
        ">took",
        ">listed",
        ">new",
        ">updated",
        ">unchanged",
        ">set aside",
        "windows",
    ];
    let mut table = Table::new(&columns);
    for run in runs {
        table.row(row(&run, desk.ctx.now()));
    }
    let none = format!("There is no run yet; begin one: {} sync", site.here());
    output::print(&table.text_or(&none))?;
    Ok(Exit::Done)
}

fn row(run: &RunRow, now: Timestamp) -> [String; 12] {
    [
        run.run_id.to_string(),
        run.source.clone(),
        run.kind.clone(),
        run.status.clone(),
        instant(run.started_at),
        duration(took(run, now)),
        count(run.listed),
        count(run.new),
        count(run.updated),
        count(run.unchanged),
        count(run.set_aside),
        windows(run),
    ]
}

/// A file proves nothing.
fn windows(run: &RunRow) -> String {
    if run.kind == RunKind::Import.as_str() {
        return "no proof".to_owned();
    }
    format!("{} of {}", run.windows_proved, run.windows_planned)
}

fn took(run: &RunRow, now: Timestamp) -> Duration {
    let until = run.finished_at.map_or(now, Timestamp::from_millis);
    until.since(Timestamp::from_millis(run.started_at))
}

fn status(status: &str, style: Style) -> String {
    match status {
        "success" => style.green(status),
        "partial" | "in_progress" => style.yellow(status),
        _ => style.red(status),
    }
}
