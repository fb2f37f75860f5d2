//! `cargo xtask bench compare`: what comparing a file with the database takes beyond reading both.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use super::artefacts::Artefacts;
use super::database::Databases;
use super::machine;
use super::measure::{Cost, measure};
use super::report::draw_table;
use super::sync::{Engines, databases};

const COLUMNS: [&str; 8] = [
    "engine",
    "calls on each side",
    "read the file, s",
    "read the database, s",
    "compare, reading both, s",
    "beyond reading, s",
    "peak MB",
    "control total of an hour, µs (calls)",
];

/// What to measure, and how often.
#[derive(Args)]
pub struct CompareArguments {
    /// How many calls there are
    #[arg(long, value_delimiter = ',', default_value = "5000,1000000", value_parser = clap::value_parser!(u64).range(5000..))]
    calls: Vec<u64>,
    /// Which database
    #[arg(long, default_value = "both")]
    engine: Engines,
    /// How often each is measured
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What one comparison says of itself.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Compared {
    calls: u64,
    held: u64,
    read_file_ms: u64,
    read_database_ms: u64,
    compare_ms: u64,
    matching: u64,
    differing: u64,
    missing: u64,
    extra: u64,
    digest_hour_calls: u64,
    digest_hour_us: u64,
}

impl Compared {
    /// Of each thousand calls, one is missing on either side and one differs.
    fn is_right(&self) -> bool {
        let each = self.calls / 1000;
        [self.differing, self.missing, self.extra].iter().all(|it| *it == each)
            && self.matching == self.calls - 3 * each
            && self.held == self.calls - each
    }

    fn beyond_ms(&self) -> u64 {
        self.compare_ms.saturating_sub(self.read_file_ms + self.read_database_ms)
    }
}

/// Measures and reports.
pub fn compare(arguments: &CompareArguments) -> Result<()> {
    let databases = databases(arguments.engine)?;
    let artefacts = Artefacts::build()?;
    let mut rows = Vec::new();
    for &calls in &arguments.calls {
        for databases in &databases {
            let mut runs = Vec::new();
            for run in 1..=arguments.runs {
                let engine = databases.engine().name();
                println!("{engine}, {calls} calls: run {run} of {}.", arguments.runs);
                runs.push(once(&artefacts, databases, calls)?);
            }
            runs.sort_by_key(|(compared, _)| compared.beyond_ms());
            let middle = runs.len() / 2;
            rows.push(cells(databases, &runs[middle].0, &runs[middle].1));
        }
    }
    let machine = machine::describe(&databases)?.join("\n");
    let report = format!("{machine}\n\n{}\n", draw_table(&COLUMNS, rows));
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    Ok(())
}

fn once(artefacts: &Artefacts, databases: &Databases, calls: u64) -> Result<(Compared, Cost)> {
    let database = databases.fresh()?;
    let mut command = Command::new(&artefacts.comparing);
    command.args([database.url(), &calls.to_string()]);
    let (compared, cost): (Compared, Cost) = measure(&mut command)?;
    ensure!(compared.is_right(), "the comparison did not find what was planted");
    Ok((compared, cost))
}

fn cells(databases: &Databases, compared: &Compared, cost: &Cost) -> Vec<String> {
    let seconds = |millis: u64| format!("{:.2}", millis as f64 / 1000.0);
    vec![
        databases.engine().name().to_owned(),
        compared.calls.to_string(),
        seconds(compared.read_file_ms),
        seconds(compared.read_database_ms),
        seconds(compared.compare_ms),
        seconds(compared.beyond_ms()),
        (cost.peak_bytes / 1_000_000).to_string(),
        format!("{} ({})", compared.digest_hour_us, compared.digest_hour_calls),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(missing: u64) -> Compared {
        Compared {
            calls: 10_000,
            held: 9_990,
            read_file_ms: 40,
            read_database_ms: 50,
            compare_ms: 120,
            matching: 9_970,
            differing: 10,
            missing,
            extra: 10,
            digest_hour_calls: 4,
            digest_hour_us: 3,
        }
    }

    #[test]
    fn a_comparison_counts_only_if_it_found_what_was_planted() {
        assert!(compared(10).is_right());
        assert!(!compared(9).is_right());
    }

    #[test]
    fn what_comparing_adds_is_told_without_reading() {
        assert_eq!(compared(10).beyond_ms(), 30);
    }
}
