//! `cargo xtask bench providers`: a first load and a full re-read of each provider, and one table
//! of how they stand beside each other.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::artefacts::Artefacts;
use super::cases::{CASES, Case};
use super::database::Databases;
use super::report::{self, Line};
use super::scenarios::{Span, Timed, World};
use super::shares::{self, Stand, Used};
use super::simulator::{self, Simulator};
use super::sync::{Engines, databases};
use super::{floors, machine};
use crate::needs::mariadb::Mariadb;
use crate::needs::{self, Choice, Ready};

/// What to measure, and how often.
#[derive(Args)]
pub struct ProvidersArguments {
    /// Which providers
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "highlevel_voice_ai,highlevel_conversations,teli,vicidial,twilio,elevenlabs"
    )]
    providers: Vec<String>,
    /// How many calls each has
    #[arg(long, default_value_t = 50_000)]
    calls: u64,
    /// How long a provider takes for each answer while the use of its concurrency is measured
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    latency_ms: u32,
    /// How many calls it has then
    #[arg(long, default_value_t = 10_000)]
    slow_calls: u64,
    /// Which database
    #[arg(long, default_value = "both")]
    engine: Engines,
    /// How often each is measured
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Measures and reports.
pub fn providers(arguments: &ProvidersArguments) -> Result<()> {
    let cases: Vec<Case> = cases(&arguments.providers)?;
    let databases = databases(arguments.engine)?;
    // Held until the end: what was started stops when it is dropped.
    let is_in_mariadb = cases.iter().any(|case| case.provider == "vicidial");
    let mariadb = is_in_mariadb.then(|| needs::provide(&Mariadb, Choice::Found)).transpose()?;
    let bench = Bench { arguments, artefacts: Artefacts::build()?, span: Span::fixed()?, mariadb };
    let mut report = machine::describe(&databases)?.join("\n");
    let mut stands = Vec::new();
    for case in &cases {
        let (lines, its) = bench.measure(case, &databases)?;
        let table = report::table(&lines);
        println!("\n{}\n\n{table}\n", case.name());
        write!(report, "\n\n### {}\n\n{table}", case.name())?;
        stands.extend(its);
    }
    let table = shares::table(&stands);
    println!("\nFirst loads beside each other\n\n{table}\n");
    write!(report, "\n\n### First loads beside each other\n\n{table}\n")?;
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

fn cases(providers: &[String]) -> Result<Vec<Case>> {
    for name in providers {
        let is_known = CASES.iter().any(|case| case.provider == name.as_str());
        ensure!(is_known, "there is no provider `{name}`");
    }
    let is_asked = |case: &Case| providers.iter().any(|name| name == case.provider);
    Ok(CASES.into_iter().filter(is_asked).collect())
}

struct Bench<'a> {
    arguments: &'a ProvidersArguments,
    artefacts: Artefacts,
    span: Span,
    mariadb: Option<Ready>,
}

impl Bench<'_> {
    fn measure(&self, case: &Case, databases: &[Databases]) -> Result<(Vec<Line>, Vec<Stand>)> {
        let ProvidersArguments { calls, slow_calls, latency_ms, .. } = *self.arguments;
        let simulator = self.simulator(&case.world(calls, slow_calls, latency_ms))?;
        let (mut lines, mut stands) = (Vec::new(), Vec::new());
        for databases in databases {
            let measured = self.in_engine(case, &simulator, databases)?;
            let used = case.is_slow.then(|| self.room(&measured, databases)).transpose()?;
            let [first_load, _] = &measured.lines;
            stands.push(Stand {
                case: *case,
                engine: databases.engine(),
                calls: first_load.calls,
                wall: first_load.median().wall,
                slowest_statement_ms: measured.slowest_statement_ms,
                used,
            });
            lines.extend(measured.lines);
        }
        Ok((lines, stands))
    }

    fn simulator(&self, world: &simulator::World<'_>) -> Result<Simulator> {
        let variables = self.mariadb.iter().flat_map(Ready::variables).collect::<Vec<_>>();
        Simulator::start_with(&self.artefacts.everycall, world, &self.span, &variables)
    }

    fn in_engine(
        &self,
        case: &Case,
        simulator: &Simulator,
        databases: &Databases,
    ) -> Result<Measured> {
        let (artefacts, span) = (&self.artefacts, &self.span);
        // What a provider shows may be less than its world holds.
        let calls = simulator.shown.len() as u64;
        let world = World { artefacts, databases, simulator, calls, span };
        let (mut first, mut again) = (Vec::new(), Vec::new());
        for run in 1..=self.arguments.runs {
            let (engine, runs) = (databases.engine().name(), self.arguments.runs);
            println!("{engine}, {}, {calls} calls: run {run} of {runs}.", case.name());
            let (loaded, reread) = world.load_twice()?;
            first.push(loaded);
            again.push(reread);
        }
        let every = first.iter().chain(&again);
        let slowest_statement_ms = every.filter_map(|run| run.summary.slowest_statement_ms).max();
        let concurrency = first.first().and_then(|run| run.summary.concurrency);
        let engine = databases.engine().name();
        let lines = [line("first load", engine, first), line("all again", engine, again)];
        Ok(Measured { lines, slowest_statement_ms, concurrency })
    }

    /// How many requests a second the allowed concurrency has room for.
    fn room(&self, measured: &Measured, databases: &Databases) -> Result<Used> {
        let ProvidersArguments { slow_calls, latency_ms, .. } = *self.arguments;
        let concurrency = measured.concurrency.context("the run did not say its concurrency")?;
        // The bare client speaks to one provider only; what it does is wait for answers.
        let provider = "highlevel_voice_ai";
        let world = simulator::World {
            provider,
            calls: slow_calls,
            latency_ms,
            has_rich_rows: false,
            agents: None,
        };
        let simulator = self.simulator(&world)?;
        let (artefacts, span) = (&self.artefacts, &self.span);
        let world = World { artefacts, databases, simulator: &simulator, calls: slow_calls, span };
        let floor = floors::fetch(&world, concurrency)?;
        let pages = floor.pages.context("the bare client did not count its pages")?;
        let by_a_bare_client = pages as f64 / floor.cost.wall.as_secs_f64().max(0.001);
        let on_paper = f64::from(concurrency) * 1000.0 / f64::from(latency_ms);
        Ok(Used { on_paper, by_a_bare_client })
    }
}

/// What was measured of one provider in one engine.
struct Measured {
    lines: [Line; 2],
    slowest_statement_ms: Option<u64>,
    concurrency: Option<u32>,
}

fn line(scenario: &'static str, engine: &'static str, timed: Vec<Timed>) -> Line {
    Line {
        engine,
        calls: timed.first().map_or(0, |one| one.calls),
        scenario,
        pages: timed.first().map(|one| one.summary.pages_fetched),
        costs: timed.into_iter().map(|one| one.cost).collect(),
        floor: None,
        requests_allowed: None,
    }
}
