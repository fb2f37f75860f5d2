//! `cargo xtask bench sync`: every engine, size and scenario, several times, beside the floors.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use super::artefacts::Artefacts;
use super::database::Databases;
use super::measured::Measured;
use super::report::{self, Line};
use super::scenarios::{Span, World};
use super::simulator::{self, Simulator};
use super::{floors, machine};
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

/// Which databases.
#[derive(Clone, Copy, ValueEnum)]
pub enum Engines {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
    /// Each in turn.
    Both,
}

/// Measures and reports.
pub fn sync(arguments: &SyncArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let span = Span::fixed()?;
    let mut lines = Vec::new();
    for &calls in &arguments.calls {
        let world = simulator::World {
            provider: "highlevel_voice_ai",
            calls,
            latency_ms: arguments.latency_ms,
            has_rich_rows: false,
            agents: None,
        };
        let simulator = Simulator::start(&artefacts.everycall, &world, &span)?;
        for databases in &databases {
            let (artefacts, simulator, span) = (&artefacts, &simulator, &span);
            let world = World { artefacts, databases, simulator, calls, span };
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

/// The databases of these engines.
pub fn databases(engines: Engines) -> Result<Vec<Databases>> {
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

fn measure(world: &World, arguments: &SyncArguments) -> Result<Vec<Line>> {
    let engine = world.databases.engine();
    let mut measured = Measured::default();
    for run in 1..=arguments.runs {
        println!("{}, {} calls: run {run} of {}.", engine.name(), world.calls, arguments.runs);
        let round = world.round()?;
        let pages_ahead = round.first_load.summary.concurrency.unwrap_or(1);
        measured.take(round);
        // In turns with the product, so that a busy machine slows both.
        measured.fetch.push(floors::fetch(world, pages_ahead)?);
        measured.insert.push(floors::insert(world)?);
    }
    Ok(measured.lines(engine, arguments.latency_ms))
}
