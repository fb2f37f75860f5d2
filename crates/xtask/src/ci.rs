//! `cargo xtask ci`: everything a change must pass, in the order that fails fastest.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{deny, environment, run};

type Check = fn() -> Result<()>;

const STEPS: [(&str, Check); 8] = [
    ("format", || cargo("fmt --all --check")),
    ("lints", || cargo("clippy --locked --workspace --all-targets -- -D warnings")),
    ("licences", deny::deny),
    ("documentation", documentation),
    // The command the README tells people to run, so that it cannot stop working unnoticed.
    ("tests", || cargo("xtask test")),
    ("browser", || cargo("xtask browse")),
    ("kills", || cargo("xtask kill")),
    ("simulation", || cargo("xtask simulate --seeds 300")),
];

/// Runs the steps until one fails, and says how long each took.
pub fn ci() -> Result<()> {
    let mut times = Vec::new();
    let mut outcome = Ok(());
    for (name, step) in STEPS {
        println!("── {name}");
        let started = Instant::now();
        outcome = step();
        times.push((name, started.elapsed(), outcome.is_ok()));
        if outcome.is_err() {
            break;
        }
    }
    println!();
    for (name, took, passed) in times {
        println!("{}", time_line(name, took, passed));
    }
    outcome
}

fn time_line(name: &str, took: Duration, passed: bool) -> String {
    let verdict = if passed { "passed" } else { "FAILED" };
    format!("{name:<14} {verdict} {:>7.1} s", took.as_secs_f64())
}

fn documentation() -> Result<()> {
    run::run(
        Command::new("cargo")
            .args(["doc", "--locked", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .current_dir(environment::workspace_root()),
    )
}

fn cargo(words: &str) -> Result<()> {
    run::run(
        Command::new("cargo").args(words.split(' ')).current_dir(environment::workspace_root()),
    )
}
