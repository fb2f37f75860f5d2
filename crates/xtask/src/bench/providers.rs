//! `cargo xtask bench providers`: a first load and a full re-read of each provider.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use super::artefacts::Artefacts;
use super::machine;
use super::measure::Cost;
use super::report::{self, Line};
use super::scenarios::{Span, Timed, World};
use super::simulator::Simulator;
use super::sync::{Engines, databases};

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
    /// How long a provider takes for each answer
    #[arg(long, default_value_t = 0)]
    latency_ms: u32,
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
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let span = Span::fixed()?;
    let mut report = machine::describe(&databases)?.join("\n");
    for provider in &arguments.providers {
        let ProvidersArguments { calls, latency_ms, .. } = *arguments;
        let everycall = &artefacts.everycall;
        let simulator = Simulator::start(everycall, provider, calls, latency_ms, &span)?;
        let mut lines = Vec::new();
        for databases in &databases {
            let (artefacts, simulator, span) = (&artefacts, &simulator, &span);
            let world = World { artefacts, databases, simulator, calls, span };
            lines.extend(measure(&world, arguments)?);
        }
        let table = report::table(&lines);
        println!("\n{provider}\n\n{table}\n");
        write!(report, "\n\n### {provider}\n\n{table}")?;
    }
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

fn measure(world: &World, arguments: &ProvidersArguments) -> Result<[Line; 2]> {
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for _ in 0..arguments.runs {
        let (loaded, reread) = world.load_twice()?;
        first.push(loaded);
        again.push(reread);
    }
    let line = |scenario, timed: Vec<Timed>| Line {
        engine: world.databases.engine().name(),
        calls: world.calls,
        scenario,
        pages: timed.first().map(|one| one.summary.pages_fetched),
        costs: timed.into_iter().map(|one| one.cost).collect::<Vec<Cost>>(),
        floor: None,
        requests_allowed: None,
    };
    Ok([line("first load", first), line("all again", again)])
}
