//! Instants as the API writes and reads them (§1, §2).

use jiff::Timestamp;
use jiff::fmt::strtime;

use super::settings::Granularity;

const DAY: i64 = 86_400_000;

/// `Fri, 18 Oct 2019 17:00:00 +0000`.
pub(super) fn rfc2822(unix_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    strtime::format("%a, %d %b %Y %H:%M:%S +0000", instant).unwrap_or_default()
}

/// `2019-10-18T17:00:00Z`.
pub(super) fn iso(unix_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    format!("{instant:.0}")
}

/// A date or an instant in a filter: the first millisecond it means, and how many.
pub(super) fn read(text: &str, granularity: Granularity) -> Option<(i64, i64)> {
    let day = |text: &str| {
        let date: jiff::civil::Date = text.parse().ok()?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some((start.timestamp().as_millisecond(), DAY))
    };
    if text.len() == "2019-10-18".len() {
        return day(text);
    }
    let instant: Timestamp = text.parse().ok()?;
    let unix_ms = instant.as_millisecond();
    Some(match granularity {
        Granularity::Second => (unix_ms.div_euclid(1000) * 1000, 1000),
        Granularity::Day => (unix_ms.div_euclid(DAY) * DAY, DAY),
    })
}
