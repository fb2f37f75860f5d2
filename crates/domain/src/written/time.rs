//! Times as exports write them: with a zone, or by a clock on somebody's wall.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::Timestamp;

/// A time that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// An instant: the text says how far from UTC it is.
    Instant(Timestamp),
    /// What a clock on a wall showed, as if it were UTC; which zone's is not said.
    Local(Timestamp),
}

/// Which of two numbers before a year is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// As in the United States.
    MonthFirst,
    /// As nearly everywhere else.
    DayFirst,
}

/// Clocks that write where they hang, in minutes from UTC. Abbreviations are those of the United
/// States, where providers' screens write them.
const ZONES: &[(&str, i64)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
];

const MONTH_FIRST: &[&str] =
    &["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"];

const DAY_FIRST: &[&str] =
    &["%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"];

const NAMED: &[&str] = &[
    "%b %d %Y %I:%M:%S %p",
    "%b %d %Y %I:%M %p",
    "%b %d %Y %H:%M:%S",
    "%b %d %Y %H:%M",
    "%B %d %Y %I:%M:%S %p",
    "%B %d %Y %I:%M %p",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %b %Y %I:%M %p",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
];

/// Reads times of one column, which are written alike: the form that fitted last is tried first.
#[derive(Debug, Clone)]
pub struct Times {
    forms: Vec<&'static str>,
    last: usize,
}

impl Times {
    /// For a column whose days are written in this order.
    pub fn new(order: DayOrder) -> Self {
        let slashes = match order {
            DayOrder::MonthFirst => MONTH_FIRST,
            DayOrder::DayFirst => DAY_FIRST,
        };
        Self { forms: slashes.iter().chain(NAMED).copied().collect(), last: 0 }
    }

    /// Reads one; `None` where it is no time.
    pub fn read(&mut self, text: &str) -> Option<Written> {
        let text = text.trim();
        if let Some(instant) = epoch(text) {
            return Some(Written::Instant(instant));
        }
        if let Ok(instant) = Timestamp::parse(text) {
            return Some(Written::Instant(instant));
        }
        if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
            let millis = zoned.timestamp().as_millisecond();
            return Some(Written::Instant(Timestamp::from_millis(millis)));
        }
        let (clock, offset) = apart(&plain(text));
        let clock = self.clock(&clock)?;
        Some(match offset {
            Some(minutes) => Written::Instant(Timestamp::from_millis(clock - minutes * 60_000)),
            None => Written::Local(Timestamp::from_millis(clock)),
        })
    }

    /// What the clock showed, in milliseconds as if it were UTC.
    fn clock(&mut self, text: &str) -> Option<i64> {
        let millis = |clock: DateTime| {
            Some(clock.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
        };
        let read = |form: &str| strtime::parse(form, text).ok()?.to_datetime().ok();
        if let Some(clock) = read(self.forms[self.last]) {
            return millis(clock);
        }
        let (place, clock) =
            self.forms.iter().enumerate().find_map(|(at, form)| Some((at, read(form)?)))?;
        self.last = place;
        millis(clock)
    }
}

/// Seconds or milliseconds since 1970; shorter numbers are none of either.
fn epoch(text: &str) -> Option<Timestamp> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if !(10..=13).contains(&whole.len()) || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if whole.len() >= 12 {
        return text.parse().ok().map(Timestamp::from_millis);
    }
    let seconds: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "eleven digits of seconds fit")]
    let millis = (seconds * 1000.0).round() as i64;
    Some(Timestamp::from_millis(millis))
}

/// One blank between words, no commas, no `T` between day and clock, `AM` and `PM` apart.
fn plain(text: &str) -> String {
    let upper = text.replace(',', " ").replace(" at ", " ").to_uppercase();
    let upper = upper.replace('\u{202f}', " ").replace("A.M.", "AM").replace("P.M.", "PM");
    let mut plain = String::with_capacity(upper.len() + 1);
    let mut before = ' ';
    for letter in upper.chars() {
        let is_half = matches!(letter, 'A' | 'P') && before.is_ascii_digit();
        let is_day_end = letter == 'T' && before.is_ascii_digit();
        if is_half && !plain.ends_with(' ') {
            plain.push(' ');
        }
        let letter = if is_day_end || letter.is_whitespace() { ' ' } else { letter };
        if letter != ' ' || !plain.ends_with(' ') {
            plain.push(letter);
        }
        before = letter;
    }
    plain.trim().to_owned()
}

/// The clock, and how many minutes from UTC it hangs, where that stands behind it.
fn apart(text: &str) -> (String, Option<i64>) {
    let Some((clock, zone)) = text.rsplit_once(' ') else { return (text.to_owned(), None) };
    let zone = zone.trim_matches(['(', ')']);
    let named = ZONES.iter().find(|(name, _)| *name == zone).map(|(_, minutes)| *minutes);
    match named.or_else(|| minutes(zone)) {
        Some(minutes) => (clock.to_owned(), Some(minutes)),
        None => (text.to_owned(), None),
    }
}

/// `+0530`, `-05:00`, `UTC+2`.
fn minutes(zone: &str) -> Option<i64> {
    let zone = zone.trim_start_matches("UTC").trim_start_matches("GMT");
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(both) => both,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// In which order times such as `03/04/2026 10:00` write day and month; `None` where none of them
/// tells.
pub fn day_order<'a>(times: impl IntoIterator<Item = &'a str>) -> Option<DayOrder> {
    times.into_iter().find_map(|text| {
        let mut parts = text.trim().split('/');
        let first: u32 = parts.next()?.trim().parse().ok()?;
        let second: u32 = parts.next()?.trim().parse().ok()?;
        match (first, second) {
            (13..=31, 1..=12) => Some(DayOrder::DayFirst),
            (1..=12, 13..=31) => Some(DayOrder::MonthFirst),
            _ => None,
        }
    })
}
