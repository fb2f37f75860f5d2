//! What a row of an exported file says of its call. Pure.

use std::time::Duration;

use domain::Timestamp;

use super::key::{created, created_at};
use super::zone::{Hints, Zone, apart};
use crate::export::Row;

/// How far a call's time may lie from the creation of its channel: a queue entry is written when the
/// call enters the queue, which may be long after. Further away, one of both is misread.
const SAME_CALL: Duration = Duration::from_hours(24);

/// Where a row came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// `vicidial_log`.
    Outbound,
    /// `vicidial_closer_log`.
    Queued,
}

/// What identifies the call of a row, as far as a file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub unique: String,
    pub lead: i64,
    pub at: Timestamp,
    /// How exactly its time is written.
    pub precision: Duration,
    /// `None` when the file does not say.
    pub side: Option<Side>,
}

/// Reads a row, or says why it cannot be told which call it is.
pub(super) fn read(row: &Row, zone: &Zone, skew: Duration) -> Result<Wanted, String> {
    if let Some(why) = row.trouble() {
        return Err(why.to_owned());
    }
    let Some(unique) = row.get("uniqueid") else {
        return Err("the row has no `uniqueid`, and its lead and time may be several calls; \
                    export with EXTENDED fields"
            .to_owned());
    };
    let lead = row.get("lead_id").and_then(|lead| lead.parse().ok());
    let lead = lead.ok_or("the row has no `lead_id`")?;
    let date = row.get("call_date").ok_or("the row has no `call_date`")?;
    let (at, precision) =
        instant(date, unique, None, zone, skew).ok_or("`call_date` is no date that can be read")?;
    if created_at(unique).is_some_and(|created| apart(created, at) > SAME_CALL) {
        return Err("`call_date` and `uniqueid` lie more than a day apart, so one of them is not \
                    what it seems"
            .to_owned());
    }
    let side = row.get("alt_dial").and_then(side);
    Ok(Wanted { unique: unique.to_owned(), lead, at, precision, side })
}

/// The instant of a written date, and how exactly it is written.
pub(super) fn instant(
    date: &str,
    unique: &str,
    start: Option<Timestamp>,
    zone: &Zone,
    skew: Duration,
) -> Option<(Timestamp, Duration)> {
    let (local, precision) = local(date)?;
    let hints = Hints { start, created: created_at(unique) };
    let at = zone.instant(&local, hints, skew.max(precision))?;
    Some((at, precision))
}

/// The part of a channel's name that stays when it is rewritten.
pub(super) fn second(unique: &str) -> &str {
    created(unique).map_or(unique, |(second, _)| second)
}

/// Inbound rows have their time in the queue where outbound ones have which number was dialled.
fn side(alt_dial: &str) -> Option<Side> {
    if alt_dial.parse::<f64>().is_ok() {
        return Some(Side::Queued);
    }
    let is_nth = |text: &str| {
        text.strip_prefix('X').is_some_and(|nth| nth == "LAST" || nth.parse::<u32>().is_ok())
    };
    let is_number = ["NONE", "MAIN", "ALT", "ADDR3"].contains(&alt_dial) || is_nth(alt_dial);
    is_number.then_some(Side::Outbound)
}

/// `2026-03-31 12:00:05` as exported, or `3/31/2026 12:00[:05][ PM]` as an American spreadsheet
/// writes it; the first form of it, and how exactly the text says it.
pub(super) fn local(text: &str) -> Option<(String, Duration)> {
    let text = text.trim();
    let (date, time) = text.split_once([' ', 'T'])?;
    let (year, month, day) = if date.contains('/') {
        let [month, day, year] = date.split('/').collect::<Vec<_>>().try_into().ok()?;
        (year, month, day)
    } else {
        let [year, month, day] = date.split('-').collect::<Vec<_>>().try_into().ok()?;
        (year, month, day)
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let (time, half) = match time.trim().split_once(' ') {
        Some((time, half)) => (time, Some(half.trim().to_ascii_uppercase())),
        None => (time.trim(), None),
    };
    let parts: Vec<&str> = time.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (number(hour, 2)?, number(minute, 2)?, None),
        [hour, minute, second] => (number(hour, 2)?, number(minute, 2)?, Some(number(second, 2)?)),
        _ => return None,
    };
    let hour = match half.as_deref() {
        None => hour,
        Some("AM") if (1..=12).contains(&hour) => hour % 12,
        Some("PM") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    let precision = if second.is_some() { Duration::ZERO } else { Duration::from_mins(1) };
    let second = second.unwrap_or(0);
    if year < 1000 {
        return None;
    }
    let local = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    Some((local, precision))
}

fn number(text: &str, digits_max: usize) -> Option<u32> {
    let is_short = !text.is_empty() && text.len() <= digits_max;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    (is_short && is_number).then(|| text.parse().ok()).flatten()
}
