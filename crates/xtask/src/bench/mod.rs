//! `cargo xtask bench`: measures the release build against simulated providers, beside the fastest
//! that the same machine can do at all in the same run.

mod artefacts;
mod cases;
mod compare;
mod database;
mod floors;
mod machine;
mod measure;
mod measured;
mod pages;
mod place;
mod plan;
mod providers;
mod report;
mod rows;
mod scenarios;
mod shares;
mod simulator;
mod summary;
mod sync;
#[cfg(test)]
mod tests;
mod web;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Subcommand)]
pub enum Bench {
    /// First load, full re-read and incremental run of `everycall sync`
    Sync(sync::SyncArguments),
    /// First load and full re-read of every provider, one after the other
    Providers(providers::ProvidersArguments),
    /// A file against the database, beside reading both
    Compare(compare::CompareArguments),
    /// Placement in memory, and assigning an agent with many waiting calls
    Place(place::PlaceArguments),
    /// Planning, an idle service with many sources, and a backlog under a provider's limits
    Plan(plan::PlanArguments),
    /// Statements in a PostgreSQL with ten million calls
    Rows(rows::RowsArguments),
    /// Pages with a million calls, while fifty look at them
    Web(web::WebArguments),
}

/// Measures.
pub fn bench(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Sync(arguments) => sync::sync(arguments),
        Bench::Providers(arguments) => providers::providers(arguments),
        Bench::Compare(arguments) => compare::compare(arguments),
        Bench::Place(arguments) => place::place(arguments),
        Bench::Plan(arguments) => plan::plan(arguments),
        Bench::Rows(arguments) => rows::rows(arguments),
        Bench::Web(arguments) => web::web(arguments),
    }
}
