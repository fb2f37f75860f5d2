//! A run as one line of the first page's table.

use crate::facts::RunFacts;
use crate::figures::{Count, brief, span};

/// One run.
pub struct RunLine {
    /// Its id.
    pub id: i64,
    /// When it began.
    pub started: String,
    /// The same, for machines.
    pub started_at: String,
    /// Its source.
    pub source: String,
    /// Who or what started it.
    pub kind: String,
    /// Its status as the style sheet knows it.
    pub status: String,
    /// Its status as people read it.
    pub status_text: String,
    /// Records the provider listed.
    pub listed: Count,
    /// Where they went, but for those that were known: there is no room for them, and no news in them.
    pub parts: Vec<Part>,
    /// How long it took.
    pub took: String,
}

/// One term of a run's accounts.
pub struct Part {
    /// What it counts.
    pub name: &'static str,
    /// How many.
    pub count: Count,
}

/// Terms of a run's accounts that say nothing new.
const KNOWN: [&str; 2] = ["unchanged", "repeated"];

/// The terms of a run's accounts, in the order of the equation.
pub fn parts(run: &RunFacts) -> Vec<Part> {
    let parts = [
        ("new", run.new),
        ("updated", run.updated),
        ("unchanged", run.unchanged),
        ("repeated", run.repeated),
        ("set aside", run.set_aside),
        ("failed", run.failed),
    ];
    parts.map(|(name, count)| Part { name, count: Count(count) }).into()
}

impl From<RunFacts> for RunLine {
    fn from(run: RunFacts) -> Self {
        Self {
            id: run.sync_log_id,
            started: brief(run.started_at),
            started_at: run.started_at.to_string(),
            listed: Count(run.total_fetched),
            parts: parts(&run).into_iter().filter(|part| !KNOWN.contains(&part.name)).collect(),
            took: span(run.took()),
            status_text: run.status.replace('_', " "),
            status: run.status,
            source: run.source,
            kind: run.kind,
        }
    }
}
