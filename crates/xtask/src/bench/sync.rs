//! `cargo xtask bench sync`: every engine, size and scenario, several times, beside the floors.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::artefacts::Artefacts;
use super::database::{Databases, Engine};
use super::floors::{self, Floor};
use super::machine;
use super::measure::Cost;
use super::report::{self, Line};
use super::scenarios::{Round, Span, Timed, World};
use super::simulator::Simulator;
use crate::needs::postgres::Postgres;
use crate::needs::postgres::psql::Psql;
use crate::needs::{self, Choice};

const EXPLANATION: &str = "The median of the runs, with the best in brackets; memory is the most any run held.\n\
     The floor of a first load is the slower of fetching and writing, as the two can overlap; the \
     floor of reading all again is fetching.";

/// What to measure, and how often.
#[derive(Args)]
pub struct SyncArguments {
    /// How many calls; several sizes show whether memory depends on them
    #[arg(long, value_delimiter = ',', default_value = "200000", value_parser = clap::value_parser!(u64).range(1000..))]
    calls: Vec<u64>,
    /// How long the provider takes for each answer
    #[arg(long, default_value_t = 0)]
    latency_ms: u32,
    /// Which database
    #[arg(long, default_value = "both")]
    engine: Engines,
    /// How often each is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

/// Measures and reports.
pub fn sync(arguments: &SyncArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let span = Span::fixed()?;
    let mut lines = Vec::new();
    for &calls in &arguments.calls {
        let latency_ms = arguments.latency_ms;
        let simulator = Simulator::start(&artefacts.everycall, calls, latency_ms, &span)?;
        for databases in &databases {
            let (artefacts, simulator, span) = (&artefacts, &simulator, &span);
            let world = World {
                artefacts,
                databases,
                simulator,
                calls,
                span,
            };
            lines.extend(measure(&world, arguments)?);
        }
    }
    let mut report = machine::describe(&databases)?.join("\n");
    write!(report, "\n\n{}\n\n{EXPLANATION}\n", report::table(&lines))?;
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

fn databases(engines: Engines) -> Result<Vec<Databases>> {
    let mut databases = Vec::new();
    if !matches!(engines, Engines::Postgres) {
        databases.push(Databases::Sqlite);
    }
    if !matches!(engines, Engines::Sqlite) {
        let server = needs::provide(&Postgres, Choice::Found)?;
        let Some(psql) = Psql::find() else {
            bail!("creating databases needs psql; install Debian's postgresql-client");
        };
        databases.push(Databases::Postgres { server, psql });
    }
    Ok(databases)
}

/// What was measured in one engine at one size.
#[derive(Default)]
struct Measured {
    first_load: Vec<Timed>,
    again: Vec<Timed>,
    incremental: Vec<Timed>,
    fetch: Vec<Floor>,
    insert: Vec<Floor>,
}

fn measure(world: &World, arguments: &SyncArguments) -> Result<Vec<Line>> {
    let engine = world.databases.engine();
    let mut measured = Measured::default();
    for run in 1..=arguments.runs {
        println!(
            "{}, {} calls: run {run} of {}.",
            engine.name(),
            world.calls,
            arguments.runs
        );
        let Round {
            first_load,
            again,
            incremental,
        } = world.round()?;
        let pages_ahead = first_load.summary.concurrency.unwrap_or(1);
        measured.first_load.push(first_load);
        measured.again.push(again);
        measured.incremental.push(incremental);
        // In turns with the product, so that a busy machine slows both.
        measured.fetch.push(floors::fetch(world, pages_ahead)?);
        measured.insert.push(floors::insert(world)?);
    }
    Ok(measured.lines(engine, arguments.latency_ms))
}

impl Measured {
    fn lines(self, engine: Engine, latency_ms: u32) -> Vec<Line> {
        let fetch = floor_line("floor: fetch and parse", engine, &self.fetch);
        let insert = floor_line("floor: write in bulk", engine, &self.insert);
        let fetch_floor = fetch.median().wall;
        let first_load_floor = fetch_floor.max(insert.median().wall);
        let scenario = |name, runs: &[Timed], floor| Line {
            floor,
            ..scenario_line(name, engine, latency_ms, runs)
        };
        vec![
            scenario("first load", &self.first_load, Some(first_load_floor)),
            scenario("all again", &self.again, Some(fetch_floor)),
            scenario("incremental, last 1%", &self.incremental, None),
            fetch,
            insert,
        ]
    }
}

fn scenario_line(scenario: &'static str, engine: Engine, latency_ms: u32, runs: &[Timed]) -> Line {
    let summary = &runs[0].summary;
    let requests_allowed = (latency_ms > 0)
        .then(|| Some(f64::from(summary.concurrency?) * 1000.0 / f64::from(latency_ms)));
    Line {
        engine: engine.name(),
        calls: runs[0].calls,
        scenario,
        costs: runs.iter().map(|run| run.cost).collect(),
        floor: None,
        pages: Some(summary.pages_fetched),
        requests_allowed: requests_allowed.flatten(),
    }
}

fn floor_line(scenario: &'static str, engine: Engine, runs: &[Floor]) -> Line {
    let costs: Vec<Cost> = runs.iter().map(|run| run.cost).collect();
    Line {
        engine: engine.name(),
        calls: runs[0].calls,
        scenario,
        costs,
        floor: None,
        pages: None,
        requests_allowed: None,
    }
}
