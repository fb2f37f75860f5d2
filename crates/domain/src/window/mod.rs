//! Half-open spans of time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A half-open span of time `[from, to)` in UTC; never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(Timestamp, Timestamp)", into = "(Timestamp, Timestamp)")]
pub struct Window {
    from: Timestamp,
    to: Timestamp,
}

/// Two instants that are equal or in the wrong order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the window ends ({to}) no later than it begins ({from}); swap the two, or choose a later end"
)]
pub struct NotAWindow {
    /// The instant given as the beginning.
    pub from: Timestamp,
    /// The instant given as the end.
    pub to: Timestamp,
}

impl Window {
    /// The span from `from` up to but excluding `to`.
    pub fn new(from: Timestamp, to: Timestamp) -> Result<Self, NotAWindow> {
        if from < to { Ok(Self { from, to }) } else { Err(NotAWindow { from, to }) }
    }

    /// First instant inside.
    pub fn from(self) -> Timestamp {
        self.from
    }

    /// First instant after.
    pub fn to(self) -> Timestamp {
        self.to
    }

    /// How long it is.
    pub fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// Whether the instant lies inside.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The part that both share.
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to)).ok()
    }

    /// The same window with `margin` more on both sides.
    #[must_use]
    pub fn widened(self, margin: Duration) -> Self {
        Self { from: self.from - margin, to: self.to + margin }
    }

    /// The two halves, unless it is too short to have two of at least `floor`.
    pub fn halves(self, floor: Duration) -> Option<(Self, Self)> {
        let half = self.length() / 2;
        if half < floor.max(Duration::from_millis(1)) {
            return None;
        }
        let middle = self.from + half;
        Some((Self { from: self.from, to: middle }, Self { from: middle, to: self.to }))
    }

    /// What is left of this window without `other`: nothing, one piece or two.
    pub fn minus(self, other: Self) -> impl Iterator<Item = Self> {
        let before = Self::new(self.from, self.to.min(other.from)).ok();
        let after = Self::new(self.from.max(other.to), self.to).ok();
        before.into_iter().chain(after)
    }

    /// Consecutive pieces no longer than `max`, newest first.
    pub fn pieces_newest_first(self, max: Duration) -> impl Iterator<Item = Self> {
        let max = max.max(Duration::from_millis(1));
        let mut to = self.to;
        std::iter::from_fn(move || {
            let from = (to - max).max(self.from);
            let piece = Self::new(from, to).ok()?;
            to = from;
            Some(piece)
        })
    }
}

/// Sorted, and joined where they touch or overlap.
pub(crate) fn union(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_unstable();
    let mut joined: Vec<Window> = Vec::with_capacity(windows.len());
    for window in windows {
        match joined.last_mut() {
            Some(last) if window.from <= last.to => last.to = last.to.max(window.to),
            _ => joined.push(window),
        }
    }
    joined
}

/// What of `wanted` lies in no window of `taken`, in one sweep.
///
/// Both are sorted and free of overlap, and so is what is left.
pub(crate) fn without(
    wanted: impl IntoIterator<Item = Window>,
    taken: impl IntoIterator<Item = Window>,
) -> Vec<Window> {
    let mut taken = taken.into_iter().peekable();
    let mut left = Vec::new();
    for window in wanted {
        let mut from = window.from;
        while let Some(gone) = taken.peek().copied().filter(|gone| gone.from < window.to) {
            left.extend(Window::new(from, gone.from));
            from = from.max(gone.to);
            if gone.to > window.to {
                // It may reach into the next wanted window too.
                break;
            }
            taken.next();
        }
        left.extend(Window::new(from, window.to));
    }
    left
}

impl TryFrom<(Timestamp, Timestamp)> for Window {
    type Error = NotAWindow;
    fn try_from((from, to): (Timestamp, Timestamp)) -> Result<Self, NotAWindow> {
        Self::new(from, to)
    }
}

impl From<Window> for (Timestamp, Timestamp) {
    fn from(window: Window) -> Self {
        (window.from, window.to)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}

#[cfg(test)]
mod tests;
