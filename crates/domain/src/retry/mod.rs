//! When a failed request is tried again, and when it is not.

use std::time::Duration;

/// What kind of failure a request met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Too many requests; the provider may have said how long to wait.
    RateLimited {
        /// What the provider asked for.
        wait: Option<Duration>,
    },
    /// It did not answer, or not with what it promised; the provider may have said how long to wait.
    Unavailable {
        /// What the provider asked for.
        wait: Option<Duration>,
    },
    /// Asking again can only bring the same answer.
    Final,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this long.
    Wait(Duration),
    /// Stop trying.
    GiveUp,
}

/// How patient we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many times a request is sent at most.
    pub attempts_max: u32,
    /// The first pause; each further one doubles.
    pub pause_first: Duration,
    /// No pause is longer, whatever the provider asks for.
    pub pause_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_max: 6,
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_mins(1),
        }
    }
}

impl RetryPolicy {
    /// What to do after `attempts` sends (at least one) that ended in `trouble`.
    ///
    /// `jitter` in 0..=1000 spreads the pauses of many clients; it is an argument because rules
    /// have no randomness. A wait the provider asked for is kept, up to the cap.
    pub fn after(&self, attempts: u32, trouble: Trouble, jitter: u16) -> Next {
        if attempts >= self.attempts_max {
            return Next::GiveUp;
        }
        let asked = match trouble {
            Trouble::Final => return Next::GiveUp,
            Trouble::RateLimited { wait } | Trouble::Unavailable { wait } => wait,
        };
        let doubled = self.pause_first.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        // The cap comes before the spread: capped pauses must differ between clients too.
        let half = doubled.min(self.pause_max) / 2;
        let spread = half + half / 1000 * u32::from(jitter.min(1000));
        Next::Wait(asked.unwrap_or(spread).min(self.pause_max))
    }
}

#[cfg(test)]
mod tests;
