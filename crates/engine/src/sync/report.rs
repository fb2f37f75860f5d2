//! What a finished run prints and returns: the shape its users know, and what they did not have.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{AccountId, RunAccounts, RunId, RunStatus, Timestamp};
use providers::{Connection, Traffic};
use serde::Serialize;
use store::LogLine;

use super::write::Tally;
use crate::ingest::Brought;

/// A finished run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// Whether every window was proved and the accounts balance.
    pub success: bool,
    /// `success`, `partial`, `failed` or `unbalanced`.
    pub status: RunStatus,
    /// Calls written: new and updated.
    pub saved_count: u64,
    /// Calls that wait or are excluded, and records set aside. All of them are kept.
    pub skipped_count: u64,
    /// Records the database refused.
    pub error_count: u64,
    /// Records that left the socket.
    pub total_fetched: u64,
    /// Pages read.
    pub pages_fetched: u64,
    /// The run's id; none for a dry run.
    pub sync_log_id: Option<RunId>,
    /// How long it took.
    #[serde(rename = "duration_ms")]
    pub duration_ms: u64,
    /// How many calls per reason.
    pub skip_reasons: BTreeMap<String, u64>,
    /// Calls we did not have.
    pub new: u64,
    /// Calls whose content changed.
    pub updated: u64,
    /// Calls we had just so.
    pub unchanged: u64,
    /// Further sightings of calls counted above.
    pub repeated: u64,
    /// Calls that wait for an agent or an assignment, new or not.
    pub waiting: u64,
    /// Calls deliberately left out, new or not.
    pub excluded: u64,
    /// Records nobody could read, kept whole.
    pub set_aside: u64,
    /// Contacts made.
    pub contacts_made: u64,
    /// Agents that nobody had assigned and that this source gives to its account by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auto_assigned: Vec<String>,
    /// Windows to prove.
    pub windows_planned: u64,
    /// Windows proved.
    pub windows_proved: u64,
    /// Whether somebody stopped it.
    pub was_cancelled: bool,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Requests kept in flight at once.
    pub concurrency: usize,
    /// What the slowest statement took that this connection sent to a provider's own database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slowest_statement_ms: Option<u64>,
    /// What was asked over HTTP while it went on, and how it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// What kept it from being a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether only a person can help, because the provider refused us.
    pub needs_person: bool,
    /// Windows left to the next run.
    pub windows_left: u64,
    /// The most memory the process had used by the end, in bytes, where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
    /// What it said.
    pub logs: Vec<ReportLine>,
    #[serde(skip)]
    pub(super) placed: BTreeMap<AccountId, Brought>,
    #[serde(skip)]
    pub(super) placed_already: u64,
    #[serde(skip)]
    accounts: RunAccounts,
}

/// One line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct ReportLine {
    /// When.
    pub at: Timestamp,
    /// Phase and sentence: `[API] …`.
    pub message: String,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

impl RunReport {
    pub(super) fn new(
        run: Option<RunId>,
        tally: &Tally,
        status: RunStatus,
        error: Option<String>,
        was_cancelled: bool,
        took: Duration,
        connection: &Connection,
    ) -> Self {
        let millis = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let accounts = tally.accounts;
        Self {
            success: status == RunStatus::Success,
            status,
            saved_count: accounts.new + accounts.updated,
            skipped_count: tally.skip_reasons.values().sum(),
            error_count: accounts.failed,
            total_fetched: accounts.listed,
            pages_fetched: tally.pages,
            sync_log_id: run,
            duration_ms: millis(took),
            skip_reasons: tally.skip_reasons.clone(),
            new: accounts.new,
            updated: accounts.updated,
            unchanged: accounts.unchanged,
            repeated: accounts.repeated,
            waiting: tally.waiting,
            excluded: tally.excluded,
            set_aside: accounts.set_aside,
            contacts_made: tally.contacts_made,
            auto_assigned: tally.auto_assigned.clone(),
            windows_planned: tally.what.windows_planned,
            windows_proved: tally.what.windows_proved,
            was_cancelled,
            dry_run: run.is_none(),
            concurrency: connection.concurrency(),
            slowest_statement_ms: connection.slowest_statement().map(millis),
            traffic: None,
            error,
            needs_person: false,
            windows_left: 0,
            peak_bytes: crate::memory::peak(),
            logs: Vec::new(),
            placed: tally.placed.clone(),
            placed_already: tally.placed_already,
            accounts,
        }
    }

    /// What the schedule must know of the end.
    /// Whether the next run may begin at once. What proved nothing would prove nothing again.
    pub fn goes_on(&self) -> bool {
        self.windows_left > 0 && self.windows_proved > 0 && !self.needs_person
    }

    pub(super) fn ending(self, needs_person: bool, windows_left: u64) -> Self {
        Self { needs_person, windows_left, ..self }
    }

    pub(super) fn over(self, traffic: Option<Traffic>) -> Self {
        Self { traffic, ..self }
    }

    /// Where every record went.
    pub fn accounts(&self) -> RunAccounts {
        self.accounts
    }

    /// The report without its log, as kept with the run.
    pub(super) fn summary(&self) -> String {
        // A struct of numbers and texts always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn with_log(mut self, lines: Vec<LogLine>) -> Self {
        let line = |line: LogLine| ReportLine {
            at: Timestamp::from_millis(line.at),
            message: format!("[{}] {}", line.phase, line.message),
            level: line.level,
            duration_ms: line.duration_ms,
        };
        self.logs = lines.into_iter().map(line).collect();
        self
    }
}

/// How a run ended, in a sentence with its accounts.
pub(super) fn sentence(tally: &Tally, status: RunStatus, was_cancelled: bool) -> String {
    let accounts = &tally.accounts;
    let what = &tally.what;
    let ended = match (status, was_cancelled) {
        (_, true) => "Stopped on request; what was read is kept",
        (RunStatus::Success, _) => "Done",
        (RunStatus::Partial, _) => "Partly done; the ledger keeps what is missing as a gap",
        (RunStatus::Unbalanced, _) => "The accounts do not balance; please report this run",
        (RunStatus::Failed | RunStatus::InProgress, _) => {
            "Failed; nothing is lost, and the next run reads it again"
        }
    };
    format!(
        "{ended}: {} listed = {} new + {} updated + {} unchanged + {} repeated + {} set aside + {} failed; {} waiting; {} of {} windows proved",
        accounts.listed,
        accounts.new,
        accounts.updated,
        accounts.unchanged,
        accounts.repeated,
        accounts.set_aside,
        accounts.failed,
        tally.waiting,
        what.windows_proved,
        what.windows_planned,
    )
}
