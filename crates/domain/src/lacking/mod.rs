//! What a ledger lacks, span by span, and why.

use std::time::Duration;

use serde::Serialize;

use crate::plan::due_spans;
use crate::standing::{Proof, spans};
use crate::{Capabilities, Coverage, RunId, RunStatus, Timestamp, Window};

/// A span that is not proved, or is old enough to be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The span.
    pub window: Window,
    /// What it lacks.
    pub lack: Lack,
    /// The run that looked last.
    pub run: Option<RunId>,
    /// When it looked.
    pub checked_at: Option<Timestamp>,
}

/// What a span lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// Nobody looked.
    Unread,
    /// The provider could not be asked, in the words of whoever tried.
    Unreachable(String),
    /// The provider did not prove that its list was whole, in the words of whoever looked.
    PossiblyTruncated(String),
    /// It reached this age, and providers change records.
    Due(Duration),
}

/// Said where a look that proved nothing left no word.
const NO_WORD: &str = "what was listed could not be proved whole";

/// What a source that begins at `since` lacks, newest first. Neighbours that lack the same are one.
pub fn lacking(
    coverage: &Coverage,
    capabilities: &Capabilities,
    since: Timestamp,
    now: Timestamp,
) -> Vec<Lacking> {
    let wanted = Window::new(since, now - capabilities.lag).ok();
    let spans = wanted.into_iter().flat_map(|wanted| spans(coverage, wanted));
    let mut all: Vec<Lacking> = Vec::new();
    for span in spans {
        let why = || span.why.clone().unwrap_or_else(|| NO_WORD.to_owned());
        let lack = match span.proof {
            Proof::Unread => Lack::Unread,
            Proof::Unreachable => Lack::Unreachable(why()),
            Proof::PossiblyTruncated => Lack::PossiblyTruncated(why()),
            Proof::Listed | Proof::Settled | Proof::Compared => continue,
        };
        let (run, checked_at) = (span.run, span.checked_at);
        join(&mut all, Lacking { window: span.window, lack, run, checked_at });
    }
    let mut due = due_spans(coverage, &capabilities.tiers, now);
    due.sort_unstable();
    for (window, tier) in due {
        join(&mut all, Lacking { window, lack: Lack::Due(tier), run: None, checked_at: None });
    }
    all.sort_by_key(|lacking| std::cmp::Reverse(lacking.window));
    all
}

/// Adds a span, or lengthens the one before it that lacks the same. An outage is one, in whatever
/// words each piece of it was refused; the latest are told.
fn join(all: &mut Vec<Lacking>, next: Lacking) {
    let is_outage = |lacking: &Lacking| matches!(lacking.lack, Lack::Unreachable(_));
    let is_same = |last: &Lacking| last.lack == next.lack || (is_outage(last) && is_outage(&next));
    match all.last_mut() {
        Some(last) if last.window.to() == next.window.from() && is_same(last) => {
            if let Ok(window) = Window::new(last.window.from(), next.window.to()) {
                last.window = window;
            }
            if next.checked_at >= last.checked_at {
                last.lack = next.lack;
            }
            last.run = last.run.max(next.run);
            last.checked_at = last.checked_at.max(next.checked_at);
        }
        _ => all.push(next),
    }
}

/// The latest run of a source, as far as it explains what is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestRun {
    /// Which.
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// How it ended.
    pub status: RunStatus,
    /// Whether only a person can help, because the provider refused us.
    pub needs_person: bool,
}

/// Why a span is not proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLacking {
    /// No run has read its source yet.
    NeverRead,
    /// A run is reading it now, or was when its process died.
    UnderWay,
    /// The provider refused us; only a person can mend that.
    Refused,
    /// The provider could not be asked.
    Outage,
    /// Nobody read the source since.
    NotReadSince,
    /// Runs read the newest first and have not come to it.
    NotReached,
    /// The provider did not prove that its list was whole.
    PossiblyTruncated,
    /// It is old enough to be read again.
    Due,
}

/// Why a span lacks what it lacks. `looked` is the run that looked at it last, `latest` the latest
/// of its source.
pub fn why_lacking(
    lacking: &Lacking,
    lag: Duration,
    looked: Option<LatestRun>,
    latest: Option<LatestRun>,
) -> WhyLacking {
    match lacking.lack {
        Lack::Due(_) => return WhyLacking::Due,
        Lack::PossiblyTruncated(_) => return WhyLacking::PossiblyTruncated,
        Lack::Unreachable(_) => {
            let is_refused = looked.is_some_and(|run| run.needs_person);
            return if is_refused { WhyLacking::Refused } else { WhyLacking::Outage };
        }
        Lack::Unread => {}
    }
    let Some(latest) = latest else { return WhyLacking::NeverRead };
    // What was too young for the latest run is nobody's failure but that none came after it.
    if lacking.window.from() >= latest.started_at - lag {
        return WhyLacking::NotReadSince;
    }
    match latest.status {
        RunStatus::InProgress => WhyLacking::UnderWay,
        _ if latest.needs_person => WhyLacking::Refused,
        RunStatus::Failed => WhyLacking::Outage,
        _ => WhyLacking::NotReached,
    }
}

#[cfg(test)]
mod tests;
