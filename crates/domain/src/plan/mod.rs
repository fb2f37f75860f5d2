//! What to read next: a pure function of the ledger, the provider's capabilities and `now`.

use std::cmp::Reverse;
use std::time::Duration;

use crate::window::{union, without};
use crate::{Coverage, Level, Tiers, Timestamp, Window};

/// What a provider can answer, and how carefully it must be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The longest window one walk may cover.
    pub window_max: Duration,
    /// The shortest window worth splitting into.
    pub window_min: Duration,
    /// A window with more calls than this is split before it is walked, which bounds memory.
    pub window_calls_max: u64,
    /// How much wider than its window a request is, on both sides.
    pub margin: Duration,
    /// How old an instant must be before its window can be proved.
    pub lag: Duration,
    /// When windows are read again.
    pub tiers: Tiers,
    /// How long after a call's time what it still awaits is asked for by id; then it is given up.
    pub patience: Duration,
}

/// Why a window is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody has proved it yet.
    Gap,
    /// It reached this age, and providers change records.
    Settle(Duration),
    /// A person asked for it.
    Asked,
}

/// One window to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The window to prove.
    pub window: Window,
    /// Why it is read.
    pub why: Why,
    /// What came of it when it was last read in vain.
    pub tried: Option<Tried>,
}

/// A window was read in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// Whether the provider answered, and proved nothing.
    pub was_answered: bool,
}

/// The span of time one window answers for when a run counts its calls.
///
/// Requests are wider than their windows, so neighbours list the same call. The territories of
/// one run tile all of time without overlap: each call is counted where it is at home, and as
/// *repeated* everywhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Territory {
    /// The window to prove.
    pub window: Window,
    /// First instant answered for.
    pub from: Timestamp,
    /// First instant no longer answered for.
    pub to: Timestamp,
}

impl Territory {
    /// Whether a call at this instant is counted here.
    pub fn is_home_of(&self, at: Timestamp) -> bool {
        self.from <= at && (at < self.to || self.to == Timestamp::MAX)
    }

    /// The territories of the two halves.
    pub fn halves(self, floor: Duration) -> Option<(Self, Self)> {
        let (older, newer) = self.window.halves(floor)?;
        Some((
            Self { window: older, from: self.from, to: older.to() },
            Self { window: newer, from: newer.from(), to: self.to },
        ))
    }
}

/// The windows to read: what a person asked for, newest first, or else gaps and what is due.
///
/// What was read in vain comes last, whatever was not tried for longest first, and apart from what is
/// beside it: however many windows there are that can never be proved, all others are read before.
///
/// Nothing younger than the provider's lag is read, whoever asks: it could not be proved, and a
/// call that appears late would find its window already listed.
pub fn plan(
    coverage: &Coverage,
    capabilities: &Capabilities,
    since: Timestamp,
    asked: Option<Window>,
    now: Timestamp,
) -> Vec<Planned> {
    let provable = now - capabilities.lag;
    let mut planned = if let Some(window) = asked {
        let old_enough = Window::new(window.from(), window.to().min(provable)).ok();
        cut(old_enough, Why::Asked, None, capabilities)
    } else {
        let wanted = Window::new(since, provable).ok();
        let gaps = wanted.into_iter().flat_map(|w| coverage.gaps(w));
        let due = due_spans(coverage, &capabilities.tiers, now).into_iter();
        let windows = gaps.map(|gap| (gap, Why::Gap));
        let windows = windows.chain(due.map(|(window, tier)| (window, Why::Settle(tier))));
        windows.flat_map(|(window, why)| apart(coverage, window, why, capabilities)).collect()
    };
    planned.sort_unstable_by_key(turn);
    planned
}

/// Whose turn it is first.
fn turn(next: &Planned) -> (bool, bool, Timestamp, Reverse<Window>) {
    let was_answered = next.tried.is_some_and(|tried| tried.was_answered);
    let at = next.tried.map_or(Timestamp::MIN, |tried| tried.at);
    (next.tried.is_some(), was_answered, at, Reverse(next.window))
}

/// What one run of a plan reads, and how many windows it leaves to the next: at most `windows_max`, and
/// `doubtful_max` of those that the provider answered in vain, which it would do again at once.
pub fn portion(
    mut planned: Vec<Planned>,
    windows_max: Option<usize>,
    doubtful_max: usize,
) -> (Vec<Planned>, u64) {
    let Some(windows_max) = windows_max else { return (planned, 0) };
    let is_doubtful = |next: &Planned| next.tried.is_some_and(|tried| tried.was_answered);
    let others = planned.partition_point(|next| !is_doubtful(next));
    planned.truncate(others.saturating_add(doubtful_max));
    let left = planned.len().saturating_sub(windows_max);
    planned.truncate(windows_max);
    (planned, left as u64)
}

