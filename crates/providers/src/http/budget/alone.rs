//! The rule for a process that shares its credentials with no other.

use std::time::Duration;

use domain::Timestamp;

use super::super::headers::RateFacts;
use super::limits::{DAY, Limits, Rate, Sent};
use super::{Standing, Turn};

/// The rule: pure data and `now`.
///
/// It remembers when the last requests went out, so that no span of `interval` ever holds more
/// than `requests` of them. A bucket that refills drop by drop would allow nearly twice as many
/// in its first interval, and providers count by the interval.
#[derive(Debug, Clone)]
pub struct Allowance {
    limits: Option<Limits>,
    sent: Sent,
    day_began: Timestamp,
    day_used: u64,
    paused_until: Timestamp,
}

impl Allowance {
    /// An untouched allowance.
    pub fn new(rate: Rate) -> Self {
        Self {
            limits: rate.limits(),
            sent: Sent::default(),
            day_began: Timestamp::MIN,
            day_used: 0,
            paused_until: Timestamp::MIN,
        }
    }

    /// Asks for one request.
    pub fn take(&mut self, now: Timestamp) -> Turn {
        if self.paused_until > now {
            return Turn::Wait(self.paused_until.since(now));
        }
        let Some(limits) = self.limits else { return Turn::Go };
        self.forget(now, &limits);
        if self.day_used >= limits.per_day {
            return Turn::DaySpent { wait: (self.day_began + DAY).since(now) };
        }
        if self.sent.len() >= limits.requests as usize {
            let oldest = self.sent.oldest().unwrap_or(now);
            return Turn::Wait((oldest + limits.span()).since(now).max(Duration::from_millis(1)));
        }
        self.sent.add(now);
        self.day_used += 1;
        Turn::Go
    }

    /// Lets nobody through before `until`.
    pub fn pause_until(&mut self, until: Timestamp) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Corrects the allowance downwards by what the provider says of it, because others may use
    /// the same credential.
    pub fn observe(&mut self, facts: &RateFacts, now: Timestamp) {
        let Some(limits) = &mut self.limits else { return };
        limits.correct(facts);
        let limits = *limits;
        self.forget(now, &limits);
        if let (Some(remaining), Some(max)) = (facts.remaining, facts.max) {
            let used = max.saturating_sub(remaining).min(u64::from(limits.requests));
            // As if the others' requests had gone out now: the latest they can have.
            while (self.sent.len() as u64) < used {
                self.sent.add(now);
            }
        }
        if let Some(used) = limits.day_used(facts) {
            self.day_used = self.day_used.max(used);
            if let Some(reset) = facts.day_reset {
                self.day_began = now - DAY.saturating_sub(reset);
            }
        }
    }

    /// What may be asked, and how much of it was; nothing where there is no limit.
    pub(super) fn standing(&mut self, now: Timestamp) -> Option<Standing> {
        let limits = self.limits?;
        self.forget(now, &limits);
        Some(Standing::of(&limits, self.sent.len() as u64, Some(self.day_used)))
    }

    fn forget(&mut self, now: Timestamp, limits: &Limits) {
        self.sent.forget(now, limits.span());
        // The provider's day is a fixed one that begins with its first request.
        if self.day_began > now || self.day_began + DAY <= now {
            self.day_began = now;
            self.day_used = 0;
        }
    }
}
