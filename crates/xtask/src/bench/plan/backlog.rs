//! A backlog after an outage, read from a provider that counts requests.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use jiff::SignedDuration;
use tempfile::TempDir;

use super::Line;
use crate::bench::artefacts::Artefacts;
use crate::bench::measure::measure as run;
use crate::bench::scenarios::Span;
use crate::bench::simulator::{Simulator, World};
use crate::bench::summary::Summary;

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

/// Reads what an outage of so many hours has left.
pub fn measure(artefacts: &Artefacts, hours: u32) -> Result<Vec<Line>> {
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
    let mut source = simulator.door.source(folder.path())?;
    let since = span.end.checked_sub(SignedDuration::from_hours(i64::from(hours)))?;
    source.insert("name".to_owned(), "bench".into());
    source.insert("since".to_owned(), since.to_string().into());
    source.insert("page_size".to_owned(), PAGE_SIZE.into());
    source.insert("requests_per_10s".to_owned(), 90.into());
    // Ranges are tried out by some requests that read no call.
    source.insert("tries_ranges".to_owned(), false.into());
    let url = format!("sqlite://{}", folder.path().join("everycall.db").display());
    let config = serde_json::json!({ "database": { "url": url }, "sources": [source] });
    let file = folder.path().join("everycall.toml");
    fs::write(&file, toml::to_string(&config)?)?;
    let mut command = Command::new(&artefacts.everycall);
    command.arg("--config").arg(&file);
    command.args(["sync", "--json", "--now", &span.later()?.to_string()]);
    println!("Reading what an outage of {hours} h left, under the provider's limits.");
    let (summary, cost): (Summary, _) = run(&mut command)?;
    ensure!(summary.success, "the backlog was not read whole");
    let (requests, seconds) = (summary.pages_fetched as f64, cost.wall.as_secs_f64());
    // The first so many go at once; each further so many wait for an interval to pass.
    let least = ((requests - 1.0) / REQUESTS).floor() * INTERVAL;
    ensure!(least > 0.0, "{requests} requests fit into one interval, so nothing was limited");
    let share = least / seconds;
    Ok(vec![Line {
        what: format!(
            "backlog of {hours} h, {} calls in {requests} requests of at most {REQUESTS} in 10 s",
            summary.new
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
    }])
}