/// What of a plan lies in `span`; windows that reach beyond it are cut.
pub fn within(planned: Vec<Planned>, span: Window) -> Vec<Planned> {
    let cut = |next: Planned| Some(Planned { window: next.window.intersect(span)?, ..next });
    planned.into_iter().filter_map(cut).collect()
}

/// The pieces of a window, what was read in vain apart from what was not.
fn apart(
    coverage: &Coverage,
    window: Window,
    why: Why,
    capabilities: &Capabilities,
) -> Vec<Planned> {
    let tried = tried(coverage, window);
    let fresh = without([window], tried.iter().map(|(window, _)| *window));
    let mut pieces = cut(fresh, why, None, capabilities);
    for (window, tried) in tried {
        pieces.extend(cut([window], why, Some(tried), capabilities));
    }
    pieces
}

/// What of a window was read in vain. Neighbours that were answered so are tried as one: what made
/// each of them doubtful may be over.
fn tried(coverage: &Coverage, window: Window) -> Vec<(Window, Tried)> {
    let mut all: Vec<(Window, Tried)> = Vec::new();
    for row in coverage.rows_of(window) {
        let (Some(at), Some(part)) = (row.tried(), row.window.intersect(window)) else { continue };
        let tried = Tried { at, was_answered: row.was_answered() };
        match all.last_mut() {
            Some((last, before))
                if last.to() == part.from() && before.was_answered && tried.was_answered =>
            {
                *last = Window::new(last.from(), part.to()).unwrap_or(*last);
                before.at = before.at.min(at);
            }
            _ => all.push((part, tried)),
        }
    }
    all
}

/// What is old enough to be read again, in spans without overlap, each with the tier that says so.
///
/// One reading serves every tier that is due at once; it is named after the oldest.
pub fn due_spans(coverage: &Coverage, tiers: &Tiers, now: Timestamp) -> Vec<(Window, Duration)> {
    let (mut due, mut taken) = (Vec::new(), Vec::new());
    for tier in tiers.ages().iter().rev().copied() {
        let rows = coverage.rows().iter();
        let of_tier = rows.filter_map(|row| Tiers::due_at(tier, row, now)).collect();
        let fresh = without(union(of_tier), taken.iter().copied());
        due.extend(fresh.iter().map(|window| (*window, tier)));
        taken = union([taken, fresh].concat());
    }
    due
}

/// What was written at the provider since the ledger last knew all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen {
    /// Whatever was written since then may be unknown.
    pub since: Timestamp,
    /// The end of what is proved. Nothing after it may be proved before everything written since
    /// is known: the ledger remembers no other position.
    pub edge: Timestamp,
}

/// Which changes a run must read, of a provider that lists them: none when nothing is proved yet,
/// and none when the run proves nothing newer than the ledger has.
pub fn unseen(coverage: &Coverage, planned: &[Planned]) -> Option<Unseen> {
    let proved = || coverage.rows().iter().filter(|row| row.level > Level::Unproven);
    let edge = proved().map(|row| row.window.to()).max()?;
    let goes_on = planned.iter().any(|next| next.window.to() > edge);
    // Every row is known as it was when it was read last, and all of them as of their edge.
    let read = proved().map(|row| row.checked_at).min()?;
    goes_on.then(|| Unseen { since: edge.max(read), edge })
}

fn cut(
    windows: impl IntoIterator<Item = Window>,
    why: Why,
    tried: Option<Tried>,
    capabilities: &Capabilities,
) -> Vec<Planned> {
    let pieces = windows.into_iter().flat_map(|w| w.pieces_newest_first(capabilities.window_max));
    pieces.map(|window| Planned { window, why, tried }).collect()
}

/// Gives every planned window its territory, in their order; the borders lie in the middle between
/// neighbours.
pub fn territories(planned: &[Planned]) -> Vec<Territory> {
    let mut windows: Vec<Window> = planned.iter().map(|next| next.window).collect();
    windows.sort_unstable();
    let border = |older: Window, newer: Window| older.to() + newer.from().since(older.to()) / 2;
    let territory = |(i, window): (usize, &Window)| Territory {
        window: *window,
        from: if i == 0 { Timestamp::MIN } else { border(windows[i - 1], *window) },
        to: windows.get(i + 1).map_or(Timestamp::MAX, |next| border(*window, *next)),
    };
    let territories: Vec<Territory> = windows.iter().enumerate().map(territory).collect();
    let place = |next: &Planned| windows.binary_search(&next.window).ok();
    planned.iter().filter_map(|next| territories.get(place(next)?).copied()).collect()
}

#[cfg(test)]
mod tests;
