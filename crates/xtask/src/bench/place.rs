//! `cargo xtask bench place`: how fast calls are placed in memory, and how long it takes to assign
//! an agent with many waiting calls while somebody looks at the dashboard.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use super::artefacts::Artefacts;
use super::database::Databases;
use super::machine;
use super::measure::{Cost, measure};
use super::pages::{Dashboard, Seen};
use super::report::draw_table;
use super::scenarios::{Site, Span, World};
use super::simulator::{self, Simulator};
use super::summary::Expected;
use super::sync::{Engines, databases};
use crate::run;

/// Of two agents one is listed and can be assigned; it makes about half of the calls.
const AGENTS: u32 = 2;

/// How long the dashboard is looked at while nothing else happens.
const IDLE: Duration = Duration::from_secs(2);

const ACCOUNT: &str = "Maple";

const MEMORY: [&str; 5] = ["in memory, one core", "calls", "placed", "calls/s", "ns a call"];

const ASSIGNING: [&str; 8] = [
    "engine",
    "waiting calls",
    "seconds (best)",
    "CPU s",
    "peak MB",
    "pages read meanwhile",
    "slowest, ms",
    "slowest while idle, ms",
];

/// What to measure, and how often.
#[derive(Args)]
pub struct PlaceArguments {
    /// How many calls of the agent wait, at least
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1000..))]
    waiting: u64,
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

