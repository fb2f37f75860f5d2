//! Instants in UTC, and the clock as something that is handed in.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, counted in milliseconds since 1970.
///
/// Milliseconds because no provider's call list is finer, and one unit everywhere
/// makes "before" mean the same in memory, in SQLite and in PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const BEGINNING: &str = "the beginning of time";
const END: &str = "the end of time";

/// A text that is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an instant such as 2026-03-01T00:00:00Z or a day such as 2026-03-01")]
pub struct NotATime {
    /// What was written.
    pub text: String,
}

impl Timestamp {
    /// Earlier than every call.
    pub const MIN: Self = Self(i64::MIN);
    /// Later than every call.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset; finer digits than milliseconds are cut off.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        match text.parse::<jiff::Timestamp>() {
            Ok(instant) => {
                let millis = instant.as_nanosecond().div_euclid(1_000_000);
                Ok(Self(i64::try_from(millis).unwrap_or(i64::MAX)))
            }
            Err(_) => Err(NotATime { text: text.to_owned() }),
        }
    }

    /// Reads what a person types: RFC 3339, or a day, which means its first instant in UTC.
    ///
    /// Also reads everything `Display` writes. A time without an offset is refused, not guessed.
    pub fn parse_human(text: &str) -> Result<Self, NotATime> {
        let as_day = || {
            // A longer text may be a day with a time, which must not be dropped in silence.
            let day: jiff::civil::Date =
                (text.len() == "2026-03-01".len()).then_some(text)?.parse().ok()?;
            let start = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(Self(start.timestamp().as_millisecond()))
        };
        match text {
            BEGINNING => Ok(Self::MIN),
            END => Ok(Self::MAX),
            _ => Self::parse(text).or_else(|error| as_day().ok_or(error)),
        }
    }

    /// Time since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// The last multiple of `step` since 1970 that is not after this instant.
    #[must_use]
    pub fn floor_to(self, step: Duration) -> Self {
        let step = millis(step).max(1);
        Self(self.0.saturating_sub(self.0.rem_euclid(step)))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, later: Duration) -> Self {
        Self(self.0.saturating_add(millis(later)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(millis(earlier)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) if self.0 % 1000 == 0 => write!(f, "{instant:.0}"),
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) if self.0 < 0 => f.write_str(BEGINNING),
            Err(_) => f.write_str(END),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_human(&text).map_err(serde::de::Error::custom)
    }
}

/// Where "now" comes from. Rules take `now`; whoever calls them holds a clock.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests;
