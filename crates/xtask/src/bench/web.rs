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

const COLUMNS: [&str; 10] = [
    "engine",
    "page",
    "kB sent",
    "alone, ms",
    "median, ms",
    "p95, ms",
    "slowest, ms",
    "pages/s",
    "p95 at a page a second each, ms",
    "failed",
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
    median_ms: Option<f64>,
    p95_ms: Option<f64>,
    slowest_ms: Option<f64>,
    per_second: f64,
    paced_p95_ms: Option<f64>,
    failed: u64,
}

/// What watching a job took.
#[derive(Deserialize)]
struct Watching {
    told_least: u64,
    unwatched_ms: u64,
    watched_ms: u64,
    ms_per_viewer_and_second: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Page(Took),
    Job(Watching),
}

/// Measures and reports.
pub fn web(arguments: &WebArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let (mut rows, mut watched) = (Vec::new(), String::new());
    for databases in &databases {
        let engine = databases.engine().name();
        for told in once(&artefacts, databases, arguments)? {
            match told {
                Told::Page(took) => rows.push(cells(engine, &took)),
                Told::Job(job) => watched.push_str(&sentence(engine, &job)),
            }
        }
    }
    let machine = machine::describe(&databases)?.join("\n");
    let (calls, viewers) = (arguments.calls, arguments.viewers);
    let table = draw_table(&COLUMNS, rows);
    let report =
        format!("{machine}\n\n{calls} calls, {viewers} viewers at once.\n\n{table}\n\n{watched}");
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
) -> Result<Vec<Told>> {
    let engine = databases.engine().name();
    println!("{engine}: filling it with {} calls takes some minutes.", arguments.calls);
    let database = databases.fresh()?;
    let counts = |viewers: u64| [arguments.calls.to_string(), viewers.to_string()];
    run::answer(Command::new(&artefacts.serving).arg(database.url()).args(counts(0)))?;
    if let Databases::Postgres { psql, .. } = databases {
        // As a server does by itself some minutes after so many calls have come.
        psql.ask(database.url(), "VACUUM (ANALYZE)")?;
    }
    let counts = counts(arguments.viewers);
    let mut told: Vec<Told> = Vec::new();
    run::listen(Command::new(&artefacts.serving).arg(database.url()).args(counts), |line| {
        println!("{line}");
        told.push(serde_json::from_str(line)?);
        Ok(())
    })?;
    ensure!(!told.is_empty(), "nothing was measured");
    Ok(told)
}

fn sentence(engine: &str, job: &Watching) -> String {
    format!(
        "{engine}: watching a job costs {:.2} ms of a processor for each viewer and second ({} ms in \
         place of {} ms while nobody watches); each was told of at least {} changes.\n",
        job.ms_per_viewer_and_second, job.watched_ms, job.unwatched_ms, job.told_least
    )
}

fn cells(engine: &str, took: &Took) -> Vec<String> {
    let ms = |ms: Option<f64>| ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"));
    vec![
        engine.to_owned(),
        took.what.clone(),
        format!("{:.1}", took.bytes as f64 / 1000.0),
        ms(Some(took.alone_ms)),
        ms(took.median_ms),
        ms(took.p95_ms),
        ms(took.slowest_ms),
        format!("{:.0}", took.per_second),
        ms(took.paced_p95_ms),
        took.failed.to_string(),
    ]
}
