//! `[sync]`: how careful runs are.

use std::time::Duration;

use serde::Deserialize;

use crate::mistake::Mistake;

/// A lease that is far longer was told by a wrong clock, and the store takes it from its holder.
const LEASE_SECONDS_MAX: u64 = 3600;

/// `[sync]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sync {
    pub lease_seconds: u64,
    pub database_patience_seconds: u64,
    pub window_minutes_max: u64,
    pub windows_beside: usize,
    pub pages_waiting: usize,
    pub pages_preparing: usize,
    pub pages_per_write: usize,
    pub skips_kept: u64,
    pub revisits_max: u64,
    pub failures_in_a_row: u32,
}

impl Default for Sync {
    fn default() -> Self {
        let engine::Settings {
            lease,
            database_patience,
            window_patience,
            windows_beside,
            pages_waiting,
            pages_preparing,
            pages_per_write,
            skips_kept,
            revisits_max,
            failures_in_a_row,
        } = engine::Settings::default();
        Self {
            lease_seconds: lease.as_secs(),
            database_patience_seconds: database_patience.as_secs(),
            window_minutes_max: window_patience.as_secs() / 60,
            windows_beside,
            pages_waiting,
            pages_preparing,
            pages_per_write,
            skips_kept,
            revisits_max,
            failures_in_a_row,
        }
    }
}

impl Sync {
    /// The same for the engine.
    pub fn settings(&self) -> engine::Settings {
        engine::Settings {
            lease: Duration::from_secs(self.lease_seconds),
            database_patience: Duration::from_secs(self.database_patience_seconds),
            window_patience: Duration::from_mins(self.window_minutes_max),
            windows_beside: self.windows_beside,
            pages_waiting: self.pages_waiting,
            pages_preparing: self.pages_preparing,
            pages_per_write: self.pages_per_write,
            skips_kept: self.skips_kept,
            revisits_max: self.revisits_max,
            failures_in_a_row: self.failures_in_a_row,
        }
    }

    /// Refuses what could never work.
    pub fn check(&self) -> Result<(), Mistake> {
        if self.lease_seconds > LEASE_SECONDS_MAX {
            return Err(Mistake::new(
                format!("[sync] lease_seconds = {} is too much", self.lease_seconds),
                format!(
                    "Give `lease_seconds` at most {LEASE_SECONDS_MAX}: so long nobody goes on with what a dead worker was reading"
                ),
            ));
        }
        let at_least = [
            // A lease is renewed in thirds, and a busy machine may be late by a second.
            ("lease_seconds", self.lease_seconds, 5),
            ("database_patience_seconds", self.database_patience_seconds, 1),
            ("window_minutes_max", self.window_minutes_max, 1),
            ("windows_beside", self.windows_beside as u64, 1),
            ("pages_waiting", self.pages_waiting as u64, 1),
            ("pages_preparing", self.pages_preparing as u64, 1),
            ("pages_per_write", self.pages_per_write as u64, 1),
            ("failures_in_a_row", u64::from(self.failures_in_a_row), 1),
        ];
        match at_least.into_iter().find(|(_, value, least)| value < least) {
            Some((key, value, least)) => Err(Mistake::new(
                format!("[sync] {key} = {value} is too little"),
                format!("Give `{key}` at least {least}, or leave it out"),
            )),
            None => Ok(()),
        }
    }
}
