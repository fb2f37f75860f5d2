//! Which occurrence of a schedule is due, and how many before it nobody was there for.

use std::time::Duration;

use super::Rhythm;
use crate::Timestamp;

/// Missed occurrences that are counted; more are as many.
const COUNTED_MAX: u64 = 2000;

/// What is due of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The newest occurrence that has come.
    pub at: Timestamp,
    /// The oldest that nobody made, which is the newest where none was missed.
    pub first: Timestamp,
    /// How many were missed before the newest.
    pub missed: u64,
}

/// What is due at `now` of what comes after an instant; nothing while none has come.
pub fn due(rhythm: &Rhythm, after: Timestamp, now: Timestamp) -> Option<Due> {
    let first = rhythm.next(after);
    if first > now {
        return None;
    }
    let (mut at, mut missed) = (first, 0);
    loop {
        let next = rhythm.next(at);
        // A rhythm that does not go on has no next one.
        if next > now || next <= at {
            return Some(Due { at, first, missed });
        }
        if missed == COUNTED_MAX {
            return Some(Due { at: newest(rhythm, at, now), first, missed });
        }
        at = next;
        missed += 1;
    }
}

/// The newest occurrence that has come by now, of which `known` is one: looked for ever further back.
fn newest(rhythm: &Rhythm, known: Timestamp, now: Timestamp) -> Timestamp {
    let mut back = Duration::from_mins(1);
    let mut at = loop {
        let from = (now - back).max(known);
        let at = rhythm.next(from);
        if at <= now {
            break at;
        }
        if from == known {
            return known;
        }
        back *= 2;
    };
    loop {
        let next = rhythm.next(at);
        if next > now || next <= at {
            return at;
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Times;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_human(text).expect("the test names an instant")
    }

    fn check(cron: &str, after: &str, now: &str, found: Option<(&str, &str, u64)>) {
        let times = Times::read(cron, "Europe/Berlin").expect("the test names times");
        let due = due(&Rhythm::At(Box::new(times)), at(after), at(now));
        let found = found.map(|(at_, first, missed)| Due { at: at(at_), first: at(first), missed });
        assert_eq!(due, found);
    }

    #[test]
    fn nothing_is_due_before_its_time_and_not_twice() {
        let monday = "0 6 * * mon";
        check(monday, "2026-03-02T06:00:00Z", "2026-03-09T04:59:59Z", None);
        let nine = "2026-03-09T05:00:00Z";
        check(monday, "2026-03-02T06:00:00Z", nine, Some((nine, nine, 0)));
        check(monday, nine, "2026-03-10", None);
    }

    #[test]
    fn of_several_that_were_missed_the_newest_is_due() {
        let (first, newest) = ("2026-03-09T05:00:00Z", "2026-03-30T04:00:00Z");
        check("0 6 * * mon", "2026-03-03", "2026-04-02", Some((newest, first, 3)));
    }

    #[test]
    fn the_newest_is_found_however_many_were_missed() {
        let (first, newest) = ("2020-01-01T00:01:00Z", "2026-04-02T12:00:00Z");
        check(
            "* * * * *",
            "2020-01-01",
            "2026-04-02T12:00:30Z",
            Some((newest, first, COUNTED_MAX)),
        );
        let (first, newest) = ("2020-01-01T05:00:00Z", "2026-04-02T04:00:00Z");
        check(
            "0 6 * * *",
            "2020-01-01",
            "2026-04-02T12:00:30Z",
            Some((newest, first, COUNTED_MAX)),
        );
    }
}
