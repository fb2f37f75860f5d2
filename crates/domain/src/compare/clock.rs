//! Whose clock a file's times are by, found from the calls that both sides share.

use std::collections::HashMap;
use std::time::Duration;

use crate::Timestamp;

const QUARTER: i64 = 15 * 60_000;
const HOUR: i64 = 60 * 60_000;

/// How many shared calls tell enough.
const ENOUGH: usize = 3;

/// Calls in a row that show another offset before it is believed.
const IN_A_ROW: usize = 3;

/// From which local times on a file's clock is how far from UTC: one step, or more where the clocks
/// changed within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallClock {
    /// First local time of each step, as if it were UTC, and milliseconds to add for UTC.
    steps: Vec<(Timestamp, i64)>,
    /// Shared calls that agree, of how many.
    pub agreeing: usize,
    /// Shared calls that were looked at.
    pub shared: usize,
}

/// Why the shared calls do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoClock {
    /// Too few are shared.
    #[error(
        "only {shared} of its calls are held here, which is too few to tell its time zone from"
    )]
    TooFew {
        /// How many.
        shared: usize,
    },
    /// They contradict each other.
    #[error(
        "the times of {shared} calls that are held here differ from the file's by no one time zone: at most {agreeing} agree"
    )]
    Contradicting {
        /// How many.
        shared: usize,
        /// How many agree, at most.
        agreeing: usize,
    },
}

impl WallClock {
    /// A clock that shows UTC.
    pub fn utc() -> Self {
        Self::fixed(0)
    }

    /// A clock that is so many minutes ahead of UTC, as in `+02:00`.
    pub fn ahead(minutes: i64) -> Self {
        Self::fixed(-minutes * 60_000)
    }

    fn fixed(millis: i64) -> Self {
        Self { steps: vec![(Timestamp::MIN, millis)], agreeing: 0, shared: 0 }
    }

    /// Finds the clock from pairs of a local time and the instant we hold for the same call. At
    /// least nine in ten must agree, a change of clocks by an hour or a half within the file allowed.
    pub fn found(mut pairs: Vec<(Timestamp, Timestamp)>, far: Duration) -> Result<Self, NoClock> {
        let shared = pairs.len();
        if shared < ENOUGH {
            return Err(NoClock::TooFew { shared });
        }
        pairs.sort_unstable();
        let far = i64::try_from(far.as_millis()).unwrap_or(i64::MAX).clamp(60_000, QUARTER / 2 - 1);
        let offsets = pairs.iter().map(|(local, held)| offset(*local, *held, far));
        let offsets: Vec<Option<i64>> = offsets.collect();
        let mut counts: HashMap<i64, usize> = HashMap::new();
        offsets.iter().flatten().for_each(|offset| *counts.entry(*offset).or_default() += 1);
        let mut counts: Vec<(usize, i64)> = counts.into_iter().map(|(it, n)| (n, it)).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let is_enough = |agreeing: usize| agreeing * 10 >= shared * 9;
        let Some((most, offset)) = counts.first().copied() else {
            return Err(NoClock::Contradicting { shared, agreeing: 0 });
        };
        let other = counts
            .get(1)
            .copied()
            .filter(|(_, other)| [HOUR, HOUR / 2].contains(&(offset - other).abs()));
        match other {
            Some((more, other)) if is_enough(most + more) => {
                let steps = steps(&pairs, &offsets, [offset, other]);
                Ok(Self { steps, agreeing: most + more, shared })
            }
            _ if is_enough(most) => {
                let steps = vec![(Timestamp::MIN, offset)];
                Ok(Self { steps, agreeing: most, shared })
            }
            _ => Err(NoClock::Contradicting { shared, agreeing: most }),
        }
    }

    /// The instant at which this clock showed a local time.
    pub fn instant(&self, local: Timestamp) -> Timestamp {
        let step = self.steps.partition_point(|(from, _)| *from <= local).saturating_sub(1);
        let millis = self.steps.get(step).map_or(0, |(_, millis)| *millis);
        Timestamp::from_millis(local.as_millis().saturating_add(millis))
    }

    /// What it shows, as a person writes it: `UTC-05:00`, from when on where it changed.
    pub fn sentence(&self) -> String {
        let shown = |millis: i64| {
            let minutes = -millis / 60_000;
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        };
        let steps = self.steps.iter().enumerate().map(|(nth, (from, millis))| {
            let day = from.to_string();
            match nth {
                0 => shown(*millis),
                _ => format!("{} from {} on", shown(*millis), day.get(..10).unwrap_or(&day)),
            }
        });
        steps.collect::<Vec<_>>().join(", ")
    }
}

/// What is to be added to a local time for UTC, in whole quarters of an hour; `None` where the two
/// differ by something else.
pub(super) fn offset(local: Timestamp, held: Timestamp, far: i64) -> Option<i64> {
    let apart = held.as_millis().checked_sub(local.as_millis())?;
    let quarters = apart.checked_add(QUARTER / 2)?.div_euclid(QUARTER) * QUARTER;
    let is_zone = quarters.abs() <= 14 * HOUR && (apart - quarters).abs() <= far;
    is_zone.then_some(quarters)
}

