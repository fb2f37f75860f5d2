//! What is ahead of a source: its next run, and what a person must mend before that can help.

use anyhow::Result;
use domain::{NextRun, PastRun, Rhythm, Timestamp, WhyThen, next_run};
use store::{RunRow, SourceRow};

use crate::wiring::Desk;

/// Runs that are looked back at for when a trouble began.
const LOOK_BACK: i64 = 100;

/// What is ahead.
pub struct Ahead {
    rhythm: Rhythm,
    next: NextRun,
    now: Timestamp,
    /// What only a person can mend.
    pub trouble: Option<Trouble>,
}

/// One cause, however many runs have met it.
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

impl Ahead {
    /// Of a source that is configured; others are never read by themselves.
    pub async fn of(
        desk: &Desk,
        source: &SourceRow,
        last: Option<&RunRow>,
    ) -> Result<Option<Self>> {
        if !desk.config.sources.iter().any(|it| it.name == source.name) {
            return Ok(None);
        }
        let rhythm = desk.rhythm(source)?;
        let runs = desk.ctx.store.runs_past(source.id, LOOK_BACK).await?;
        let next = next_run(&runs, &rhythm);
        let trouble = last.and_then(|last| Trouble::of(&runs, last));
        Ok(Some(Self { rhythm, next, now: desk.ctx.now(), trouble }))
    }

    /// When the next run is due; `None` when nothing was read yet.
    pub fn at(&self) -> Option<Timestamp> {
        (self.next.why != WhyThen::First).then_some(self.next.at)
    }

    /// When the next run is, and why then.
    pub fn sentence(&self) -> String {
        let Ahead { rhythm, next: NextRun { at, why }, now, .. } = self;
        let when = if at <= now { "due".to_owned() } else { at.to_string() };
        match why {
            WhyThen::First => format!("the first is due; then {rhythm}"),
            WhyThen::Retry { failures: 1 } => format!("{when}, after a failed run"),
            WhyThen::Retry { failures } => format!("{when}, after {failures} failed runs"),
            WhyThen::Refused => format!("{when}; it is asked rarely until a person has mended it"),
            WhyThen::More => format!("{when}, for history that is not read yet"),
            WhyThen::Rhythm | WhyThen::Held | WhyThen::Interrupted => format!("{when} · {rhythm}"),
        }
    }
}

impl Trouble {
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