/// Measures and reports.
pub fn place(arguments: &PlaceArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let span = Span::fixed()?;
    let memory = in_memory(&artefacts, arguments.runs)?;
    // Half of the calls, and a little more, so that chance leaves enough.
    let calls = arguments.waiting * 2 + arguments.waiting / 20;
    let world = simulator::World {
        provider: "highlevel_voice_ai",
        calls,
        latency_ms: 0,
        has_rich_rows: false,
        agents: Some(AGENTS),
    };
    let simulator = Simulator::start(&artefacts.everycall, &world, &span)?;
    let mut assigned = Vec::new();
    for databases in &databases {
        let (artefacts, simulator, span) = (&artefacts, &simulator, &span);
        let world = World { artefacts, databases, simulator, calls, span };
        assigned.push(assigning(&world, arguments)?);
    }
    let mut report = machine::describe(&databases)?.join("\n");
    write!(
        report,
        "\n\n{}\n\n{}\n",
        draw_table(&MEMORY, memory),
        draw_table(&ASSIGNING, assigned)
    )?;
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

/// What placing in memory prints, a line for each way.
#[derive(Clone, Deserialize)]
struct Speed {
    name: String,
    calls: u64,
    placed: u64,
    duration_ns: u64,
}

/// The middle run of each way, by time.
fn in_memory(artefacts: &Artefacts, runs: u32) -> Result<Vec<Vec<String>>> {
    let mut ways: Vec<Vec<Speed>> = Vec::new();
    for run in 1..=runs {
        println!("Placing in memory: run {run} of {runs}.");
        let said = run::answer(&mut Command::new(&artefacts.place_speed))?;
        for (place, line) in said.lines().enumerate() {
            let placed: Speed = serde_json::from_str(line)?;
            if ways.len() <= place {
                ways.push(Vec::new());
            }
            ways[place].push(placed);
        }
    }
    ensure!(!ways.is_empty(), "nothing was placed in memory");
    Ok(ways.into_iter().map(|runs| memory_cells(&middle(runs, |run| run.duration_ns))).collect())
}

/// The middle one; of an even number, the slower of the two in the middle.
fn middle<T: Clone, K: Ord>(mut runs: Vec<T>, key: impl Fn(&T) -> K) -> T {
    runs.sort_by_key(key);
    runs[runs.len() / 2].clone()
}

fn memory_cells(placed: &Speed) -> Vec<String> {
    let seconds = Duration::from_nanos(placed.duration_ns).as_secs_f64().max(1e-9);
    let calls = placed.calls as f64;
    vec![
        placed.name.clone(),
        placed.calls.to_string(),
        placed.placed.to_string(),
        format!("{:.0}", calls / seconds),
        format!("{:.0}", placed.duration_ns as f64 / calls),
    ]
}

/// An agent, as `everycall agents --json` has it.
#[derive(Deserialize)]
struct Agent {
    #[serde(rename = "providerAgentId")]
    id: String,
    calls: u64,
}

/// What `everycall assign --json` says.
#[derive(Deserialize)]
struct Moved {
    #[serde(rename = "callsMoved")]
    calls: u64,
}

/// One assignment, and what somebody saw meanwhile.
#[derive(Clone)]
struct Assigned {
    calls: u64,
    cost: Cost,
    idle: Seen,
    meanwhile: Seen,
}

fn assigning(world: &World, arguments: &PlaceArguments) -> Result<Vec<String>> {
    let mut runs = Vec::new();
    for run in 1..=arguments.runs {
        let engine = world.databases.engine().name();
        println!("{engine}, {} waiting calls: run {run} of {}.", arguments.waiting, arguments.runs);
        runs.push(assign(world, arguments.waiting)?);
    }
    Ok(assigned_cells(world.databases, runs))
}

fn assign(world: &World, waiting: u64) -> Result<Assigned> {
    let site = Site::new(world)?;
    site.sync(&["--now", &world.span.later()?.to_string()], Expected::AllNew(world.calls))?;
    let listed = run::answer(&mut site.command(&["agents", "--json"]))?;
    let agents = listed.lines().map(|line| Ok(serde_json::from_str::<Agent>(line)?));
    let agents = agents.collect::<Result<Vec<Agent>>>()?;
    let agent = agents.into_iter().max_by_key(|agent| agent.calls);
    let agent = agent.context("the source has no agent")?;
    ensure!(agent.calls >= waiting, "the agent has {} calls only", agent.calls);
    run::answer(&mut site.command(&["accounts", "add", ACCOUNT]))?;
    let serve = ["serve", "--only-dashboard", "--no-sign-in", "--listen", "127.0.0.1:0"];
    let dashboard = Dashboard::start(&mut site.command(&serve))?;
    let idle = dashboard.watch_for(IDLE)?;
    let onlooker = dashboard.watch();
    let mut command = site.command(&["assign", &agent.id, "--account", ACCOUNT, "--json"]);
    let (moved, cost): (Moved, Cost) = measure(&mut command)?;
    let meanwhile = onlooker.end()?;
    ensure!(
        moved.calls == agent.calls,
        "{} of the agent's {} calls moved",
        moved.calls,
        agent.calls
    );
    Ok(Assigned { calls: agent.calls, cost, idle, meanwhile })
}

fn assigned_cells(databases: &Databases, runs: Vec<Assigned>) -> Vec<String> {
    let best = runs.iter().map(|run| run.cost.wall).min().unwrap_or_default();
    let peak = runs.iter().map(|run| run.cost.peak_bytes).max().unwrap_or_default();
    let seen =
        |of: fn(&Assigned) -> Seen| runs.iter().map(of).reduce(Seen::with).unwrap_or_default();
    let (idle, meanwhile) = (seen(|run| run.idle), seen(|run| run.meanwhile));
    let run = middle(runs, |run| run.cost.wall);
    vec![
        databases.engine().name().to_owned(),
        run.calls.to_string(),
        format!("{:.2} ({:.2})", run.cost.wall.as_secs_f64(), best.as_secs_f64()),
        format!("{:.2}", run.cost.cpu.as_secs_f64()),
        (peak / 1_000_000).to_string(),
        meanwhile.pages.to_string(),
        meanwhile.slowest.as_millis().to_string(),
        idle.slowest.as_millis().to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placing_in_memory_is_told_in_calls_a_second() {
        let name = "by rules".to_owned();
        let placed = Speed { name, calls: 1_000, placed: 900, duration_ns: 500_000 };
        assert_eq!(memory_cells(&placed), ["by rules", "1000", "900", "2000000", "500"]);
    }

    #[test]
    fn an_assignment_is_told_by_its_middle_run_and_the_slowest_page_of_any() {
        let run = |wall_ms, slowest_ms| Assigned {
            calls: 100_000,
            cost: Cost {
                wall: Duration::from_millis(wall_ms),
                cpu: Duration::from_millis(900),
                peak_bytes: 30_000_000,
            },
            idle: Seen { pages: 7, slowest: Duration::from_millis(4) },
            meanwhile: Seen { pages: 10, slowest: Duration::from_millis(slowest_ms) },
        };
        let cells =
            assigned_cells(&Databases::Sqlite, vec![run(3000, 20), run(1000, 80), run(2000, 5)]);
        assert_eq!(cells, ["SQLite", "100000", "2.00 (1.00)", "0.90", "30", "30", "80", "4"]);
    }
}
