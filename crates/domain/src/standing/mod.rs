//! The ledger as people look at it: spans of one proof each, and days made of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::coverage::{Coverage, Covered, Level, Mark};
use crate::plan::due_spans;
use crate::{Capabilities, RunId, Timestamp, Window};

const DAY: Duration = Duration::from_hours(24);

/// How well a span is proved, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Nobody looked.
    Unread,
    /// The provider could not be asked.
    Unreachable,
    /// The provider was asked, and did not prove that its list was whole.
    PossiblyTruncated,
    /// Listed completely once.
    Listed,
    /// Listed again after its last settle tier.
    Settled,
    /// Compared with the provider.
    Compared,
}

impl Proof {
    /// Every one, worst first.
    pub const ALL: [Self; 6] = [
        Self::Unread,
        Self::Unreachable,
        Self::PossiblyTruncated,
        Self::Listed,
        Self::Settled,
        Self::Compared,
    ];

    /// Whether the provider's list is known to be whole.
    pub fn is_proof(self) -> bool {
        self >= Self::Listed
    }

    /// Its name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Unread => "not read",
            Self::Unreachable => "unreachable",
            Self::PossiblyTruncated => "possibly truncated",
            Self::Listed => "listed",
            Self::Settled => "settled",
            Self::Compared => "compared",
        }
    }
}

/// A span of which the ledger says one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The span.
    pub window: Window,
    /// How well it is proved.
    pub proof: Proof,
    /// Whether it is proved to hold no call.
    pub is_empty: bool,
    /// What kept it from being proved, in the words of whoever looked.
    pub why: Option<String>,
    /// The run that looked last.
    pub run: Option<RunId>,
    /// When it looked.
    pub checked_at: Option<Timestamp>,
}

/// What the ledger says of every instant of `wanted`, oldest first and without a hole.
pub fn spans(coverage: &Coverage, wanted: Window) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from = wanted.from();
    let rows = coverage.rows();
    let first = rows.partition_point(|row| row.window.to() <= wanted.from());
    for row in &rows[first..] {
        let Some(window) = row.window.intersect(wanted) else { break };
        spans.extend(Window::new(from, window.from()).ok().map(unread));
        spans.push(span(row, window));
        from = window.to();
    }
    spans.extend(Window::new(from, wanted.to()).ok().map(unread));
    spans
}

fn unread(window: Window) -> Span {
    let (why, run, checked_at) = (None, None, None);
    Span { window, proof: Proof::Unread, is_empty: false, why, run, checked_at }
}

fn span(row: &Covered, window: Window) -> Span {
    let (proof, why) = match (row.level, &row.mark) {
        (Level::Listed, _) => (Proof::Listed, None),
        (Level::Settled, _) => (Proof::Settled, None),
        (Level::Compared, _) => (Proof::Compared, None),
        (Level::Unproven, Some(Mark::Unreachable(why))) => (Proof::Unreachable, Some(why.clone())),
        (Level::Unproven, Some(Mark::PossiblyTruncated(why))) => {
            (Proof::PossiblyTruncated, Some(why.clone()))
        }
        (Level::Unproven, _) => (Proof::PossiblyTruncated, None),
    };
    let is_empty = proof.is_proof() && row.mark == Some(Mark::Empty);
    let (run, checked_at) = (Some(row.run), Some(row.checked_at));
    Span { window, proof, is_empty, why, run, checked_at }
}

/// One day of a ledger, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The whole day.
    pub window: Window,
    /// What of it is to be proved by now: nothing before its source begins, and nothing younger
    /// than the provider's lag.
    pub wanted: Option<Window>,
    /// What the ledger says of that.
    pub spans: Vec<Span>,
    /// How much of it is old enough to be read again, and was not yet.
    pub due: Duration,
}

/// What is said of a whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "standing", content = "proved")]
pub enum Standing {
    /// No part of it is wanted yet, or ever.
    NotWanted,
    /// All that is wanted of it has this proof, or a better one.
    Whole(Proof),
    /// Only so much of it is proved.
    Partly(Duration),
}

impl Day {
    /// How much of it is proved this well, exactly.
    pub fn length(&self, proof: Proof) -> Duration {
        self.spans.iter().filter(|span| span.proof == proof).map(|span| span.window.length()).sum()
    }

    /// How much of it is proved.
    pub fn proved(&self) -> Duration {
        Proof::ALL
            .into_iter()
            .filter(|proof| proof.is_proof())
            .map(|proof| self.length(proof))
            .sum()
    }

    /// As well as its worst part; a day of which some part is proved and another is not is partly
    /// proved.
    pub fn standing(&self) -> Standing {
        let Some(worst) = self.spans.iter().map(|span| span.proof).min() else {
            return Standing::NotWanted;
        };
        let proved = self.proved();
        if worst.is_proof() || proved.is_zero() {
            return Standing::Whole(worst);
        }
        Standing::Partly(proved)
    }

    /// Whether all that is wanted of it is proved to hold no call.
    pub fn is_empty(&self) -> bool {
        !self.spans.is_empty() && self.spans.iter().all(|span| span.is_empty)
    }

    /// Whether a part of it is still to come, or too young to be proved.
    pub fn is_open(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted.to() < self.window.to())
    }
}

/// The days that `span` touches, oldest first, of a source that begins at `since`.
pub fn days(
    coverage: &Coverage,
    capabilities: &Capabilities,
    since: Timestamp,
    span: Window,
    now: Timestamp,
) -> Vec<Day> {
    let due = due_spans(coverage, &capabilities.tiers, now);
    let provable = now - capabilities.lag;
    let first = span.from().floor_to(DAY);
    let all = (0..).map(|nth| first + DAY * nth).take_while(|from| *from < span.to());
    all.filter_map(|from| Window::new(from, from + DAY).ok())
        .map(|window| {
            let wanted = Window::new(window.from().max(since), window.to().min(provable)).ok();
            let due = due.iter().filter_map(|(due, _)| due.intersect(window)).map(Window::length);
            let spans = wanted.map(|wanted| spans(coverage, wanted)).unwrap_or_default();
            Day { window, wanted, spans, due: due.sum() }
        })
        .collect()
}

#[cfg(test)]
mod tests;
