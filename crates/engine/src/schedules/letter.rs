//! What is told of a scheduled comparison: its numbers and causes. No call, no number of a person, no
//! name and no link is in it; whoever wants more looks at the run.

use std::fmt::Write as _;

use domain::{JobParameters, Timestamp};
use providers::outgoing::Letter;
use serde_json::{Map, Value, json};
use store::JobRow;

/// What of a report is told: numbers and nothing else.
const TOLD: [&str; 3] = ["summary", "reasonBreakdown", "extraBreakdown"];

/// The letter about a job that has ended, with the report that its run keeps.
pub(super) fn letter(job: &JobRow, report: Option<&Value>) -> Letter {
    let name = job.schedule.as_deref().unwrap_or("a schedule that was removed");
    let asked: JobParameters = serde_json::from_str(&job.parameters).unwrap_or_default();
    let outcome = outcome(job);
    let mut told = told(report);
    let before = report.and_then(|report| report.pointer("/repair/before"));
    if let Some(before) = before {
        told.insert("before".to_owned(), Value::Object(self::told(Some(before))));
    }
    let mut json = json!({
        "event": "comparison", "job": job.job_id, "schedule": name, "source": job.source,
        "account": report.and_then(|report| report.get("account")), "kind": job.kind,
        "status": job.status, "outcome": outcome, "dueAt": job.due_at.map(Timestamp::from_millis),
        "from": asked.from, "to": asked.to, "standsFor": asked.stands_for,
        "syncLogId": job.run_id,
    });
    if let Some(all) = json.as_object_mut() {
        all.extend(told.clone());
    }
    Letter {
        subject: format!("Everycall: {name}: {outcome}"),
        text: text(job, &asked, &outcome, &told),
        json: json.to_string(),
        id: format!("job-{}", job.job_id),
    }
}

/// The first sentence of an outcome. What follows may quote the provider.
fn outcome(job: &JobRow) -> String {
    if job.status != "done" {
        return "the comparison could not be made; the job says why".to_owned();
    }
    let whole = job.outcome.as_deref().unwrap_or_default();
    let (counts, rest) = match whole.split_once(". Not all could be read") {
        Some((counts, _)) => (counts, "; not all could be read"),
        None => (whole, ""),
    };
    format!("{counts}{rest}")
}

/// Only what is a number, or an instant, however deep.
fn told(report: Option<&Value>) -> Map<String, Value> {
    let Some(report) = report else { return Map::new() };
    let part = |key: &&str| Some(((*key).to_owned(), numbers(report.get(*key)?)));
    TOLD.iter().filter_map(part).collect()
}

fn numbers(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let is_told = |value: &Value| {
        let is_instant = value.as_str().is_some_and(|text| Timestamp::parse_human(text).is_ok());
        value.is_number() || value.is_object() || is_instant
    };
    let fields = fields.iter().filter(|(_, value)| is_told(value));
    Value::Object(fields.map(|(key, value)| (key.clone(), numbers(value))).collect())
}

fn text(job: &JobRow, asked: &JobParameters, outcome: &str, told: &Map<String, Value>) -> String {
    let mut text = format!("{outcome}.\n\n");
    let mut line = |name: &str, value: String| {
        // A text takes every line.
        writeln!(text, "{name:<26}{value}").unwrap_or_default();
    };
    line("source", job.source.clone());
    if let Some((from, to)) = asked.from.zip(asked.to) {
        line("compared", format!("{from} to {to}"));
    }
    let sections =
        [("summary", ""), ("reasonBreakdown", "missing: "), ("extraBreakdown", "only here: ")];
    for (section, prefix) in sections {
        let fields = told.get(section).and_then(Value::as_object).into_iter().flatten();
        for (name, value) in fields.filter(|(_, value)| value.is_number()) {
            line(&format!("{prefix}{}", spaced(name)), value.to_string());
        }
    }
    if let Some(run) = job.run_id {
        line("run", run.to_string());
    }
    text
}

/// `missingInDatabase` as people write it.
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    for letter in name.chars() {
        match letter {
            '_' => spaced.push(' '),
            letter if letter.is_ascii_uppercase() => {
                spaced.push(' ');
                spaced.push(letter.to_ascii_lowercase());
            }
            letter => spaced.push(letter),
        }
    }
    spaced
}
