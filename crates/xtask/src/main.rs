//! Set-up, test, CI and bench commands: `cargo xtask help` lists them.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

mod bench;
mod browse;
mod ci;
mod deny;
#[cfg(test)]
mod documents;
mod environment;
mod metadata;
mod mutate;
mod needs;
mod run;
mod simulate;
mod testing;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Works on this repository: sets up what the tests need, tests, checks and measures.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Sets up what the tests need and runs them all
    Test(testing::TestArguments),
    /// Runs what every change must pass: format, lints, licences, documentation, tests, a browser's
    /// walk, kills and simulated lives
    Ci,
    /// Kills the real program at random instants of a load, 200 times on each database
    Kill,
    /// Plays seeded lives of a source, with everything that goes wrong in them
    Simulate(simulate::SimulateArguments),
    /// Walks through the dashboard with a real browser
    Browse(browse::BrowseArguments),
    /// Walks through it, and takes a picture of each page
    Screenshots(browse::ScreenshotsArguments),
    /// Takes away one counter or guard at a time, and asks whether a test notices
    Mutate(mutate::MutateArguments),
    /// Checks licences, banned crates and sources against deny.toml
    Deny,
    /// Measures the release build against simulated providers
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = run::listen_for_interrupts().and_then(|()| match arguments.task {
        Some(Task::Test(test)) => testing::test(&test),
        Some(Task::Ci) => ci::ci(),
        Some(Task::Kill) => testing::kill(),
        Some(Task::Simulate(simulate)) => simulate::simulate(&simulate),
        Some(Task::Browse(browse)) => browse::browse(&browse),
        Some(Task::Screenshots(screenshots)) => browse::screenshots(&screenshots),
        Some(Task::Mutate(mutate)) => mutate::mutate(&mutate),
        Some(Task::Deny) => deny::deny(),
        Some(Task::Bench { bench }) => bench::bench(&bench),
        None => Ok(Arguments::command().print_help()?),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(run::exit_code(&error))
        }
    }
}
