//! `[schedule]`: how often sources are read by themselves.

use std::time::Duration;

use engine::worker::WorkerSettings;
use serde::Deserialize;

use crate::mistake::Mistake;

/// `[schedule]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    pub every_minutes: u64,
    pub runs_at_once: usize,
    pub windows_per_run: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        let WorkerSettings { runs_at_once, windows_max } = WorkerSettings::default();
        Self { every_minutes: 5, runs_at_once, windows_per_run: windows_max }
    }
}

impl Schedule {
    /// The same for the engine.
    pub fn settings(&self) -> WorkerSettings {
        WorkerSettings { runs_at_once: self.runs_at_once, windows_max: self.windows_per_run }
    }

    /// From the beginning of one run to that of the next, where a source says nothing else.
    pub fn every(&self) -> Duration {
        Duration::from_mins(self.every_minutes)
    }

    /// Refuses what could never work.
    pub fn check(&self) -> Result<(), Mistake> {
        let zero = [
            ("every_minutes", self.every_minutes),
            ("runs_at_once", self.runs_at_once as u64),
            ("windows_per_run", self.windows_per_run as u64),
        ];
        match zero.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(Mistake::new(
                format!("[schedule] {key} = 0 would never read anything"),
                format!("Give `{key}` at least 1, or leave it out"),
            )),
            None => Ok(()),
        }
    }
}
