//! How fast a credential may be used, in numbers, and what left lately.

use std::collections::VecDeque;
use std::time::Duration;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::headers::RateFacts;

pub(super) const DAY: Duration = Duration::from_hours(24);

/// We count a request when it leaves and the provider when it arrives, so our spans are longer.
pub(super) const TRAVEL: Duration = Duration::from_millis(250);

/// How fast a credential may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// As fast as answers come. For benchmarks against our own simulators.
    Unlimited,
    /// No more than this.
    AtMost {
        /// Requests in any span as long as `interval`.
        requests: u32,
        /// How long that span is.
        interval: Duration,
        /// Requests in any day.
        per_day: u64,
    },
}

impl Rate {
    pub(super) fn limits(self) -> Option<Limits> {
        match self {
            Self::Unlimited => None,
            Self::AtMost { requests, interval, per_day } => {
                Some(Limits { requests: requests.max(1), interval, per_day })
            }
        }
    }
}

/// The numbers of a limited rate, as configured and as headers have corrected them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Limits {
    pub(super) requests: u32,
    pub(super) interval: Duration,
    pub(super) per_day: u64,
}

impl Limits {
    /// How long a request counts.
    pub(super) fn span(&self) -> Duration {
        self.interval + TRAVEL
    }

    /// Corrects them downwards by what the provider says of them.
    pub(super) fn correct(&mut self, facts: &RateFacts) {
        // Our limits stay below the published ones by a reserve for requests under way.
        if let Some(max) = facts.max {
            let below = max - max / 10;
            self.requests = self.requests.min(u32::try_from(below).unwrap_or(u32::MAX)).max(1);
        }
        if let Some(theirs) = facts.interval.filter(|theirs| *theirs <= DAY) {
            self.interval = theirs.max(self.interval);
        }
        if let Some(max) = facts.day_max {
            self.per_day = self.per_day.min(max - max / 20);
        }
    }

    /// What both allow.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests.min(other.requests).max(1),
            interval: self.interval.max(other.interval),
            per_day: self.per_day.min(other.per_day),
        }
    }

    /// How many of the day's requests the provider says are used, if it says so.
    pub(super) fn day_used(&self, facts: &RateFacts) -> Option<u64> {
        let (remaining, max) = facts.day_remaining.zip(facts.day_max)?;
        let used = max.saturating_sub(remaining);
        Some(if remaining == 0 { used.max(self.per_day) } else { used })
    }
}

/// When the last requests went out.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(VecDeque<Timestamp>);

impl Sent {
    pub(super) fn add(&mut self, now: Timestamp) {
        self.0.push_back(now);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.0.front().copied()
    }

    /// The last of those that went out within `span` after the oldest.
    pub(super) fn last_within(&self, span: Duration) -> Option<Timestamp> {
        let until = self.oldest()? + span;
        self.0.iter().copied().take_while(|at| *at <= until).last()
    }

    /// Drops what no longer counts, and what a clock set back would make count for ever.
    pub(super) fn forget(&mut self, now: Timestamp, span: Duration) {
        while self.0.front().is_some_and(|at| *at + span <= now) {
            self.0.pop_front();
        }
        if self.0.back().is_some_and(|at| *at > now) {
            self.0.retain(|at| *at <= now);
        }
    }
}
