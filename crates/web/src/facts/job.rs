//! One job: what was asked, how far it is, and what came of it.

use domain::{JobParameters, Timestamp};
use engine::sync::Progress;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::JobRow;

use crate::api::Instant;

/// A job, ended or not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobFacts {
    pub id: i64,
    pub source: String,
    /// `sync`, `compare` or `repair`.
    pub kind: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub status: String,
    /// First instant of its span; none where it reads whatever is missing or compares the usual span.
    #[schemars(with = "Option<Instant>")]
    pub from: Option<Timestamp>,
    /// First instant after its span.
    #[schemars(with = "Option<Instant>")]
    pub to: Option<Timestamp>,
    /// The account whose calls are compared.
    pub account_id: Option<i64>,
    pub dry_run: bool,
    /// The other source it compares with; none where that is the provider.
    pub with_source_id: Option<i64>,
    #[schemars(with = "Instant")]
    pub asked_at: Timestamp,
    pub asked_by: String,
    /// The schedule it is for.
    pub schedule: Option<String>,
    /// Which occurrence of the schedule.
    #[schemars(with = "Option<Instant>")]
    pub due_at: Option<Timestamp>,
    /// What has the source that it waits for, such as `run 7`.
    pub waits_for: Option<String>,
    #[schemars(with = "Option<Instant>")]
    pub started_at: Option<Timestamp>,
    /// How far it is; none until a worker has told.
    pub progress: Option<ProgressFacts>,
    /// When somebody wanted it to stop.
    #[schemars(with = "Option<Instant>")]
    pub cancel_asked_at: Option<Timestamp>,
    pub cancel_asked_by: Option<String>,
    #[schemars(with = "Option<Instant>")]
    pub ended_at: Option<Timestamp>,
    /// What came of it, in a sentence.
    pub outcome: Option<String>,
    /// The run that does it or did it; a dry run leaves none.
    pub sync_log_id: Option<i64>,
}

/// How far a job is. Its fields are those of the engine's progress.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressFacts {
    /// Records listed so far.
    pub listed: u64,
    /// Records the provider said there are, in the windows begun so far.
    pub expected: u64,
    pub pages: u64,
    /// Windows to prove; it grows where one is too full.
    pub windows_planned: u64,
    pub windows_ended: u64,
    /// When this was so.
    #[schemars(with = "Instant")]
    pub as_of: Timestamp,
}

impl JobFacts {
    /// A job as stored.
    pub fn of(row: JobRow) -> Self {
        let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let asked: JobParameters = serde_json::from_str(&row.parameters).unwrap_or_default();
        let progress = row.progress.as_deref().zip(at(row.progress_at));
        Self {
            id: row.job_id,
            source: row.source,
            kind: row.kind,
            status: row.status,
            from: asked.from,
            to: asked.to,
            account_id: asked.account.map(|account| account.0),
            dry_run: asked.dry_run,
            with_source_id: asked.with_source.map(|source| source.0),
            asked_at: Timestamp::from_millis(row.asked_at),
            asked_by: row.asked_by,
            schedule: row.schedule,
            due_at: at(row.due_at),
            waits_for: row.waits_for,
            started_at: at(row.started_at),
            progress: progress.and_then(|(text, as_of)| ProgressFacts::of(text, as_of)),
            cancel_asked_at: at(row.cancel_asked_at),
            cancel_asked_by: row.cancel_asked_by,
            ended_at: at(row.ended_at),
            outcome: row.outcome,
            sync_log_id: row.run_id,
        }
    }

    /// The report a dry run left, as `everycall sync --dry-run --json` prints it.
    pub fn report(row: &JobRow) -> Option<Value> {
        serde_json::from_str(row.report.as_deref()?).ok()
    }
}

impl ProgressFacts {
    fn of(text: &str, as_of: Timestamp) -> Option<Self> {
        let Progress { listed, expected, pages, windows_planned, windows_ended, .. } =
            serde_json::from_str(text).ok()?;
        Some(Self { listed, expected, pages, windows_planned, windows_ended, as_of })
    }
}
