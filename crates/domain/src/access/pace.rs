//! How often something may be asked.

use std::time::Duration;

use crate::Timestamp;

/// So many at once, and so many a minute afterwards.
///
/// All that is kept of somebody is one instant: until when what was asked so far is paid for at the
/// steady pace (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// At once, at least 1.
    pub burst: u32,
    /// Each minute, at least 1.
    pub per_minute: u32,
}

impl Pace {
    /// Lets one through, with what to keep, or says how long to wait for the next. Nothing kept, or
    /// an instant that has passed, is somebody who is at rest.
    pub fn take(
        self,
        paid_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Timestamp, Duration> {
        let step = Duration::from_millis(60_000 / u64::from(self.per_minute.max(1)));
        let ahead = paid_until.map_or(Duration::ZERO, |until| until.since(now));
        let allowed = step * (self.burst.max(1) - 1);
        if ahead > allowed {
            return Err(ahead.saturating_sub(allowed));
        }
        Ok(now + ahead + step)
    }
}
