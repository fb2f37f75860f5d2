//! Which days a look-up by number goes through.

use crate::legs::day;

/// The longest stretch of days that is looked through at once.
const STRETCH_MAX: i64 = 1_024;

const DAY_MS: i64 = 86_400_000;

/// Stretches of days to look through one after the other, first and last day of each: few at first
/// and twice as many each time, so that neither many calls of a day nor many days without one are
/// read for a page. Each begins on a day that has a call, so that one call with an absurd time costs
/// one stretch more and no walk through thousands of years.
pub(in crate::calls) struct Days {
    /// Where the next call is looked for; nothing for what is not looked up by the day.
    from: Option<i64>,
    next: Option<(i64, i64)>,
    count: i64,
}

impl Days {
    /// Those with calls from this instant on.
    pub(in crate::calls) fn from(at: i64) -> Self {
        Self { from: Some(at), next: None, count: 1 }
    }

    /// For what is not looked up by the day.
    pub(in crate::calls) fn all_at_once() -> Self {
        Self { from: None, next: Some((0, 0)), count: 1 }
    }

    /// Where the next call is to be looked for.
    pub(in crate::calls) fn looks_from(&self) -> Option<i64> {
        self.from
    }

    /// It happened at this instant; there is none where nothing is said.
    pub(in crate::calls) fn goes_to(&mut self, call: Option<i64>) {
        let Some(call) = call else {
            self.next = None;
            return;
        };
        let (first, last) = (day(call), day(call).saturating_add(self.count - 1));
        self.next = Some((first, last));
        self.from = Some(last.saturating_add(1).saturating_mul(DAY_MS));
        self.count = (self.count * 2).min(STRETCH_MAX);
    }

    /// The next stretch, once.
    pub(in crate::calls) fn next(&mut self) -> Option<(i64, i64)> {
        self.next.take()
    }
}
