//! Days as a grid: a week is a row, a day a cell.

use std::time::Duration;

use domain::{Day, Proof, Standing, Timestamp};

use crate::output::Style;

const DAY_MS: i64 = 86_400_000;
const CELL: usize = 6;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The grid, oldest week first. Weeks begin on Mondays.
pub fn grid(days: &[Day], style: Style) -> String {
    let Some(first) = days.first() else { return String::new() };
    let names: Vec<String> = WEEKDAYS.iter().map(|name| format!("{name:<CELL$}")).collect();
    let mut lines = vec![style.dim(&format!("  week of     {}", names.concat().trim_end()))];
    let before = weekday(first.window.from());
    let blanks = std::iter::repeat_n(None, before);
    let cells: Vec<Option<&Day>> = blanks.chain(days.iter().map(Some)).collect();
    let monday = first.window.from().as_millis() - DAY_MS * before as i64;
    for (week, cells) in (0..).zip(cells.chunks(7)) {
        let begins = Timestamp::from_millis(monday + week * 7 * DAY_MS);
        let row: String = cells.iter().map(|day| cell(*day, style)).collect();
        let line = format!("  {}  {row}", style.dim(&day_name(begins)));
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

/// `2026-03-01`.
pub fn day_name(at: Timestamp) -> String {
    at.to_string().chars().take("2026-03-01".len()).collect()
}

fn weekday(at: Timestamp) -> usize {
    // 1 January 1970 was a Thursday.
    let days = at.as_millis().div_euclid(DAY_MS) + 3;
    usize::try_from(days.rem_euclid(7)).unwrap_or(0)
}

fn cell(day: Option<&Day>, style: Style) -> String {
    let Some(day) = day else { return " ".repeat(CELL) };
    let mut sign = sign(day.standing());
    if day.is_empty() {
        sign.push('∅');
    }
    if day.is_open() {
        sign.push('…');
    }
    painted(day.standing(), &format!("{sign:<CELL$}"), style)
}

fn sign(standing: Standing) -> String {
    match standing {
        Standing::NotWanted => String::new(),
        Standing::Partly(proved) => format!("{}h", hours(proved)),
        Standing::Whole(Proof::Unread) => "·".to_owned(),
        Standing::Whole(Proof::Unreachable) => "!".to_owned(),
        Standing::Whole(Proof::PossiblyTruncated) => "?".to_owned(),
        Standing::Whole(Proof::Listed) => "░".to_owned(),
        Standing::Whole(Proof::Settled) => "▓".to_owned(),
        Standing::Whole(Proof::Compared) => "█".to_owned(),
    }
}

/// Whole hours, rounded down: a day of which a minute lacks is no whole day.
fn hours(length: Duration) -> u64 {
    length.as_secs() / 3600
}

fn painted(standing: Standing, text: &str, style: Style) -> String {
    match standing {
        Standing::NotWanted => text.to_owned(),
        Standing::Whole(proof) if proof >= Proof::Settled => style.green(text),
        Standing::Whole(Proof::Listed) => style.command(text),
        Standing::Partly(_) | Standing::Whole(Proof::PossiblyTruncated) => style.yellow(text),
        Standing::Whole(_) => style.red(text),
    }
}

/// What the signs of these days mean.
pub fn legend(days: &[Day], style: Style) -> String {
    let all = [Proof::Compared, Proof::Settled, Proof::Listed, Proof::PossiblyTruncated]
        .into_iter()
        .chain([Proof::Unreachable, Proof::Unread])
        .map(Standing::Whole);
    let mut said: Vec<String> = all
        .filter(|standing| days.iter().any(|day| day.standing() == *standing))
        .map(|standing| {
            let Standing::Whole(proof) = standing else { return String::new() };
            format!("{} {}", painted(standing, &sign(standing), style), proof.title())
        })
        .collect();
    let is_partly = |day: &Day| matches!(day.standing(), Standing::Partly(_));
    if days.iter().any(is_partly) {
        said.push(format!("{} proved for so many hours", style.yellow("9h")));
    }
    if days.iter().any(Day::is_empty) {
        said.push("∅ proved to hold no call".to_owned());
    }
    if days.iter().any(Day::is_open) {
        said.push("… not over".to_owned());
    }
    if said.is_empty() { String::new() } else { format!("  {}", said.join("   ")) }
}
