//! `[schedule]`: how often sources are read by themselves.

use std::time::Duration;

use domain::{Rhythm, Times};
use engine::worker::WorkerSettings;
use serde::Deserialize;

use crate::mistake::Mistake;

/// `[schedule]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    pub every_minutes: u64,
    pub cron: Option<String>,
    pub time_zone: String,
    pub runs_at_once: usize,
    pub windows_per_run: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        let WorkerSettings { runs_at_once, windows_max, .. } = WorkerSettings::default();
        Self {
            every_minutes: 5,
            cron: None,
            time_zone: "UTC".to_owned(),
            runs_at_once,
            windows_per_run: windows_max,
        }
    }
}

impl Schedule {
    /// The same for the engine.
    pub fn settings(&self) -> WorkerSettings {
        WorkerSettings {
            runs_at_once: self.runs_at_once,
            windows_max: self.windows_per_run,
            ..WorkerSettings::default()
        }
    }

    /// How often a source is read that says nothing else.
    pub fn rhythm(&self) -> Result<Rhythm, Mistake> {
        match &self.cron {
            Some(cron) => self.times(cron, "[schedule]"),
            None => Ok(Rhythm::Every(Duration::from_mins(self.every_minutes))),
        }
    }

    /// The times of an expression that stands at `place`.
    pub fn times(&self, cron: &str, place: &str) -> Result<Rhythm, Mistake> {
        let times = Times::read(cron, &self.time_zone).map_err(|error| {
            let hint = "Write minute, hour, day of month, month and day of week: \
                        \"0 6 * * mon-fri\" is at six from Monday to Friday, in the zone that \
                        [schedule] `time_zone` names, such as \"Europe/Berlin\"";
            Mistake::new(format!("{place} cron = `{cron}` names no times: {error}"), hint)
        })?;
        Ok(Rhythm::At(Box::new(times)))
    }

    /// Refuses what could never work.
    pub fn check(&self) -> Result<(), Mistake> {
        if Times::read("0 0 * * *", &self.time_zone).is_err() {
            return Err(Mistake::new(
                format!("[schedule] time_zone = `{}` is no time zone", self.time_zone),
                "Write a name such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\"",
            ));
        }
        self.rhythm()?;
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
