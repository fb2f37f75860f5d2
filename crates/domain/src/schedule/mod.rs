//! When a source is read next, and which run took too long: pure functions of its latest runs.

use std::time::Duration;

mod due;
mod rhythm;

use crate::{RunStatus, Timestamp};
pub use due::{Due, due};
pub use rhythm::{NoTimes, Rhythm, Times};

/// The first pause after a run that failed; each further one doubles.
const PAUSE_FIRST: Duration = Duration::from_mins(1);

/// No pause after failures is longer, so that an outage is over for us soon after it is over.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// How rarely a source is tried that only a person can mend: often enough to notice that a person
/// did, and seldom enough to be no nuisance to a provider that has refused us.
const PAUSE_FOR_A_PERSON: Duration = Duration::from_hours(6);

/// A run is slow over this, however long its source usually takes.
const SLOW: Duration = Duration::from_mins(1);

/// Nor is it slow under this, however short its usual ones are.
const NEVER_SLOW: Duration = Duration::from_secs(5);

/// Earlier runs it takes to know what is usual.
const USUAL_NEEDS: usize = 5;

/// A run of a source, as the schedule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRun {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; `None` while it goes on, or when nobody lived to write it down.
    pub finished_at: Option<Timestamp>,
    /// How it ended.
    pub status: RunStatus,
    /// Whether only a person can help, because the provider refused us.
    pub needs_person: bool,
    /// Whether it left windows to the next run, and got somewhere itself.
    pub has_more: bool,
}

/// When a source is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextRun {
    /// Not before this instant; it may have passed.
    pub at: Timestamp,
    /// What decided.
    pub why: WhyThen,
}

/// What decides when a source is read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyThen {
    /// It was never read.
    First,
    /// The last run left windows to it.
    More,
    /// Its interval, or its times.
    Rhythm,
    /// So many runs failed, one after another.
    Retry {
        /// How many.
        failures: u32,
    },
    /// Only a person can help.
    Refused,
    /// Somebody reads it, and is to report before then.
    Held,
    /// Whoever read it died.
    Interrupted,
}

/// When a source is read next, by its runs (newest first) and how often it is to be read.
///
/// A run that read something counts as no failure, even if it proved little: the ledger has its
/// gaps, and the next one goes on there. A run that has no end is left to its lease.
pub fn next_run(runs: &[PastRun], rhythm: &Rhythm) -> NextRun {
    let Some(last) = runs.first() else {
        return NextRun { at: Timestamp::MIN, why: WhyThen::First };
    };
    let ended = last.finished_at.unwrap_or(last.started_at);
    if last.needs_person {
        let at = rhythm.next(ended).max(ended + PAUSE_FOR_A_PERSON);
        return NextRun { at, why: WhyThen::Refused };
    }
    if last.has_more {
        return NextRun { at: ended, why: WhyThen::More };
    }
    let failed = runs.iter().take_while(|run| run.status == RunStatus::Failed).count();
    if failed > 0 {
        let failures = u32::try_from(failed).unwrap_or(u32::MAX);
        let doubled = PAUSE_FIRST.saturating_mul(1 << (failures - 1).min(16));
        // A source that is read once a day is tried again sooner than that, too.
        return NextRun { at: ended + doubled.min(PAUSE_MAX), why: WhyThen::Retry { failures } };
    }
    NextRun { at: rhythm.next(last.started_at), why: WhyThen::Rhythm }
}

/// When a source is to be looked at: when it is to be read, unless a worker is reading it, or died
/// over it. `held_until` is when the lease of whoever reads it runs out, where somebody has one.
///
/// A run without an end whose lease has run out belongs to nobody any more: its windows are the
/// next work of whoever looks first.
pub fn look_at(runs: &[PastRun], rhythm: &Rhythm, held_until: Option<Timestamp>) -> NextRun {
    let next = next_run(runs, rhythm);
    let is_unended = runs.first().is_some_and(|run| run.finished_at.is_none());
    match held_until {
        Some(until) if is_unended => NextRun { at: until, why: WhyThen::Held },
        Some(until) if next.at < until => NextRun { at: until, why: WhyThen::Held },
        None if is_unended => NextRun { at: Timestamp::MIN, why: WhyThen::Interrupted },
        _ => next,
    }
}

/// Whether a run took longer than it should: over a minute, or three times what is usual for its
/// source. `usual` is how long earlier runs of its kind took; returns the usual time, if known.
pub fn is_slow(took: Duration, usual: &[Duration]) -> Option<Option<Duration>> {
    let median = (usual.len() >= USUAL_NEEDS).then(|| {
        let mut sorted = usual.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    });
    let over_usual = median.is_some_and(|usual| took > usual * 3 && took > NEVER_SLOW);
    (took > SLOW || over_usual).then_some(median)
}

#[cfg(test)]
mod tests;
