//! When a source is read next, and which run took too long: pure functions of its latest runs.

use std::time::Duration;

mod due;
mod rhythm;

use crate::{RunKind, RunStatus, Timestamp};
pub use due::{Due, due};
pub use rhythm::{NoTimes, Rhythm, Times};

/// The first pause after a run that failed; each further one doubles.
const PAUSE_FIRST: Duration = Duration::from_mins(1);

/// No pause after failures is longer, so that an outage is over for us soon after it is over.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// The same where the provider refuses us: often enough to notice that a person has mended it, and
/// seldom enough to be no nuisance. It is reached in steps, for a provider whose own sign-in is down
/// for a minute refuses everybody, too.
const PAUSE_FOR_A_PERSON: Duration = Duration::from_hours(6);

/// A run is slow over this, however long its source usually takes.
const SLOW: Duration = Duration::from_mins(1);

/// Nor is it slow under this, however short its usual ones are.
const NEVER_SLOW: Duration = Duration::from_secs(5);

/// Earlier runs it takes to know what is usual.
const USUAL_NEEDS: usize = 5;

/// Clocks of several machines may differ by so much.
const CLOCKS_APART: Duration = Duration::from_mins(5);

/// A run of a source, as the schedule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRun {
    /// Who or what wanted it.
    pub kind: RunKind,
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
    /// The provider refused us, and only a person can help.
    Refused,
    /// Somebody reads it, and is to report before then.
    Held,
    /// Whoever read it died.
    Interrupted,
}

/// When a source is read next, by its runs (newest first) and how often it is to be read.
///
/// What somebody asked for does not put the schedule's own runs off, however often they ask, and its
/// failure says nothing of them; but where it read something, earlier failures are over. A run that
/// read something counts as no failure, even if it proved little or was refused in the end: the ledger
/// has its gaps, and the next one goes on there. A run that has no end is left to its lease.
///
/// A run that began after `now` was told by a clock that was ahead. It says nothing of when to read
/// next: who waited for it would read nothing until then.
pub fn next_run(runs: &[PastRun], rhythm: &Rhythm, now: Timestamp) -> NextRun {
    let runs = &begun(runs, now);
    let Some(last) = runs.iter().find(|run| run.kind == RunKind::Auto) else {
        return NextRun { at: Timestamp::MIN, why: WhyThen::First };
    };
    let ended = last.finished_at.unwrap_or(last.started_at);
    if last.has_more {
        return NextRun { at: ended, why: WhyThen::More };
    }
    match failures(runs) {
        0 => NextRun { at: rhythm.next(last.started_at), why: WhyThen::Rhythm },
        failures if last.needs_person => {
            let pause = pause(failures, PAUSE_FOR_A_PERSON);
            // One that is read once a day and was refused all day is not asked in between any more.
            let is_for_good = pause == PAUSE_FOR_A_PERSON;
            let next = if is_for_good { rhythm.next(ended) } else { ended };
            NextRun { at: next.max(ended + pause), why: WhyThen::Refused }
        }
        // A source that is read once a day is tried again sooner than that, too.
        failures => {
            NextRun { at: ended + pause(failures, PAUSE_MAX), why: WhyThen::Retry { failures } }
        }
    }
}

fn begun(runs: &[PastRun], now: Timestamp) -> Vec<PastRun> {
    runs.iter().filter(|run| run.started_at <= now + CLOCKS_APART).copied().collect()
}

/// How many runs of the schedule failed one after another, up to now.
fn failures(runs: &[PastRun]) -> u32 {
    let mut failures = 0;
    for run in runs {
        match run.status {
            RunStatus::Failed if run.kind == RunKind::Auto => failures += 1,
            RunStatus::Failed | RunStatus::InProgress => {}
            _ => break,
        }
    }
    failures
}

/// How long to wait after so many failures.
fn pause(failures: u32, longest: Duration) -> Duration {
    PAUSE_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest)
}

/// When a source is to be looked at: when it is to be read, unless a worker is reading it, or died
/// over it. `held_until` is when the lease of whoever reads it runs out, where somebody has one.
///
/// A run without an end whose lease has run out belongs to nobody any more: its windows are the
/// next work of whoever looks first, but for a source that one worker after another dies of.
pub fn look_at(
    runs: &[PastRun],
    rhythm: &Rhythm,
    held_until: Option<Timestamp>,
    now: Timestamp,
) -> NextRun {
    let runs = &begun(runs, now);
    let next = next_run(runs, rhythm, now);
    let unended = runs.first().filter(|run| run.finished_at.is_none());
    match (held_until, unended) {
        (Some(until), Some(_)) => NextRun { at: until, why: WhyThen::Held },
        (Some(until), None) if next.at < until => NextRun { at: until, why: WhyThen::Held },
        (None, Some(run)) => {
            let at = match failures(runs) {
                0 => Timestamp::MIN,
                before => run.started_at + pause(before, PAUSE_MAX),
            };
            NextRun { at, why: WhyThen::Interrupted }
        }
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
