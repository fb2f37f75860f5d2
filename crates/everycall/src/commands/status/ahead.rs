//! What is ahead of a source: its next run, and what a person must mend before that can help.

use anyhow::Result;
use domain::{NextRun, Rhythm, Timestamp, WhyThen, next_run};
use engine::sync::LOOK_BACK;
use engine::trouble::{Trouble, trouble};
use store::SourceRow;

use crate::wiring::Desk;

/// What is ahead.
pub struct Ahead {
    rhythm: Rhythm,
    next: NextRun,
    now: Timestamp,
    /// Since when it rests.
    rests: Option<Timestamp>,
    /// What only a person can mend.
    pub trouble: Option<Trouble>,
}

impl Ahead {
    /// Of a source that is configured; others are never read by themselves.
    pub async fn of(desk: &Desk, source: &SourceRow) -> Result<Option<Self>> {
        if !desk.config.sources.iter().any(|it| it.name == source.name) {
            return Ok(None);
        }
        let rhythm = desk.rhythm(source)?;
        let runs = desk.ctx.store.runs_of_schedule(source.id, LOOK_BACK).await?;
        let now = desk.ctx.now();
        let next = next_run(&runs, &rhythm, now);
        let trouble = trouble(&desk.ctx.store, source).await?;
        let set_up = desk.ctx.store.set_up_get(source.id).await?;
        let rests = set_up.and_then(|row| row.paused_at).map(Timestamp::from_millis);
        Ok(Some(Self { rhythm, next, now, rests, trouble }))
    }

    /// When the next run is due; `None` when nothing was read yet.
    pub fn at(&self) -> Option<Timestamp> {
        (self.next.why != WhyThen::First && self.rests.is_none()).then_some(self.next.at)
    }

    /// When the next run is, and why then.
    pub fn sentence(&self) -> String {
        let Ahead { rhythm, next: NextRun { at, why }, now, rests, .. } = self;
        if let Some(since) = rests {
            return format!("none, for it rests since {since}");
        }
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
