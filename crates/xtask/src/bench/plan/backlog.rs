//! A backlog after an outage, read from a provider that counts requests.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Result, anyhow, ensure};
use jiff::SignedDuration;
use tempfile::TempDir;

use super::Line;
use crate::bench::artefacts::Artefacts;
use crate::bench::database::Databases;
use crate::bench::measure::{Cost, measure as run};
use crate::bench::scenarios::Span;
use crate::bench::simulator::{Simulator, World};
use crate::bench::summary::Summary;
use crate::bench::sync::{Engines, databases};

/// Calls of the simulated account in its ninety days.
const CALLS: u64 = 100_000;

/// Few calls a page, so that a day's backlog is some hundred requests.
const PAGE_SIZE: u64 = 4;

/// What our side is told it may ask for in ten seconds, as a source is by default; and what the
/// provider publishes.
const REQUESTS: f64 = 90.0;
const PUBLISHED: f64 = 100.0;
const INTERVAL: f64 = 10.0;

const SHARE_MIN: f64 = 0.9;

/// How many processes share the credential when it is shared.
const WORKERS: u32 = 4;

/// Reads what an outage of so many hours has left: by one process in a file of its own, and by four
/// that share the credential through one PostgreSQL, each a source with a quarter of it.
pub fn measure(artefacts: &Artefacts, hours: u32) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (engine, workers) in [(Engines::Sqlite, 1), (Engines::Postgres, WORKERS)] {
        for databases in databases(engine)? {
            lines.push(read(artefacts, &databases, workers, (hours / workers).max(1))?);
        }
    }
    Ok(lines)
}

fn read(artefacts: &Artefacts, databases: &Databases, workers: u32, hours: u32) -> Result<Line> {
    let span = Span::fixed()?;
    let world = World {
        provider: "highlevel_voice_ai",
        calls: CALLS,
        latency_ms: 0,
        has_rich_rows: false,
        agents: None,
    };
    let simulator = Simulator::start_limited(&artefacts.everycall, &world, &span)?;
    let folder = TempDir::with_prefix("everycall-bench-")?;
    let database = databases.fresh()?;
    let since = span.end.checked_sub(SignedDuration::from_hours(i64::from(hours)))?;
    let sources = (0..workers).map(|nth| {
        let mut source = simulator.door.source(folder.path())?;
        source.insert("name".to_owned(), name(nth).into());
        source.insert("since".to_owned(), since.to_string().into());
        source.insert("page_size".to_owned(), PAGE_SIZE.into());
        source.insert("requests_per_10s".to_owned(), 90.into());
        // Ranges are tried out by some requests that read no call.
        source.insert("tries_ranges".to_owned(), false.into());
        Ok(source)
    });
    let sources = sources.collect::<Result<Vec<_>>>()?;
    let config = serde_json::json!({ "database": { "url": database.url() }, "sources": sources });
    let file = folder.path().join("everycall.toml");
    fs::write(&file, toml::to_string(&config)?)?;
    let now = span.later()?.to_string();
    println!("Reading what an outage of {hours} h left of {workers} sources under one limit.");
    let command = |nth| {
        let mut command = Command::new(&artefacts.everycall);
        command.arg("--config").arg(&file);
        command.args(["sync", &name(nth), "--json", "--now", &now]);
        command
    };
    // Whoever comes first makes the schema.
    let mut look = Command::new(&artefacts.everycall);
    look.arg("--config").arg(&file).args(["status", "--json"]).stdout(Stdio::null());
    ensure!(look.status()?.success(), "the database could not be set up");
    let runs = thread::scope(|scope| {
        let each = (0..workers).map(|nth| {
            let mut command = command(nth);
            scope.spawn(move || run(&mut command))
        });
        let each: Vec<_> = each.collect();
        let ended =
            each.into_iter().map(|run| run.join().map_err(|_panic| anyhow!("a run panicked"))?);
        ended.collect::<Result<Vec<(Summary, Cost)>>>()
    })?;
    ensure!(runs.iter().all(|(summary, _)| summary.success), "the backlog was not read whole");
    let requests = runs.iter().map(|(summary, _)| summary.pages_fetched).sum::<u64>() as f64;
    let calls = runs.iter().map(|(summary, _)| summary.new).sum::<u64>();
    let seconds = runs.iter().map(|(_, cost)| cost.wall.as_secs_f64()).fold(0.0, f64::max);
    // The first so many go at once; each further so many wait for an interval to pass.
    let least = ((requests - 1.0) / REQUESTS).floor() * INTERVAL;
    ensure!(least > 0.0, "{requests} requests fit into one interval, so nothing was limited");
    let share = least / seconds;
    Ok(Line {
        what: format!(
            "backlog of {hours} h of {workers} source(s), each read by a process of its own on {}: \
             {calls} calls in {requests} requests of together at most {REQUESTS} in 10 s",
            databases.engine().name()
        ),
        measured: format!(
            "{seconds:.1} s where the budget allows no less than {least:.0} s: {:.0}% of it, {:.1} \
             requests a second ({:.0}% of the {PUBLISHED} in 10 s that are published)",
            share * 100.0,
            requests / seconds,
            requests / seconds / (PUBLISHED / INTERVAL) * 100.0,
        ),
        bound: "at least 90% of the budget",
        is_reached: share >= SHARE_MIN,
    })
}

fn name(nth: u32) -> String {
    format!("bench-{nth}")
}
