//! The same days in sentences and in JSON.

use std::time::Duration;

use domain::{Day, Proof, Span, Standing};
use serde_json::{Value, json};

use super::grid::day_name;
use crate::commands::waiting::quoted;
use crate::output::{Style, count, duration};

/// Spans of days that are told before the rest is summed up.
const TOLD_MAX: usize = 10;

/// How many days are proved how well, in a sentence.
pub fn summary(days: &[Day]) -> String {
    let of = |standing: Standing| days.iter().filter(|day| day.standing() == standing).count();
    let wanted = days.len() - of(Standing::NotWanted);
    if wanted == 0 {
        return "No day of this span is to be proved yet.".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut add = |days: usize, what: &str| {
        if days > 0 {
            parts.push(format!("{} {what}", count(days as u64)));
        }
    };
    for proof in Proof::ALL.into_iter().rev() {
        add(of(Standing::Whole(proof)), proof.title());
    }
    let partly = days.iter().filter(|day| matches!(day.standing(), Standing::Partly(_)));
    add(partly.count(), "proved in part");
    let proved = days
        .iter()
        .filter(|day| matches!(day.standing(), Standing::Whole(proof) if proof.is_proof()));
    let empty = days.iter().filter(|day| day.is_empty()).count();
    let empty = match empty {
        0 => String::new(),
        days => format!("; {} of them hold no call", count(days as u64)),
    };
    format!(
        "{} of {} days are proved: {}{empty}.",
        count(proved.count() as u64),
        count(wanted as u64),
        parts.join(", ")
    )
}

/// What is wrong with days that are not proved, newest first, and the command that helps.
pub fn troubles(here: &str, source: &str, days: &[Day], style: Style) -> Vec<String> {
    let bad: Vec<&Day> = days.iter().rev().filter(|day| lacks(day)).collect();
    if bad.is_empty() {
        return due(here, source, days, style);
    }
    let told = joined(&bad);
    let mut lines: Vec<String> =
        told.iter().take(TOLD_MAX).map(|(when, what)| format!("  {when}  {what}")).collect();
    if told.len() > TOLD_MAX {
        lines.push(format!("  and {} more", count((told.len() - TOLD_MAX) as u64)));
    }
    let command = style.command(&format!("{here} gaps {}", quoted(source)));
    vec![lines.join("\n"), format!("Why, and what repairs it: {command}")]
}

fn due(here: &str, source: &str, days: &[Day], style: Style) -> Vec<String> {
    let due: Duration = days.iter().map(|day| day.due).sum();
    if due.is_zero() {
        return Vec::new();
    }
    let command = style.command(&format!("{here} sync {}", quoted(source)));
    vec![format!("{} are old enough to be read again: {command}", duration(due))]
}

fn lacks(day: &Day) -> bool {
    match day.standing() {
        Standing::NotWanted => false,
        Standing::Partly(_) => true,
        Standing::Whole(proof) => !proof.is_proof(),
    }
}

/// When, and what is wrong then; neighbours of which the same is wrong are one.
fn joined(newest_first: &[&Day]) -> Vec<(String, String)> {
    let mut told: Vec<(&Day, &Day, String)> = Vec::new();
    for day in newest_first.iter().copied() {
        let what = trouble(day);
        match told.last_mut() {
            Some((oldest, _, same)) if *same == what && day.window.to() == oldest.window.from() => {
                *oldest = day;
            }
            _ => told.push((day, day, what)),
        }
    }
    let when = |oldest: &Day, newest: &Day| {
        let (from, to) = (day_name(oldest.window.from()), day_name(newest.window.from()));
        if from == to { from } else { format!("{from} to {to}") }
    };
    told.into_iter().map(|(oldest, newest, what)| (when(oldest, newest), what)).collect()
}

/// `19 h 0 min of 24 h 0 min proved; 05:00 to 10:00 unreachable: …`.
fn trouble(day: &Day) -> String {
    let wanted = day.wanted.map(domain::Window::length).unwrap_or_default();
    let proved = match day.standing() {
        Standing::Partly(proved) => {
            format!("{} of {} proved; ", duration(proved), duration(wanted))
        }
        _ => String::new(),
    };
    let bad: Vec<&Span> = day.spans.iter().filter(|span| !span.proof.is_proof()).collect();
    let Some(first) = bad.first() else { return proved };
    let more = match bad.len() - 1 {
        0 => String::new(),
        1 => ", and one span more".to_owned(),
        more => format!(", and {more} spans more"),
    };
    let when = match day.standing() {
        Standing::Partly(_) => format!("{} ", clock(first)),
        _ => String::new(),
    };
    let why = first.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{proved}{when}{}{why}{more}", first.proof.title())
}

/// `05:00 to 10:00`.
fn clock(span: &Span) -> String {
    let time = |at: domain::Timestamp| at.to_string().chars().skip(11).take(5).collect::<String>();
    format!("{} to {}", time(span.window.from()), time(span.window.to()))
}

/// A day for programs.
pub fn as_json(day: &Day) -> Value {
    let seconds = |length: Duration| length.as_secs();
    let lengths: serde_json::Map<String, Value> = Proof::ALL
        .into_iter()
        .filter(|proof| !day.length(*proof).is_zero())
        .map(|proof| (name(proof), json!(seconds(day.length(proof)))))
        .collect();
    let standing = match day.standing() {
        Standing::NotWanted => "not_wanted".to_owned(),
        Standing::Partly(_) => "partly".to_owned(),
        Standing::Whole(proof) => name(proof),
    };
    let why: Vec<&str> = day.spans.iter().filter_map(|span| span.why.as_deref()).collect();
    json!({
        "day": day_name(day.window.from()), "standing": standing, "isEmpty": day.is_empty(),
        "isOpen": day.is_open(), "wantedSeconds": day.wanted.map_or(0, |it| seconds(it.length())),
        "provedSeconds": seconds(day.proved()), "secondsByProof": lengths,
        "dueSeconds": seconds(day.due), "why": why,
    })
}

fn name(proof: Proof) -> String {
    proof.title().replace(' ', "_")
}
