//! The simulated provider, run as a program of its own so that its work is not counted as ours.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::scenarios::{DAYS, Span};
use crate::run;

/// Making many calls takes a while before the first page can be asked for.
const PATIENCE: Duration = Duration::from_mins(5);

/// The stems of keys that hold secrets, which never stand in a configuration.
const SECRETS: [&str; 3] = ["token", "password", "api_password"];

/// What the simulator prints when it is ready: the provider's keys that lead to it, and secrets.
#[derive(Deserialize)]
pub struct Door(pub Map<String, Value>);

impl Door {
    /// One of the keys; empty when the provider has no such key.
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// The keys of a source that leads there, its secrets in files of this folder.
    pub fn source(&self, folder: &Path) -> Result<Map<String, Value>> {
        let mut source = Map::new();
        for (key, value) in &self.0 {
            if SECRETS.contains(&key.as_str()) {
                let file = folder.join(key);
                fs::write(&file, value.as_str().unwrap_or_default())?;
                source.insert(format!("{key}_file"), file.display().to_string().into());
            } else {
                source.insert(key.clone(), value.clone());
            }
        }
        Ok(source)
    }
}

/// A running simulator; dropping it stops it.
pub struct Simulator {
    /// How to reach it.
    pub door: Door,
    /// The ids of the calls it shows, which may be fewer than the calls of its world: test calls of
    /// AI agents are no messages, for instance.
    pub shown: BTreeSet<String>,
    _process: Process,
    _folder: TempDir,
}

/// Which simulator, and how it behaves.
pub struct World<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// How many calls its world has.
    pub calls: u64,
    /// How long it takes for each answer.
    pub latency_ms: u32,
    /// Whether rows of its lists bring all that any deployment was seen to bring.
    pub has_rich_rows: bool,
    /// How many agents made them; as many as it has by itself where nobody says.
    pub agents: Option<u32>,
}

/// A program that is stopped when it is dropped.
pub struct Process(pub Child);

impl Simulator {
    /// Starts one with this many calls and waits until it is ready.
    pub fn start(everycall: &Path, world: &World<'_>, span: &Span) -> Result<Self> {
        Self::start_with(everycall, world, span, &[])
    }

    /// The same with the limits of the real provider, which counts requests.
    pub fn start_limited(everycall: &Path, world: &World<'_>, span: &Span) -> Result<Self> {
        Self::start_how(everycall, world, span, &[], true)
    }

    /// The same with more of an environment, such as where a database server is.
    pub fn start_with(
        everycall: &Path,
        world: &World<'_>,
        span: &Span,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        Self::start_how(everycall, world, span, environment, false)
    }

    fn start_how(
        everycall: &Path,
        world: &World<'_>,
        span: &Span,
        environment: &[(&str, &str)],
        is_limited: bool,
    ) -> Result<Self> {
        run::stop_if_interrupted()?;
        let World { provider, calls, latency_ms, has_rich_rows, agents } = world;
        let folder = TempDir::with_prefix("everycall-bench-")?;
        let shown = folder.path().join("shown");
        println!("Starting the simulator of {provider} with {calls} calls.");
        let mut command = Command::new(everycall);
        command.args(["simulate", provider, "--seed", "7", "--port", "0"]);
        if !is_limited {
            command.arg("--no-limits");
        }
        command.args(["--calls", &calls.to_string()]);
        command.args(["--days", &DAYS.to_string()]);
        command.args(["--latency-ms", &latency_ms.to_string()]);
        command.args(["--end", &span.end.to_string()]);
        command.arg("--shown").arg(&shown);
        if *has_rich_rows {
            command.arg("--rich-rows");
        }
        if let Some(agents) = agents {
            command.args(["--agents", &agents.to_string()]);
        }
        command.envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let child = command.spawn().with_context(|| run::cannot_start(&command))?;
        let mut process = Process(child);
        let stdout = process.0.stdout.take().context("its output was asked for")?;
        let line = first_line(stdout, "everycall simulate")?;
        let door = serde_json::from_str(&line).with_context(|| {
            format!("`everycall simulate` should say in JSON where it is, but said `{line}`")
        })?;
        let shown = fs::read_to_string(&shown).context("what it shows was not written")?;
        let shown = shown.lines().map(str::to_owned).collect();
        Ok(Self { door, shown, _process: process, _folder: folder })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to stop.
        if self.0.kill().is_ok() {
            self.0.wait().ok();
        }
    }
}

/// Reads on a thread of its own, so that a silent program cannot keep us waiting for ever.
pub fn first_line(stdout: ChildStdout, program: &str) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        // Nobody listens any more once the patience is over.
        sender.send(read.map(|_| line)).ok();
    });
    receiver
        .recv_timeout(PATIENCE)
        .with_context(|| format!("`{program}` did not get ready in five minutes"))?
        .with_context(|| format!("the output of `{program}` could not be read"))
}
