//! What a ledger proves: up to when, with which gaps, and how well each day.

use std::time::Duration;

use domain::{Coverage, Timestamp, Window};
use schemars::JsonSchema;
use serde::Serialize;

use super::days::{Day, days};
use crate::api::Instant;

/// How far a source's history is proved.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The end of the newest window anybody has looked at.
    #[schemars(with = "Option<Instant>")]
    pub read_until: Option<Timestamp>,
    /// Windows before that instant that are not proved.
    pub unproved_windows: u64,
    /// How long they are together.
    pub unproved_ms: u64,
    /// The newest of them, at most ten.
    pub gaps: Vec<Gap>,
    /// How well each of the last days is proved.
    pub days: Vec<Day>,
}

/// A window that is not proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gap {
    /// Its first instant.
    #[schemars(with = "Instant")]
    pub from: Timestamp,
    /// The first instant after it.
    #[schemars(with = "Instant")]
    pub to: Timestamp,
}

const GAPS: usize = 10;

impl Proof {
    /// Reads a ledger. What is younger than its newest row is not yet due, so it is no gap.
    pub fn of(ledger: &Coverage, since: Timestamp, now: Timestamp, count: u32) -> Self {
        let read_until = ledger.rows().last().map(|row| row.window.to());
        let wanted = read_until.and_then(|until| Window::new(since, until).ok());
        let gaps = wanted.map(|wanted| ledger.gaps(wanted)).unwrap_or_default();
        let length: Duration = gaps.iter().map(|gap| gap.length()).sum();
        let newest = gaps.iter().rev().take(GAPS);
        Self {
            read_until,
            unproved_windows: gaps.len() as u64,
            unproved_ms: u64::try_from(length.as_millis()).unwrap_or(u64::MAX),
            gaps: newest.map(|gap| Gap { from: gap.from(), to: gap.to() }).collect(),
            days: days(ledger.rows(), since, read_until, now, count),
        }
    }
}
