//! `cargo xtask bench web`: what pages take with many calls, while many look at them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use super::artefacts::Artefacts;
use super::database::Databases;
use super::machine;
use super::report::draw_table;
use super::sync::{Engines, databases};
use crate::run;

const COLUMNS: [&str; 9] = [
    "engine",
    "page",
    "kB sent",
    "alone, ms",
    "median, ms",
    "p95, ms",
    "slowest, ms",
    "pages/s",
    "p95 at a page a second each, ms",
];

/// What to measure.
#[derive(Args)]
pub struct WebArguments {
    /// How many calls the database holds
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    calls: u64,
    /// How many look at once, each asking for the next page as soon as it has the last
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    viewers: u64,
    /// Which database
    #[arg(long, default_value = "both")]
    engine: Engines,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What one page took.
#[derive(Deserialize)]
struct Took {
    what: String,
    bytes: u64,
    alone_ms: f64,
    median_ms: f64,
    p95_ms: f64,
    slowest_ms: f64,
    per_second: f64,
    paced_p95_ms: f64,
}

/// Measures and reports.
pub fn web(arguments: &WebArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let mut rows = Vec::new();
    for databases in &databases {
        rows.extend(once(&artefacts, databases, arguments)?);
    }
    let machine = machine::describe(&databases)?.join("\n");
    let (calls, viewers) = (arguments.calls, arguments.viewers);
    let table = draw_table(&COLUMNS, rows);
    let report = format!("{machine}\n\n{calls} calls, {viewers} viewers at once.\n\n{table}\n");
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

fn once(
    artefacts: &Artefacts,
    databases: &Databases,
    arguments: &WebArguments,
) -> Result<Vec<Vec<String>>> {
    let engine = databases.engine().name();
    println!("{engine}: filling it with {} calls takes some minutes.", arguments.calls);
    let database = databases.fresh()?;
    let counts = [arguments.calls.to_string(), arguments.viewers.to_string()];
    let said = run::answer(Command::new(&artefacts.serving).arg(database.url()).args(counts))?;
    let took =
        said.lines().map(|line| Ok(serde_json::from_str(line)?)).collect::<Result<Vec<Took>>>()?;
    ensure!(!took.is_empty(), "nothing was measured");
    Ok(took.iter().map(|took| cells(engine, took)).collect())
}

fn cells(engine: &str, took: &Took) -> Vec<String> {
    let ms = |ms: f64| format!("{ms:.1}");
    vec![
        engine.to_owned(),
        took.what.clone(),
        format!("{:.1}", took.bytes as f64 / 1000.0),
        ms(took.alone_ms),
        ms(took.median_ms),
        ms(took.p95_ms),
        ms(took.slowest_ms),
        format!("{:.0}", took.per_second),
        ms(took.paced_p95_ms),
    ]
}
