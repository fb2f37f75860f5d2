//! `cargo xtask bench rows`: what the statements that everything waits for take in a PostgreSQL
//! with many calls, and that none of them reads a table whole.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;
use tempfile::TempDir;

use super::artefacts::Artefacts;
use super::database::Databases;
use super::machine;
use super::report::draw_table;
use super::sync::{Engines, databases};
use crate::needs::postgres::psql::Psql;
use crate::run;

const FILL: &str = include_str!("fill.sql");
const CALLS: &str = include_str!("calls.sql");

const SCANS: &str = "
SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_user_tables
WHERE relname IN ('calls', 'observations', 'coverage', 'runs')";

const SIZES: &str = "
SELECT pg_size_pretty(pg_total_relation_size('calls')) || ' calls, of which '
    || pg_size_pretty(pg_indexes_size('calls')) || ' indexes; '
    || pg_size_pretty(pg_total_relation_size('observations')) || ' records'";

/// What to measure.
#[derive(Args)]
pub struct RowsArguments {
    /// How many calls the database holds
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    rows: u64,
    /// Write the report to this file too
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What one statement took.
#[derive(Deserialize)]
struct Took {
    what: String,
    median_ms: f64,
    slowest_ms: f64,
    rows: u64,
}

/// Measures and reports; fails where a statement read a table whole.
pub fn rows(arguments: &RowsArguments) -> Result<()> {
    let artefacts = Artefacts::build()?;
    let databases = databases(Engines::Postgres)?;
    let Some(Databases::Postgres { psql, .. }) = databases.first() else {
        bail!("there is no PostgreSQL to measure");
    };
    let database = databases[0].fresh()?;
    let began = Instant::now();
    fill(&artefacts, psql, database.url(), arguments.rows)?;
    println!("Filled in {:.0} s.", began.elapsed().as_secs_f64());
    let before = psql.ask(database.url(), SCANS)?;
    let said = run::answer(Command::new(&artefacts.many_rows).arg(database.url()))?;
    let took =
        said.lines().map(|line| Ok(serde_json::from_str(line)?)).collect::<Result<Vec<_>>>()?;
    ensure!(!took.is_empty(), "nothing was measured");
    let after = psql.ask(database.url(), SCANS)?;
    let machine = machine::describe(&databases)?.join("\n");
    let report = format!(
        "{machine}\n\n{} calls of ten sources: {}.\n\n{}\n",
        arguments.rows,
        psql.ask(database.url(), SIZES)?,
        draw_table(
            &["statement", "median, ms", "slowest, ms", "rows"],
            took.iter().map(cells).collect()
        ),
    );
    println!("\n{report}");
    if let Some(file) = &arguments.out {
        fs::write(file, report).with_context(|| format!("{} was not written", file.display()))?;
    }
    ensure!(before == after, "a table was read whole: {before} scans before, {after} after");
    Ok(())
}

fn fill(artefacts: &Artefacts, psql: &Psql, url: &str, rows: u64) -> Result<()> {
    println!("Filling a database with {rows} calls; this takes minutes.");
    let folder = TempDir::with_prefix("everycall-bench-")?;
    // Whoever looks first makes the schema.
    let mut look = Command::new(&artefacts.everycall);
    look.current_dir(folder.path()).args(["status", "--json"]).stdout(Stdio::null());
    ensure!(
        look.env("EVERYCALL_DATABASE_URL", url).status()?.success(),
        "the schema could not be made"
    );
    psql.ask(url, FILL)?;
    psql.ask(url, &CALLS.replace("$ROWS", &rows.to_string()))?;
    psql.ask(url, "VACUUM (ANALYZE)")?;
    run::stop_if_interrupted()
}

fn cells(took: &Took) -> Vec<String> {
    vec![
        took.what.clone(),
        format!("{:.2}", took.median_ms),
        format!("{:.2}", took.slowest_ms),
        took.rows.to_string(),
    ]
}
