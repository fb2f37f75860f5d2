//! What was learnt by asking the provider, for a day: nothing documents it, and it may change.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

/// The margin that stays when ranges proved exact: a zone that is UTC in winter and not in summer
/// looks exact half of the year, and no zone moves by more than two hours.
const MARGIN_EXACT: Duration = Duration::from_hours(2);

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(24);

/// Whether something is so, and when it was asked.
#[derive(Debug, Default)]
pub struct Learnt(Mutex<Known>);

#[derive(Debug, Default, Clone, Copy)]
struct Known {
    asked_at: Option<Timestamp>,
    is_so: Option<bool>,
}

impl Learnt {
    /// What is known, however old.
    pub fn is_so(&self) -> Option<bool> {
        self.known().is_so
    }

    /// Whether it was asked within a day.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.known().asked_at.is_some_and(|at| now.since(at) < COUNTS_FOR)
    }

    /// Keeps an answer.
    pub fn learn(&self, is_so: bool, now: Timestamp) {
        self.keep(Known { asked_at: Some(now), is_so: Some(is_so) });
    }

    /// It was asked, and nothing told: what was known before stays.
    pub fn learn_nothing(&self, now: Timestamp) {
        self.keep(Known { asked_at: Some(now), ..self.known() });
    }

    /// The margin requests need, given the one for when nothing is known; what is kept here is
    /// then whether ranges are exact.
    pub fn margin(&self, unknown: Duration) -> Duration {
        if self.is_so() == Some(true) { unknown.min(MARGIN_EXACT) } else { unknown }
    }

    fn known(&self) -> Known {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}
