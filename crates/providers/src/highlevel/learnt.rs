//! What was learnt by asking the provider, for a day: nothing documents it, and it may change.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// The margin that stays when ranges proved exact: a zone that is UTC in winter and not in summer
/// looks exact half of the year, and no zone moves by more than two hours.
const MARGIN_EXACT: Duration = Duration::from_hours(2);

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(24);

/// Whether something is so, and when that was learnt.
#[derive(Debug, Default)]
pub struct Learnt(Mutex<Option<(Timestamp, bool)>>);

impl Learnt {
    /// What is known, however old.
    pub fn is_so(&self) -> Option<bool> {
        self.known().map(|(_, is_so)| is_so)
    }

    /// Whether it was learnt within a day.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.known().is_some_and(|(at, _)| now.since(at) < COUNTS_FOR)
    }

    /// Keeps an answer.
    pub fn learn(&self, is_so: bool, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, is_so));
    }

    /// The margin requests need, given the one for when nothing is known; what is kept here is
    /// then whether ranges are exact.
    pub fn margin(&self, unknown: Duration) -> Duration {
        if self.is_so() == Some(true) { unknown.min(MARGIN_EXACT) } else { unknown }
    }

    fn known(&self) -> Option<(Timestamp, bool)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
