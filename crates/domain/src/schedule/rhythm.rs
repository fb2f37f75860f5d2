//! How often a source is read: at an interval, or at times of the day in some zone.

use std::fmt;
use std::time::Duration;

use cronexpr::{Crontab, MakeTimestamp, parse_crontab};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Timestamp;

/// Successive times that are looked at for the longest pause between two.
const PAUSES_SEEN: usize = 32;

const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// How often a source is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rhythm {
    /// From the beginning of one run to that of the next.
    Every(Duration),
    /// At the times of a crontab expression.
    At(Box<Times>),
}

/// The times of a crontab expression in a zone.
///
/// A time that the clocks skip is the same time after they moved; of a time that comes twice, the
/// first one counts, unless the expression is for every hour or for steps of hours.
#[derive(Debug, Clone)]
pub struct Times {
    expression: String,
    zone_name: String,
    zone: TimeZone,
    /// The expression by the zone's own clock, which knows no skipped time.
    zoned: Crontab,
    /// The expression by a clock that is never moved.
    civil: Crontab,
}

/// Why an expression names no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoTimes {
    /// In a sentence without its full stop.
    pub why: String,
}

impl Rhythm {
    /// The first time after an instant.
    pub fn next(&self, after: Timestamp) -> Timestamp {
        match self {
            Self::Every(interval) => after + *interval,
            Self::At(times) => times.next(after),
        }
    }

    /// The longest pause between two times soon after an instant.
    pub fn longest_pause(&self, after: Timestamp) -> Duration {
        let mut at = self.next(after);
        let pauses = (0..PAUSES_SEEN).map(|_| {
            let next = self.next(at);
            let pause = next.since(at);
            at = next;
            pause
        });
        pauses.max().unwrap_or_default()
    }
}

impl Times {
    /// Reads an expression of five fields, as crontab(5) has them, and the name of a zone.
    pub fn read(expression: &str, zone_name: &str) -> Result<Self, NoTimes> {
        let zone = TimeZone::get(zone_name)
            .map_err(|_unknown| NoTimes { why: format!("there is no time zone `{zone_name}`") })?;
        let fields = expression.split_whitespace().count();
        if fields != 5 {
            return Err(NoTimes {
                why: format!(
                    "it has {fields} fields instead of five: minute, hour, day of month, month, day of week"
                ),
            });
        }
        let parsed = |zone: &str| {
            parse_crontab(&format!("{expression} {zone}"))
                .map_err(|error| no_times(expression, &error))
        };
        let (zoned, civil) = (parsed(zone_name)?, parsed("UTC")?);
        let (expression, zone_name) = (expression.to_owned(), zone_name.to_owned());
        let times = Self { expression, zone_name, zone, zoned, civil };
        // Within some leap years, whatever day it is for.
        match times.civil.find_next(MakeTimestamp(jiff::Timestamp::UNIX_EPOCH)) {
            Ok(_) => Ok(times),
            Err(_) => Err(NoTimes { why: "no day is ever like that".to_owned() }),
        }
    }

    fn next(&self, after: Timestamp) -> Timestamp {
        let found = jiff::Timestamp::from_millisecond(after.as_millis())
            .ok()
            .and_then(|after| self.found(after));
        // Outside of any calendar, once a day is often enough.
        found.map_or(after + Duration::from_hours(24), |at| {
            Timestamp::from_millis(at.as_millisecond())
        })
    }

    fn found(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let mut at = self.zoned.find_next(MakeTimestamp(after)).ok()?;
        while !self.is_hourly() && self.is_second(at.timestamp(), at.datetime()) {
            at = self.zoned.find_next(MakeTimestamp(at.timestamp())).ok()?;
        }
        Some(self.skipped(after).map_or(at.timestamp(), |skipped| skipped.min(at.timestamp())))
    }

    /// The next time by a clock that is never moved, if ours skips it.
    fn skipped(&self, after: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let civil = self.zone.to_datetime(after).to_zoned(TimeZone::UTC).ok()?;
        let next = self.civil.find_next(MakeTimestamp(civil.timestamp())).ok()?.datetime();
        let ambiguous = self.zone.to_ambiguous_timestamp(next);
        let is_skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        let at = ambiguous.compatible().ok()?;
        (is_skipped && at > after).then_some(at)
    }

    /// Whether the clocks showed this time once before.
    fn is_second(&self, at: jiff::Timestamp, shown: DateTime) -> bool {
        let first = self.zone.to_ambiguous_timestamp(shown).earlier();
        first.is_ok_and(|first| first < at)
    }

    fn is_hourly(&self) -> bool {
        self.expression.split_whitespace().nth(1).is_some_and(|hours| hours.starts_with('*'))
    }
}

/// Which field is wrong, and what is wrong with it.
fn no_times(expression: &str, error: &cronexpr::Error) -> NoTimes {
    // The library shows the expression and points into it, over several lines.
    let said = error.to_string();
    let last = said.lines().last().unwrap_or_default().trim_start_matches([' ', '^']);
    let is_wrong = |(at, field): &(usize, &str)| {
        let mut alone = ["*"; 5];
        alone[*at] = field;
        parse_crontab(&format!("{} UTC", alone.join(" "))).is_err()
    };
    let why = match expression.split_whitespace().enumerate().find(is_wrong) {
        Some((at, field)) => format!("its {} `{field}` is wrong: {last}", FIELDS[at]),
        None => last.to_owned(),
    };
    NoTimes { why }
}

impl PartialEq for Times {
    fn eq(&self, other: &Self) -> bool {
        (&self.expression, &self.zone_name) == (&other.expression, &other.zone_name)
    }
}

impl Eq for Times {}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(interval) => write!(f, "every {} min", interval.as_secs() / 60),
            Self::At(times) => write!(f, "at `{}` {}", times.expression, times.zone_name),
        }
    }
}
