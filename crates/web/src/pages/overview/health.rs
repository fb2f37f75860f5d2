//! How the sources go, in a sentence and each on a line: last success, next run, lateness, budget.

use std::time::Duration;

use domain::Timestamp;

use crate::facts::{Health, SourceFacts, Status};
use crate::figures::age;
use crate::list::{Cell, Column, Table, encoded};
use crate::zone::Zone;

/// How the sources go.
pub struct HealthCard {
    /// All of them in a sentence.
    pub sentence: String,
    /// Each on a line.
    pub table: Table,
}

impl HealthCard {
    /// Of all sources.
    pub fn of(status: &Status) -> Self {
        let now = status.as_of;
        let all: Vec<&Health> = status.sources.iter().map(|source| &source.health).collect();
        let read = all.iter().filter(|it| it.paused_at.is_none()).collect::<Vec<_>>();
        let oldest = read.iter().map(|it| it.succeeded_at).min().flatten();
        let never = read.iter().filter(|it| it.succeeded_at.is_none()).count();
        let well = match (read.len(), never, oldest) {
            (0, ..) => "Every source rests".to_owned(),
            (_, 0, Some(at)) => {
                format!("Each source was read well within the last {}", lately(now.since(at)))
            }
            (all, never, _) => format!("{never} of {all} sources were never read well"),
        };
        let lag = all.iter().filter_map(|it| it.settle_delay_seconds).max().unwrap_or(0);
        let young = match lag.div_ceil(60) {
            0 => String::new(),
            minutes => format!("; calls of the last {minutes} min may still come"),
        };
        Self {
            sentence: format!("{well}; {}{young}.", next(&read, now)),
            table: table(&status.sources, now),
        }
    }
}

/// A span that is looked back over.
fn lately(span: Duration) -> String {
    if span < Duration::from_mins(1) { "minute".to_owned() } else { age(span) }
}

/// When something is read next, over all sources.
fn next(read: &[&&Health], now: Timestamp) -> String {
    let all = read.iter().filter_map(|it| it.next_run.as_ref());
    // What is due stands before what has an instant.
    match all.map(|next| next.at).min() {
        None => "nothing is read by itself".to_owned(),
        Some(None) => "the next run is due".to_owned(),
        Some(Some(at)) => format!("the next run is in {}", age(at.since(now))),
    }
}

/// Each source on a line.
pub fn table(sources: &[SourceFacts], now: Timestamp) -> Table {
    let columns = [
        Column::text("Source"),
        Column::text("Last read well"),
        Column::text("Next run"),
        Column::text("Calls are listed"),
        Column::text("Requests"),
        Column::wide("When numbers stand"),
    ];
    Table::new(columns, "No source is set up yet.").with(sources, |source: &SourceFacts| {
        let health = &source.health;
        let well = health.succeeded_at.map(|at| Zone::utc().minute(at));
        vec![
            Cell::link(source.name.clone(), format!("/sources/{}", encoded(&source.name))),
            Cell::at(well).noting(health.succeeded_at.map_or_else(
                || Some("never".to_owned()),
                |at| Some(format!("{} ago", age(now.since(at)))),
            )),
            Cell::Text(health.next(now)),
            Cell::Text(health.lateness()),
            Cell::Text(health.budget()),
            Cell::Text(health.settles()),
        ]
    })
}
