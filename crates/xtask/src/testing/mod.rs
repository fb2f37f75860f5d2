//! `cargo xtask test`: makes sure that what the tests need is there, then runs all of them.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::needs::mariadb::Mariadb;
use crate::needs::postgres::Postgres;
use crate::needs::{self, Choice, Ready};
use crate::{environment, run};

/// How to test.
#[derive(Args)]
pub struct TestArguments {
    /// Start an own PostgreSQL and MariaDB even if servers already answer
    #[arg(long)]
    throwaway: bool,
    /// Set everything up, say what was found, and stop before the tests
    #[arg(long)]
    setup_only: bool,
    /// Arguments for `cargo test`, after `--`; without any, every test of the workspace runs
    #[arg(last = true)]
    cargo_test: Vec<String>,
}

/// Sets up and tests.
pub fn test(arguments: &TestArguments) -> Result<()> {
    let choice = if arguments.throwaway { Choice::Own } else { Choice::Found };
    // Held until the tests have ended: what was started for them stops when it is dropped.
    let ready = [needs::provide(&Postgres, choice)?, needs::provide(&Mariadb, choice)?];
    if arguments.setup_only {
        println!("Everything the tests need is there.");
        return Ok(());
    }
    for words in cargo_test_runs(&arguments.cargo_test) {
        run::run(cargo(&ready).args(words))?;
    }
    Ok(())
}

/// Runs the tests that kill the program at random instants, which take too long to be run each time.
pub fn kill() -> Result<()> {
    let ready = [needs::provide(&Postgres, Choice::Found)?];
    let words =
        "test --package everycall --test commands -- --ignored --nocapture two_hundred_kills";
    run::run(cargo(&ready).args(words.split(' ')))
}

/// `--all-targets` leaves out the examples in the documentation, so they get a run of their own.
/// Whoever passes arguments knows what to run: one run, and the whole workspace unless a package is named.
fn cargo_test_runs(extra: &[String]) -> Vec<Vec<String>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    if extra.is_empty() {
        return vec![words("test --workspace --all-targets"), words("test --workspace --doc")];
    }
    let names_package = extra
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word.starts_with("-p") || word.starts_with("--package"));
    let mut run = words(if names_package { "test" } else { "test --workspace" });
    run.extend_from_slice(extra);
    vec![run]
}

fn cargo(ready: &[Ready]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(environment::workspace_root());
    command.envs(ready.iter().flat_map(Ready::variables));
    command
}

#[cfg(test)]
mod tests;
