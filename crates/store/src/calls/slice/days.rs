//! Which days a look-up by number goes through.

use crate::legs::day;

/// Stretches of days to look through one after the other, first and last day of each: few at first
/// and twice as many each time, so that neither many calls of a day nor many days without one are
/// read for a page.
pub(super) struct Days {
    next: i64,
    last: i64,
    count: i64,
}

impl Days {
    pub(super) fn within(first: Option<i64>, last: Option<i64>, from: i64, to: i64) -> Self {
        let (Some(first), Some(last)) = (first, last) else {
            return Self { next: 0, last: -1, count: 1 };
        };
        Self { next: day(first.max(from)), last: day(last.min(to)), count: 1 }
    }

    /// For what is not looked up by the day.
    pub(super) fn all_at_once() -> Self {
        Self { next: 0, last: 0, count: 1 }
    }
}

impl Iterator for Days {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        let first = self.next;
        if first > self.last {
            return None;
        }
        let last = (first + self.count - 1).min(self.last);
        (self.next, self.count) = (last + 1, self.count * 2);
        Some((first, last))
    }
}
