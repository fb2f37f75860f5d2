//! How far a job is, for people: drawn into its page, and sent to it while it goes on.

use std::time::Duration;

use askama::Template;
use store::JobRow;

use super::{class, run_of};
use crate::facts::JobFacts;
use crate::failure::Failure;
use crate::figures::{Count, span};
use crate::list::address;

/// How far it is.
#[derive(Template)]
#[template(path = "pages/jobs/progress.html")]
pub struct Progress {
    kind: String,
    status: String,
    class: &'static str,
    /// Whether nothing more comes of it.
    pub has_ended: bool,
    /// In hundredths, where that can be said.
    done: Option<u64>,
    facts: Vec<(&'static str, String)>,
    outcome: Option<String>,
    run: Option<i64>,
    is_stopping: bool,
    /// Where is told why some calls wait.
    why: Option<String>,
}

impl Progress {
    /// How far the job of this row is.
    pub async fn load(state: &crate::State, row: &JobRow) -> Result<Self, Failure> {
        let run = run_of(state, row).await?;
        let mut progress = Self::of(JobFacts::of(row.clone()));
        if let Some(run) = run {
            let counts = [
                ("new", run.new),
                ("updated", run.updated),
                ("unchanged", run.unchanged),
                ("waiting", run.waiting),
            ];
            let counts = counts.map(|(name, count)| (name, Count(count).to_string()));
            progress.facts.extend(counts.into_iter().filter(|_| progress.kind == "sync"));
            let source = [("source", Some(row.source.as_str()))];
            progress.why = (run.waiting > 0).then(|| address("/waiting", source));
        }
        Ok(progress)
    }

    fn of(job: JobFacts) -> Self {
        let mut facts = Vec::new();
        let mut done = None;
        if let Some(at) = &job.progress {
            let took = job.started_at.map(|since| at.as_of.since(since));
            facts.push(("pages", Count(at.pages).to_string()));
            facts.push(("calls listed", Count(at.listed).to_string()));
            facts.push(("windows", format!("{} of {}", at.windows_ended, at.windows_planned)));
            facts.extend(took.and_then(|took| pace(at.listed, took)));
            done = hundredths(at.windows_ended, at.windows_planned);
            if job.ended_at.is_none() {
                facts.extend(done.zip(took).and_then(|(done, took)| left(done, took)));
            }
        }
        if let Some(waits_for) = &job.waits_for {
            facts.push(("waits for", waits_for.clone()));
        }
        Self {
            class: class(&job.status),
            has_ended: job.ended_at.is_some(),
            is_stopping: job.cancel_asked_at.is_some(),
            outcome: job.outcome,
            run: job.sync_log_id,
            kind: job.kind,
            status: job.status,
            done,
            facts,
            why: None,
        }
    }
}

fn hundredths(part: u64, whole: u64) -> Option<u64> {
    (part * 100).checked_div(whole)
}

fn pace(listed: u64, took: Duration) -> Option<(&'static str, String)> {
    let seconds = took.as_secs_f64();
    let pace = (seconds > 0.5 && listed > 0).then(|| listed as f64 / seconds)?;
    Some(("calls a second", format!("{pace:.0}")))
}

/// The time that is left, once enough is done to tell.
fn left(done: u64, took: Duration) -> Option<(&'static str, String)> {
    let left = (5..100).contains(&done).then(|| took.mul_f64((100 - done) as f64 / done as f64))?;
    Some(("left, about", span(left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_not_told() {
        assert_eq!(hundredths(0, 0), None);
        assert_eq!(hundredths(3, 4), Some(75));
        assert_eq!(pace(10, Duration::from_millis(100)), None);
        assert_eq!(pace(100, Duration::from_secs(10)), Some(("calls a second", "10".to_owned())));
        assert_eq!(left(1, Duration::from_secs(10)), None);
        assert_eq!(left(100, Duration::from_secs(10)), None);
        assert_eq!(left(50, Duration::from_mins(1)), Some(("left, about", "1 min".to_owned())));
    }
}