/// When the clock changed between these two offsets.
fn steps(
    pairs: &[(Timestamp, Timestamp)],
    offsets: &[Option<i64>],
    both: [i64; 2],
) -> Vec<(Timestamp, i64)> {
    let known = pairs.iter().zip(offsets).filter_map(|((local, _), offset)| {
        offset.filter(|it| both.contains(it)).map(|it| (*local, it))
    });
    let known: Vec<(Timestamp, i64)> = known.collect();
    let mut steps: Vec<(Timestamp, i64)> = Vec::new();
    let mut last = Timestamp::MIN;
    for (place, (local, offset)) in known.iter().enumerate() {
        let is_held = steps.last().is_some_and(|(_, held)| held == offset);
        let next = known.iter().skip(place).take(IN_A_ROW);
        if !is_held && next.clone().all(|(_, it)| it == offset) {
            let from = if steps.is_empty() { Timestamp::MIN } else { changed(last, *local) };
            steps.push((from, *offset));
        }
        last = *local;
    }
    if steps.is_empty() { vec![(Timestamp::MIN, both[0])] } else { steps }
}

/// When clocks changed between two calls: in the night to a Sunday, if one lies between.
fn changed(before: Timestamp, after: Timestamp) -> Timestamp {
    const DAY: Duration = Duration::from_hours(24);
    // 1970 began on a Thursday.
    let sunday = Timestamp::from_millis(3 * 24 * HOUR);
    let week = i64::try_from((DAY * 7).as_millis()).unwrap_or(i64::MAX);
    let into = (after.as_millis() - sunday.as_millis()).rem_euclid(week);
    let night = Timestamp::from_millis(after.as_millis() - into) + Duration::from_hours(2);
    if before < night && night <= after { night } else { after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        Timestamp::parse_human(text).expect("the test writes an instant")
    }

    /// A call each hour from the first instant on, by a clock that is so many hours behind UTC
    /// before the change and after it.
    fn calls(
        from: &str,
        count: u32,
        change: &str,
        behind: [u32; 2],
    ) -> Vec<(Timestamp, Timestamp)> {
        let hour = Duration::from_hours(1);
        (0..count)
            .map(|n| instant(from) + hour * n)
            .map(|held| (held - hour * behind[usize::from(held >= instant(change))], held))
            .collect()
    }

    #[test]
    fn one_zone_is_found_and_told() {
        let pairs = calls("2026-01-05", 50, "2027-01-01", [5, 5]);
        let clock = WallClock::found(pairs, Duration::from_secs(1)).expect("they agree");
        assert_eq!((clock.sentence().as_str(), clock.agreeing), ("UTC-05:00", 50));
        assert_eq!(clock.instant(instant("2026-02-01T05:00:00Z")), instant("2026-02-01T10:00:00Z"));
    }

    #[test]
    fn a_change_of_the_clocks_is_found_in_its_night() {
        let change = "2026-03-08T07:00:00Z";
        let pairs = calls("2026-03-05", 200, change, [5, 4]);
        let clock = WallClock::found(pairs.clone(), Duration::from_secs(1)).expect("they agree");
        assert_eq!(clock.sentence(), "UTC-05:00, UTC-04:00 from 2026-03-08 on");
        for (local, held) in pairs {
            assert_eq!(clock.instant(local), held);
        }
    }

    #[test]
    fn a_few_strangers_do_not_hide_the_zone() {
        let mut pairs = calls("2026-01-05", 30, "2027-01-01", [7, 7]);
        pairs[3].1 = pairs[3].1 + Duration::from_secs(1234);
        let clock = WallClock::found(pairs, Duration::from_secs(1)).expect("29 of 30 agree");
        assert_eq!((clock.sentence().as_str(), clock.agreeing), ("UTC-07:00", 29));
    }

    #[test]
    fn too_few_and_contradicting_calls_tell_nothing() {
        let few = calls("2026-01-05", 2, "2027-01-01", [5, 5]);
        assert_eq!(WallClock::found(few, Duration::ZERO), Err(NoClock::TooFew { shared: 2 }));
        let minute = Duration::from_mins(1);
        let at = |n: u32| (instant("2026-01-05"), instant("2026-01-05") + minute * (n * 37));
        let wild: Vec<_> = (0..20).map(at).collect();
        let found = WallClock::found(wild, Duration::ZERO);
        assert!(matches!(found, Err(NoClock::Contradicting { shared: 20, .. })), "{found:?}");
    }

    #[test]
    fn a_clock_that_is_said_is_believed() {
        assert_eq!(WallClock::utc().sentence(), "UTC+00:00");
        assert_eq!(WallClock::ahead(-300).sentence(), "UTC-05:00");
        assert_eq!(
            WallClock::ahead(-300).instant(instant("2026-01-05")),
            instant("2026-01-05T05:00:00Z")
        );
    }
}
