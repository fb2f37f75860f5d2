//! Runs a program to its end and says what it took: time, processor time, memory.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use wait4::{ResUse, Wait4};

use crate::run;

const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How much of a failed program's log is shown.
const LAST_LINES: usize = 20;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// From its start to its end.
    pub wall: Duration,
    /// Processor time of the program and the system on its behalf.
    pub cpu: Duration,
    /// The most memory it held at once.
    // Linux counts what a child shares with us before it becomes the program, so a program smaller
    // than xtask itself would show xtask's few megabytes.
    pub peak_bytes: u64,
}

/// Runs a program whose last line on standard output is one JSON object.
pub fn measure<T: DeserializeOwned>(command: &mut Command) -> Result<(T, Cost)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (said, cost) = watch(command)?;
    let line = said.trim_end().lines().next_back().unwrap_or_default();
    let object = serde_json::from_str(line).with_context(|| {
        format!("`{name}` should end with the JSON we expect, but said `{line}`")
    })?;
    Ok((object, cost))
}

fn watch(command: &mut Command) -> Result<(String, Cost)> {
    run::stop_if_interrupted()?;
    let name = command.get_program().to_string_lossy().into_owned();
    // Files, not pipes: a full pipe would slow the program down.
    let (mut said, mut log) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null());
    command.stdout(said.try_clone()?).stderr(log.try_clone()?);
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| run::cannot_start(command))?;
    let used = loop {
        if let Some(used) = child.try_wait4()? {
            break used;
        }
        if run::stop_if_interrupted().is_err() {
            child.kill()?;
        }
        thread::sleep(LOOK_EVERY);
    };
    let cost = cost(started.elapsed(), &used);
    run::stop_if_interrupted()?;
    run::check(name, used.status)
        .with_context(|| last_lines(&all(&mut log).unwrap_or_default()))?;
    Ok((all(&mut said)?, cost))
}

fn cost(wall: Duration, used: &ResUse) -> Cost {
    Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak_bytes: used.rusage.maxrss }
}

fn all(file: &mut File) -> Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
