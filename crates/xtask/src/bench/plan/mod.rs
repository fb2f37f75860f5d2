//! `cargo xtask bench plan`: how long planning takes, what an idle service costs, and how fast a
//! backlog is healed under a provider's limits.

mod backlog;
mod idle;
mod planning;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::artefacts::Artefacts;
use super::machine;

/// What to measure.
#[derive(Args)]
pub struct PlanArguments {
    /// How long the idle service is watched, in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..))]
    idle_seconds: u64,
    /// How many sources the idle service has
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    sources: u32,
    /// Hours of the outage that leaves the backlog
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=2000))]
    outage_hours: u32,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

/// One thing that was measured, and what was asked for.
pub struct Line {
    /// What.
    pub what: String,
    /// What came out.
    pub measured: String,
    /// What was asked for.
    pub bound: &'static str,
    /// Whether it was reached.
    pub is_reached: bool,
}

/// Measures and reports; fails where something asked for was not reached.
pub fn plan(arguments: &PlanArguments) -> Result<()> {
    let artefacts = Artefacts::build()?;
    let mut lines = planning::measure(&artefacts)?;
    lines.extend(idle::measure(&artefacts, arguments.sources, arguments.idle_seconds)?);
    lines.extend(backlog::measure(&artefacts, arguments.outage_hours)?);
    let machine = machine::describe(&[])?.join("\n");
    let report = format!("{machine}\n\n{}\n", table(&lines));
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    let missed: Vec<&str> =
        lines.iter().filter(|line| !line.is_reached).map(|line| line.what.as_str()).collect();
    ensure!(missed.is_empty(), "missed what was asked for: {}", missed.join("; "));
    Ok(())
}

fn table(lines: &[Line]) -> String {
    let mut text = "| what | measured | goal | |\n|---|---|---|---|".to_owned();
    for Line { what, measured, bound, is_reached } in lines {
        let reached = if *is_reached { "reached" } else { "**missed**" };
        text = format!("{text}\n| {what} | {measured} | {bound} | {reached} |");
    }
    text
}
