//! What only a person can mend of a source: one cause, however many runs have met it.

use domain::{PastRun, Timestamp};
use store::{RunRow, SourceRow, Store, StoreError};

/// Runs that are looked back at for when a trouble began.
const LOOK_BACK: i64 = 100;

/// One cause, however many runs have met it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When the first run met it.
    pub since: Timestamp,
    /// Whether runs before that one are not known.
    is_older: bool,
    /// How many have met it one after another.
    pub runs: usize,
    /// What happened and what to do.
    pub sentence: String,
}

/// The cause that the latest runs of a source met, if they met one.
pub async fn trouble(store: &Store, source: &SourceRow) -> Result<Option<Trouble>, StoreError> {
    let runs = store.runs_past(source.id, LOOK_BACK).await?;
    let last = store.run_latest(source.id).await?;
    Ok(last.and_then(|last| Trouble::of(&runs, &last)))
}

impl Trouble {
    /// What these runs, newest first, have met; `last` is the newest of them.
    fn of(runs: &[PastRun], last: &RunRow) -> Option<Self> {
        let met = runs.iter().take_while(|run| run.needs_person).collect::<Vec<_>>();
        let first = met.last()?;
        let error = last.error.as_deref().unwrap_or("the provider refused us");
        let hint = last.hint.as_deref().filter(|hint| !error.contains(hint));
        let sentence = hint.map_or_else(|| error.to_owned(), |hint| format!("{error}. {hint}"));
        let is_older = met.len() == runs.len() && runs.len() as i64 == LOOK_BACK;
        Some(Self { since: first.started_at, is_older, runs: met.len(), sentence })
    }

    /// Since when, and how often it was met.
    pub fn since(&self) -> String {
        let Self { since, runs, is_older, .. } = self;
        let earlier = if *is_older { " or earlier" } else { "" };
        match runs {
            1 => format!("since {since}, 1 run"),
            runs => format!("since {since}{earlier}, {runs} runs"),
        }
    }
}
