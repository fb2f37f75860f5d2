//! One run, in the names its users know from a run's report.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::{LogLine, RunRow, SkipRow};

use super::unsigned;
use crate::api::Instant;

/// A run, ended or not. Its fields are the names and meanings of the engine's run report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    pub sync_log_id: i64,
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub success: bool,
    #[schemars(with = "Instant")]
    pub started_at: Timestamp,
    #[schemars(with = "Option<Instant>")]
    pub finished_at: Option<Timestamp>,
    #[serde(rename = "duration_ms")]
    pub duration_ms: u64,
    pub total_fetched: u64,
    pub new: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub repeated: u64,
    pub set_aside: u64,
    pub failed: u64,
    pub saved_count: u64,
    pub skipped_count: u64,
    pub error_count: u64,
    pub waiting: u64,
    pub excluded: u64,
    pub skip_reasons: BTreeMap<String, u64>,
    pub pages_fetched: u64,
    pub windows_planned: u64,
    pub windows_proved: u64,
    pub parameters: Value,
    pub error: Option<String>,
    pub hint: Option<String>,
}

/// One line of a run's log. Its fields are named as in the engine's run report, with the phase apart.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    #[schemars(with = "Instant")]
    pub at: Timestamp,
    pub phase: String,
    pub message: String,
    pub level: String,
    #[serde(rename = "duration_ms", skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

/// A call a run could not place, or a record it could not read. Its fields are the columns of `run_skips`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkipFacts {
    pub provider_call_id: Option<String>,
    pub reason: String,
    pub detail: String,
    pub provider_agent_id: Option<String>,
    #[schemars(with = "Option<Instant>")]
    pub occurred_at: Option<Timestamp>,
}

impl RunFacts {
    /// A run as stored; one that has not ended has lasted until `now`.
    pub fn of(row: RunRow, now: Timestamp) -> Self {
        let accounts = row.accounts();
        let started_at = Timestamp::from_millis(row.started_at);
        let finished_at = row.finished_at.map(Timestamp::from_millis);
        let took = finished_at.unwrap_or(now).since(started_at);
        let skip_reasons: BTreeMap<String, u64> =
            serde_json::from_str(&row.skip_reasons).unwrap_or_default();
        Self {
            sync_log_id: row.run_id,
            source: row.source,
            kind: row.kind,
            success: row.status == domain::RunStatus::Success.as_str(),
            status: row.status,
            started_at,
            finished_at,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            total_fetched: accounts.listed,
            new: accounts.new,
            updated: accounts.updated,
            unchanged: accounts.unchanged,
            repeated: accounts.repeated,
            set_aside: accounts.set_aside,
            failed: accounts.failed,
            saved_count: accounts.new + accounts.updated,
            skipped_count: skip_reasons.values().sum(),
            error_count: accounts.failed,
            waiting: unsigned(row.waiting),
            excluded: unsigned(row.excluded),
            skip_reasons,
            pages_fetched: unsigned(row.pages),
            windows_planned: unsigned(row.windows_planned),
            windows_proved: unsigned(row.windows_proved),
            parameters: serde_json::from_str(&row.parameters).unwrap_or(Value::Null),
            error: row.error,
            hint: row.hint,
        }
    }

    /// How long it took, or has taken so far.
    pub fn took(&self) -> Duration {
        Duration::from_millis(self.duration_ms)
    }
}

impl From<LogLine> for LogEntry {
    fn from(line: LogLine) -> Self {
        Self {
            at: Timestamp::from_millis(line.at),
            phase: line.phase,
            message: line.message,
            level: line.level,
            duration_ms: line.duration_ms,
        }
    }
}

impl From<SkipRow> for SkipFacts {
    fn from(row: SkipRow) -> Self {
        Self {
            provider_call_id: row.provider_call_id,
            reason: row.reason,
            detail: row.detail,
            provider_agent_id: row.provider_agent_id,
            occurred_at: row.occurred_at.map(Timestamp::from_millis),
        }
    }
}
