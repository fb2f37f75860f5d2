//! What came of a job, in a sentence for people. It names no number and no person.

use domain::{JobStatus, RunId, RunStatus};
use store::JobEnd;

use crate::compare::CompareReport;
use crate::sync::RunReport;

/// Of a job that was cancelled before anybody began it.
pub(super) const NEVER_BEGUN: &str = "Cancelled before it began";

/// Of a job that was cancelled before it had read anything.
pub(super) const STOPPED_EARLY: &str = "Cancelled before anything was read";

/// Of a job that took its workers with it.
pub(super) fn died(times: i64) -> String {
    format!(
        "Failed: its worker stopped without a word {times} times. Nothing is lost; look at the log of the workers, and ask again"
    )
}

/// Of a job that stands for others, too.
pub(super) fn made_up(missed: u64) -> String {
    match missed {
        0 => String::new(),
        1 => "; it stands for one earlier comparison, too, when nobody was there to make it"
            .to_owned(),
        missed => format!(
            "; it stands for {missed} earlier comparisons, too, when nobody was there to make them"
        ),
    }
}

/// A cause as a sentence of its own.
pub(super) fn sentence(cause: &str) -> String {
    format!("Failed: {cause}")
}

/// A job that was done, as far as it went.
#[derive(Debug)]
pub(crate) struct Performed {
    pub status: RunStatus,
    /// Whether all of it was done.
    pub is_whole: bool,
    pub counts: String,
    pub error: Option<String>,
    pub run: Option<RunId>,
    pub report: Option<String>,
}

impl Performed {
    pub fn synced(report: &RunReport) -> Self {
        Self {
            status: report.status,
            is_whole: report.success,
            counts: synced(report),
            error: report.error.clone(),
            run: report.sync_log_id,
            report: report.dry_run.then(|| serde_json::to_string(report).unwrap_or_default()),
        }
    }

    pub fn compared(report: &CompareReport) -> Self {
        Self {
            status: report.status,
            is_whole: report.status == RunStatus::Success,
            counts: compared(report),
            error: report.doubts.first().cloned(),
            run: Some(report.sync_log_id),
            report: None,
        }
    }

    /// It came to its own end.
    pub fn ended(self) -> JobEnd {
        let Self { counts, error, run, report, .. } = self;
        let because = error.map_or_else(String::new, |error| format!(": {error}"));
        let (status, outcome) = match self.status {
            RunStatus::Success => (JobStatus::Done, counts),
            RunStatus::Partial => {
                (JobStatus::Done, format!("{counts}. Not all could be read{because}"))
            }
            RunStatus::Unbalanced => (
                JobStatus::Failed,
                format!("{counts}. The numbers do not add up; please report this"),
            ),
            RunStatus::Failed | RunStatus::InProgress => {
                (JobStatus::Failed, format!("Failed{because}. Nothing is lost"))
            }
        };
        JobEnd { status, outcome, run, report }
    }

    /// Somebody wanted it to stop.
    pub fn cancelled(self) -> JobEnd {
        let outcome = format!("Cancelled; what was read until then is kept. {}", self.counts);
        let Self { run, report, .. } = self;
        JobEnd { status: JobStatus::Cancelled, outcome, run, report }
    }
}

fn synced(report: &RunReport) -> String {
    if report.windows_planned == 0 && report.total_fetched == 0 {
        return "Nothing to read: nothing is missing, and nothing is due".to_owned();
    }
    let head = match (report.new, report.dry_run) {
        (0, _) => "Nothing new".to_owned(),
        (new, true) => format!("Would sync {}", calls(new, "new call")),
        (new, false) => format!("Synced {}", calls(new, "new call")),
    };
    let beside = [
        (report.updated, "changed"),
        (report.waiting, "waiting"),
        (report.set_aside, "that nobody could read"),
        (report.error_count, "that the database refused"),
    ];
    let beside = beside.into_iter().filter(|(number, _)| *number > 0);
    let all: Vec<String> = std::iter::once(head)
        .chain(beside.map(|(number, what)| format!("{number} {what}")))
        .collect();
    all.join(", ")
}

fn compared(report: &CompareReport) -> String {
    let summary = &report.summary;
    let differences = [
        (summary.missing_in_database, "missing here"),
        (summary.extra_in_database, "only here"),
        (summary.differing, "told differently"),
        (summary.could_not_look, "that nobody could look for"),
    ];
    let named: Vec<String> = differences
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let found = if named.is_empty() { "all alike".to_owned() } else { named.join(", ") };
    let unexplained = match summary.unexplained {
        0 => String::new(),
        number => format!("; {number} unexplained"),
    };
    let compared = format!("{}: {found}{unexplained}", calls(summary.provider_total, "call"));
    let Some(repair) = &report.repair else { return format!("Compared {compared}") };
    let before = &repair.before.summary;
    let left = match repair.left {
        0 => String::new(),
        windows => format!("; {windows} left to the next repair"),
    };
    if repair.runs.is_empty() {
        return format!("Nothing to repair. Compared {compared}");
    }
    format!(
        "Repaired: {} missing and {} told differently before. Compared again {compared}{left}",
        before.missing_in_database, before.differing
    )
}

fn calls(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
