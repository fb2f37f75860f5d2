//! What was measured in one engine at one size, and the lines of the report it becomes.

use super::database::Engine;
use super::floors::Floor;
use super::report::Line;
use super::scenarios::{Round, Timed};

/// Every run of each scenario and each floor.
#[derive(Default)]
pub struct Measured {
    first_load: Vec<Timed>,
    again: Vec<Timed>,
    incremental: Vec<Timed>,
    /// Bare fetching.
    pub fetch: Vec<Floor>,
    /// Bare writing.
    pub insert: Vec<Floor>,
}

impl Measured {
    /// Adds one run of each scenario.
    pub fn take(&mut self, round: Round) {
        self.first_load.push(round.first_load);
        self.again.push(round.again);
        self.incremental.push(round.incremental);
    }

    /// The report's lines; there is at least one run of everything.
    pub fn lines(&self, engine: Engine, latency_ms: u32) -> Vec<Line> {
        let fetch = floor_line("floor: fetch and parse", engine, latency_ms, &self.fetch);
        let insert = floor_line("floor: write in bulk", engine, latency_ms, &self.insert);
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
    Line {
        engine: engine.name(),
        calls: runs[0].calls,
        scenario,
        costs: runs.iter().map(|run| run.cost).collect(),
        floor: None,
        pages: Some(summary.pages_fetched),
        requests_allowed: requests_allowed(summary.concurrency, latency_ms),
    }
}

fn floor_line(scenario: &'static str, engine: Engine, latency_ms: u32, runs: &[Floor]) -> Line {
    Line {
        engine: engine.name(),
        calls: runs[0].calls,
        scenario,
        costs: runs.iter().map(|run| run.cost).collect(),
        floor: None,
        pages: runs[0].pages,
        requests_allowed: requests_allowed(runs[0].pages_ahead, latency_ms),
    }
}

/// Requests a second that so many at once leave room for, when each takes exactly the latency.
/// None takes so little: what can be reached is the floor's own share of it.
fn requests_allowed(concurrency: Option<u32>, latency_ms: u32) -> Option<f64> {
    let is_slow = latency_ms > 0;
    concurrency.filter(|_| is_slow).map(|many| f64::from(many) * 1000.0 / f64::from(latency_ms))
}
