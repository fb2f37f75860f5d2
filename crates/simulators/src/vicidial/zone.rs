//! Local times as the hosts of a cluster write them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The zone of all hosts.
#[derive(Debug, Clone)]
pub(super) struct Zone(TimeZone);

impl Zone {
    pub fn read(rule: &str) -> Self {
        Self(TimeZone::posix(rule).unwrap_or(TimeZone::UTC))
    }

    /// `2026-03-31 08:00:00`.
    pub fn local(&self, seconds: i64) -> String {
        self.format(seconds, "%Y-%m-%d %H:%M:%S")
    }

    /// What MySQL makes of a local time: in the hour that repeats always the first one.
    pub fn epoch_by_database(&self, seconds: i64) -> i64 {
        let local = self.0.to_datetime(instant(seconds));
        let meant = self.0.to_ambiguous_timestamp(local).earlier();
        meant.map_or(seconds, Timestamp::as_second)
    }

    /// Nine digits of a caller code: last digit of the month, day, hour, minute, second.
    pub fn code(&self, seconds: i64) -> String {
        self.format(seconds, "%m%d%H%M%S").chars().skip(1).collect()
    }

    /// The offset from UTC, in hours.
    pub fn offset_hours(&self, seconds: i64) -> f64 {
        f64::from(self.0.to_offset(instant(seconds)).seconds()) / 3600.0
    }

    fn format(&self, seconds: i64, format: &str) -> String {
        self.0.to_datetime(instant(seconds)).strftime(format).to_string()
    }
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or_default()
}
