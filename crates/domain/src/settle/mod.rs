//! When a window is read again, because providers change records after they first listed them.

use std::time::Duration;

use crate::coverage::{Covered, Level};
use crate::{Timestamp, Window};

/// Waits between two looks at one call by its id: at least, and at most.
const LOOKS_APART: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(6));

/// When a call that still awaits something is to be asked for again by its id, having been looked
/// at at `looked_at`; `None` once it is older than `patience`.
///
/// The waits grow with the age of the call: what is late by a day need not be asked for each
/// minute.
pub fn look_again(
    occurred_at: Timestamp,
    looked_at: Timestamp,
    patience: Duration,
) -> Option<Timestamp> {
    let next = look_until_told(occurred_at, looked_at);
    (next <= occurred_at + patience).then_some(next)
}

/// The same for a call of which the provider has not said all yet, or nothing since it was due:
/// however old it is. What could not be asked is no answer.
pub fn look_until_told(occurred_at: Timestamp, looked_at: Timestamp) -> Timestamp {
    let (least, most) = LOOKS_APART;
    looked_at + (looked_at.since(occurred_at) / 4).clamp(least, most)
}

/// Ages at which every instant is read again, ascending; after the last it is settled.
///
/// Tiers slide with time: an instant `t` is due for tier `T` once `t + T` has passed and nobody
/// read it since. So that five-minute runs do not re-read five-minute crumbs, each tier moves in
/// steps of an eighth of its age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers(Vec<Duration>);

impl Tiers {
    /// Tiers at these ages.
    pub fn new(mut ages: Vec<Duration>) -> Self {
        ages.sort_unstable();
        ages.dedup();
        Self(ages)
    }

    /// +15 minutes, +2 hours, +24 hours, +7 days.
    pub fn usual() -> Self {
        Self::new([15 * 60, 2 * 3600, 24 * 3600, 7 * 86_400].map(Duration::from_secs).to_vec())
    }

    /// The ages, ascending.
    pub fn ages(&self) -> &[Duration] {
        &self.0
    }

    /// The parts of a listed row that are old enough to be read again, with the tier that says so.
    pub fn due(&self, row: &Covered, now: Timestamp) -> Vec<(Window, Duration)> {
        let part = |age: &Duration| Some((Self::due_at(*age, row, now)?, *age));
        self.0.iter().filter_map(part).collect()
    }

    /// The part of a listed row that reached this age since it was last read.
    pub(crate) fn due_at(age: Duration, row: &Covered, now: Timestamp) -> Option<Window> {
        let reached = now.floor_to(age / 8) - age;
        let due = Window::new(row.checked_at - age, reached).ok()?;
        due.intersect(row.window).filter(|_| row.level == Level::Listed)
    }

    /// The instant before which a read at `checked_at` settles everything.
    pub fn settled_before(&self, checked_at: Timestamp) -> Timestamp {
        checked_at - self.0.last().copied().unwrap_or_default()
    }

    /// Splits a window proved at `checked_at` into its settled and its merely listed part.
    pub fn levels(&self, window: Window, checked_at: Timestamp) -> Vec<(Window, Level)> {
        let cut = self.settled_before(checked_at);
        let settled = Window::new(window.from(), window.to().min(cut)).ok();
        let listed = Window::new(window.from().max(cut), window.to()).ok();
        let settled = settled.map(|part| (part, Level::Settled));
        settled.into_iter().chain(listed.map(|part| (part, Level::Listed))).collect()
    }
}

#[cfg(test)]
mod tests;
