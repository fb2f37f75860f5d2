//! What people's exports write: times, durations, statuses and names of columns, in the forms that
//! providers' screens and spreadsheets give them.

mod time;

use std::time::Duration;

use crate::{CallStatus, Direction};

pub use time::{DayOrder, Times, Written, day_order};

/// A duration: `63`, `63.5`, `1:03`, `0:01:03`, `1m 3s`, `1 hr 2 min`.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    if text.contains(':') {
        let parts = text.split(':').map(|part| part.trim().parse::<u64>().ok());
        let parts: Option<Vec<u64>> = parts.collect();
        let parts = parts.filter(|parts| parts.len() <= 3)?;
        let seconds =
            parts.iter().try_fold(0_u64, |all, part| all.checked_mul(60)?.checked_add(*part));
        return seconds.map(Duration::from_secs);
    }
    spelled(text)
}

/// Numbers with the unit behind each.
fn spelled(text: &str) -> Option<Duration> {
    let lower = text.to_lowercase();
    let (mut seconds, mut rest, mut has_any) = (0_u64, lower.as_str().trim(), false);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let after = rest[digits..].trim_start();
        let unit = after.find(|it: char| !it.is_alphabetic()).unwrap_or(after.len());
        let each = match &after[..unit] {
            "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "s" | "sec" | "secs" | "second" | "seconds" => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(each)?)?;
        rest = after[unit..].trim_start_matches([' ', ',', '.']);
        has_any = true;
    }
    has_any.then(|| Duration::from_secs(seconds))
}

/// Where a call stands. A word that is not known says nothing: it is [`CallStatus::Unknown`].
pub fn status(text: &str) -> CallStatus {
    match name(text).as_str() {
        "completed" | "complete" | "answered" | "connected" | "success" | "successful" | "done"
        | "ended" => CallStatus::Completed,
        "busy" => CallStatus::Busy,
        "no_answer" | "noanswer" | "unanswered" | "not_answered" | "missed" => CallStatus::NoAnswer,
        "failed" | "failure" | "error" => CallStatus::Failed,
        "canceled" | "cancelled" => CallStatus::Canceled,
        "voicemail" | "answering_machine" | "machine" => CallStatus::Voicemail,
        "in_progress" | "ongoing" | "active" => CallStatus::InProgress,
        "ringing" => CallStatus::Ringing,
        "queued" => CallStatus::Queued,
        "initiated" => CallStatus::Initiated,
        _ => CallStatus::Unknown,
    }
}

/// Which way a call went: `inbound`, `Incoming`, `outbound-api`, `OUT`.
pub fn direction(text: &str) -> Option<Direction> {
    let name = name(text);
    let is = |words: [&str; 3]| name.split('_').next().is_some_and(|it| words.contains(&it));
    if is(["inbound", "incoming", "in"]) {
        return Some(Direction::Inbound);
    }
    is(["outbound", "outgoing", "out"]).then_some(Direction::Outbound)
}

/// A column's name as it is compared: `Call Sid`, `callSid` and `CALL-SID` are `call_sid`.
pub fn name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut was_lower = false;
    for letter in text.trim().trim_start_matches('\u{feff}').chars() {
        if !letter.is_alphanumeric() {
            if !name.ends_with('_') && !name.is_empty() {
                name.push('_');
            }
            was_lower = false;
            continue;
        }
        if letter.is_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = letter.is_lowercase() || letter.is_numeric();
        name.extend(letter.to_lowercase());
    }
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests;
