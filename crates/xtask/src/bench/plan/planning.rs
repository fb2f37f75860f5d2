//! Planning alone: pure, and no database.

use std::process::Command;

use anyhow::Result;
use serde::Deserialize;

use super::Line;
use crate::bench::artefacts::Artefacts;
use crate::bench::measure::measure as run;

const BOUND_MS: f64 = 50.0;
const BOUND: &str = "under 50 ms";

/// What the program says at its end.
#[derive(Deserialize)]
struct Said {
    nothing_ms: f64,
    nothing_windows: u64,
    holes_ms: f64,
    holes_windows: u64,
    thousand_ms: f64,
    thousand_windows: u64,
    rows_each: u64,
}

/// Measures it.
pub fn measure(artefacts: &Artefacts) -> Result<Vec<Line>> {
    let (said, _): (Said, _) = run(&mut Command::new(&artefacts.planning))?;
    let line = |what: String, ms: f64| Line {
        what,
        measured: format!("{ms:.2} ms"),
        bound: BOUND,
        is_reached: ms < BOUND_MS,
    };
    Ok(vec![
        line(
            format!("plan ten years, nothing read, {} windows of an hour", said.nothing_windows),
            said.nothing_ms,
        ),
        line(
            format!("plan ten years with a hole in each day, {} windows", said.holes_windows),
            said.holes_ms,
        ),
        line(
            format!(
                "plan 1,000 sources × 90 days kept current, {} ledger rows each, {} windows",
                said.rows_each, said.thousand_windows
            ),
            said.thousand_ms,
        ),
    ])
}
