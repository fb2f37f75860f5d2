//! Building and running tests in the copy of the tree.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::list::Tests;
use super::tree::Tree;
use crate::run;

/// Tests that take longer than this wait for something that never comes.
const TESTS_MAX: Duration = Duration::from_mins(5);

/// How often running tests are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What came of running tests.
pub struct Ran {
    /// Whether they compiled.
    pub has_built: bool,
    /// Whether all of them passed.
    pub has_passed: bool,
    /// Whether they had to be stopped.
    pub has_hung: bool,
    /// How many passed.
    pub passed: u64,
    /// The names of those that failed.
    pub failed: Vec<String>,
    /// All that was printed.
    pub said: String,
}

/// Cargo in the copy.
pub struct Cargo {
    root: PathBuf,
    build: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Cargo {
    /// With these variables in the environment of tests.
    pub fn new<'v>(tree: &Tree, variables: impl Iterator<Item = (&'static str, &'v str)>) -> Self {
        let variables = variables.map(|(name, value)| (name, value.to_owned())).collect();
        Self { root: tree.root().to_owned(), build: tree.build(), variables }
    }

    /// Builds these tests and runs them.
    pub fn test(&self, tests: &Tests) -> Result<Ran> {
        let (status, said) = self.run(tests, &["--no-run"], Duration::MAX)?;
        if !status.is_some_and(|status| status.success()) {
            let (has_built, has_passed, has_hung) = (false, false, false);
            return Ok(Ran { has_built, has_passed, has_hung, passed: 0, failed: vec![], said });
        }
        let filters = tests.filters.iter().map(String::as_str);
        let words: Vec<&str> = std::iter::once("--").chain(filters).collect();
        let (status, said) = self.run(tests, &words, TESTS_MAX)?;
        Ok(Ran {
            has_built: true,
            has_passed: status.is_some_and(|status| status.success()),
            has_hung: status.is_none(),
            passed: said.lines().filter_map(passed).sum(),
            failed: said.lines().filter_map(failed).map(str::to_owned).collect(),
            said,
        })
    }

    /// Runs cargo; without a status when it took too long.
    fn run(
        &self,
        tests: &Tests,
        words: &[&str],
        patience: Duration,
    ) -> Result<(Option<ExitStatus>, String)> {
        let mut said = tempfile::tempfile()?;
        let mut command = Command::new("cargo");
        command.args(["test", "--quiet", "--package", &tests.package]);
        match &tests.target {
            Some(target) => command.args(["--test", target]),
            None => command.arg("--lib"),
        };
        // Not quiet when tests run: their names are what is asked for.
        let mut child = command
            .args(words)
            .args((words.first() == Some(&"--")).then_some("--format=pretty"))
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.build)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said.try_clone()?)
            .process_group(0)
            .spawn()?;
        let status = within(&mut child, patience)?;
        Ok((status, text(&mut said)?))
    }
}

/// Waits for it to end, and stops it and its children when it takes too long.
fn within(child: &mut Child, patience: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let interrupted = run::stop_if_interrupted();
        if interrupted.is_err() || started.elapsed() > patience {
            Command::new("kill").args(["-KILL", &format!("-{}", child.id())]).status()?;
            child.wait()?;
            interrupted?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn text(said: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    said.rewind()?;
    said.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The number in `test result: ok. 12 passed; 0 failed; …`.
fn passed(line: &str) -> Option<u64> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    counts.split_once(" passed")?.0.parse().ok()
}

/// The name in `test a::b ... FAILED`.
fn failed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

#[cfg(test)]
mod tests {
    use super::{failed, passed};

    #[test]
    fn what_tests_say_is_understood() {
        assert_eq!(passed("test result: ok. 12 passed; 0 failed; 1 ignored"), Some(12));
        assert_eq!(passed("test result: FAILED. 3 passed; 1 failed"), Some(3));
        assert_eq!(failed("test a::b ... FAILED"), Some("a::b"));
        assert_eq!(failed("test a::b ... ok"), None);
        assert_eq!(passed("running 3 tests"), None);
    }
}
