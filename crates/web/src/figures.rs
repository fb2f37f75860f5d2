//! Numbers, shares, spans and instants as people read them.

use std::fmt;
use std::time::Duration;

use domain::Timestamp;

/// A number of things, in groups of three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl Count {
    /// A count as the database gives it.
    pub fn of(count: i64) -> Self {
        Self(u64::try_from(count).unwrap_or(0))
    }

    /// `1 call`, `2 calls`.
    pub fn of_things(self, one: &str, many: &str) -> String {
        format!("{self} {}", if self.0 == 1 { one } else { many })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.write_str(&text)
    }
}

/// A share in percent that never says all or none unless it is.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = part.saturating_mul(1000).saturating_add(whole / 2) / whole;
    match (part, tenths) {
        (0, _) => "0 %".to_owned(),
        (_, 0) => "< 0.1 %".to_owned(),
        (_, 1000..) if part == whole => "100 %".to_owned(),
        (_, 1000..) => "> 99.9 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// An amount of data in its largest unit: `2.5 MB`.
pub fn bytes(count: u64) -> String {
    let tenths = |unit: u64| count.saturating_mul(10) / unit;
    let (unit, name) = match count {
        0..1_000 => return format!("{count} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", tenths(unit) / 10, tenths(unit) % 10)
}

/// A span of time in its two largest units.
pub fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{}.{} s", seconds, length.subsec_millis() / 100),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

fn two(large: u64, unit: &str, small: u64, rest: &str) -> String {
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {rest}") }
}

/// A span of time in its largest unit.
pub fn age(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => "under a minute".to_owned(),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `21 Nov 2026`.
pub fn day(at: Timestamp) -> String {
    written(at, "%-d %b %Y")
}

/// `21 Nov 13:05`.
pub fn brief(at: Timestamp) -> String {
    written(at, "%-d %b %H:%M")
}

/// `21 Nov 2026, 13:05`.
pub fn minute(at: Timestamp) -> String {
    written(at, "%-d %b %Y, %H:%M")
}

/// `13:05:07`.
pub fn clock(at: Timestamp) -> String {
    written(at, "%H:%M:%S")
}

/// `Nov`.
pub fn month(at: Timestamp) -> String {
    written(at, "%b")
}

/// Whether a month begins on this day.
pub fn begins_month(at: Timestamp) -> bool {
    written(at, "%d") == "01"
}

fn written(at: Timestamp, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.to_string(), |instant| instant.strftime(form).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Count, bytes, share, span};

    #[test]
    fn counts_are_grouped_by_three_digits() {
        let text = |n| Count(n).to_string();
        assert_eq!(
            [text(0), text(999), text(1000), text(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn a_share_says_all_or_none_only_when_it_is() {
        assert_eq!(share(1, 1_000_000), "< 0.1 %");
        assert_eq!(share(999_999, 1_000_000), "> 99.9 %");
        assert_eq!(
            [share(0, 5), share(5, 5), share(1, 3), share(0, 0)],
            ["0 %", "100 %", "33.3 %", "–"]
        );
    }

    #[test]
    fn an_amount_has_one_unit() {
        let texts = [0, 999, 1_000, 2_560_000, 3_000_000_000].map(bytes);
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "2.5 MB", "3.0 GB"]);
    }

    #[test]
    fn a_span_has_two_units() {
        let text = |ms| span(Duration::from_millis(ms));
        assert_eq!(text(250), "250 ms");
        assert_eq!(text(2_450), "2.4 s");
        assert_eq!(text(125_000), "2 min 5 s");
        assert_eq!(text(90_000_000), "1 d 1 h");
    }
}
