//! Numbers, durations and instants as people read them.

use std::time::Duration;

use domain::Timestamp;

/// 1234567 as `1,234,567`.
pub fn count(number: impl TryInto<i128>) -> String {
    let Ok(number) = number.try_into() else { return "?".to_owned() };
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// `85 ms`, `4.2 s`, `3 min 5 s`, `2 h 10 min`, `4 days`.
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span < Duration::from_secs(1) => format!("{} ms", span.as_millis()),
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// An instant of the database.
pub fn instant(millis: i64) -> String {
    Timestamp::from_millis(millis).to_string()
}

/// A share of a whole.
pub fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        "–".to_owned()
    } else {
        format!("{:.1}%", 100.0 * part as f64 / whole as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let written = [0, 7, 999, 1000, 20_412, 1_234_567, -4500].map(count);
        assert_eq!(written, ["0", "7", "999", "1,000", "20,412", "1,234,567", "-4,500"]);
    }

    #[test]
    fn durations_have_two_digits_that_matter() {
        let written = [85, 4200, 185_000, 7_800_000, 345_600_000]
            .map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(written, ["85 ms", "4.2 s", "3 min 5 s", "2 h 10 min", "4 days"]);
    }
}
