//! What `everycall sync --json` says at its end, and what it must say after each scenario.

use anyhow::{Result, ensure};
use serde::Deserialize;

/// The counts of one run.
#[derive(Clone, Debug, Deserialize)]
pub struct Summary {
    /// Whether everything asked for was read.
    pub success: bool,
    /// Records the provider gave, also those given twice.
    #[serde(rename = "totalFetched")]
    pub total_fetched: u64,
    /// Pages read; each is one request.
    #[serde(rename = "pagesFetched")]
    pub pages_fetched: u64,
    /// Calls we did not have.
    pub new: u64,
    /// Calls that changed.
    pub updated: u64,
    /// Calls that were as we have them.
    pub unchanged: u64,
    /// Records given more than once in this run.
    pub repeated: u64,
    /// Records nobody could read.
    #[serde(rename = "setAside")]
    pub set_aside: u64,
    /// What the slowest statement in the provider's own database took, where it is asked there.
    #[serde(rename = "slowestStatementMs")]
    pub slowest_statement_ms: Option<u64>,
    /// How many pages are asked for at once.
    pub concurrency: Option<u32>,
}

/// What a run over a known world must come to.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// Every call is new.
    AllNew(u64),
    /// Every call is there already and none changed.
    AllUnchanged(u64),
    /// Every call is there already; what a provider tells late may have changed.
    NothingNew,
    /// Exactly these are new; some of the others may be read again.
    New(u64),
    /// Some calls are new, and fewer than all of them.
    NewBelow(u64),
}

impl Summary {
    /// Fails with the numbers unless they are what must come out.
    pub fn check(&self, expected: Expected) -> Result<()> {
        let as_expected = match expected {
            Expected::AllNew(calls) => {
                self.new == calls && self.updated == 0 && self.unchanged == 0
            }
            Expected::AllUnchanged(calls) => {
                self.new == 0 && self.updated == 0 && self.unchanged == calls
            }
            Expected::NothingNew => self.new == 0,
            Expected::New(calls) => self.new == calls,
            Expected::NewBelow(calls) => self.new > 0 && self.new < calls,
        };
        let accounted = self.new + self.updated + self.unchanged + self.repeated;
        ensure!(
            self.success && as_expected && self.set_aside == 0 && self.total_fetched >= accounted,
            "the numbers are not what must come out ({expected:?}): {self:?}"
        );
        Ok(())
    }
}
