//! Names as a check of completeness: a call that one source names must be there in the other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::{Coverage, Mark, Timestamp, Window};

/// How far apart two witnesses may tell the time of one call. A line rings before anybody talks,
/// a queue comes before the line, and a message is written when all is over.
pub const SLACK: Duration = Duration::from_hours(1);

/// Why nobody can say whether a call that is not here is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotJudged {
    /// No source reads that provider, or that part of it.
    NoSource,
    /// A source that could have it has not proved its list of that time.
    NotCovered,
    /// A source that could have it was listed with numbers that contradict each other.
    ListInDoubt,
    /// It came, and nobody could read it: it is set aside whole.
    SetAside,
}

impl NotJudged {
    /// Its meaning.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoSource => "no source here reads where they would be",
            Self::NotCovered => "the other side has not proved its list of that time",
            Self::ListInDoubt => "the other side's list of that time contradicts its own total",
            Self::SetAside => "their record came and could not be read; it is set aside whole",
        }
    }
}

/// What became of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Both have the call.
    Seen,
    /// The other side proved its list of that time, and the call is not in it.
    Missing,
    /// Nobody can say.
    NotJudged(NotJudged),
}

/// Judges a call that is not held by any of the sources whose ledgers these are, named by a call
/// of this time. All of them must have looked: which of them it belongs to, its name does not say.
pub fn judge(at: Timestamp, ledgers: &[&Coverage]) -> Outcome {
    let Ok(around) = Window::new(at - SLACK, at + SLACK) else {
        return Outcome::NotJudged(NotJudged::NotCovered);
    };
    if ledgers.is_empty() {
        return Outcome::NotJudged(NotJudged::NoSource);
    }
    if ledgers.iter().any(|ledger| !ledger.gaps(around).is_empty()) {
        return Outcome::NotJudged(NotJudged::NotCovered);
    }
    let rows = ledgers.iter().flat_map(|ledger| ledger.rows());
    let mut inside = rows.filter(|row| row.window.intersect(around).is_some());
    if inside.any(|row| matches!(row.mark, Some(Mark::PossiblyTruncated(_)))) {
        return Outcome::NotJudged(NotJudged::ListInDoubt);
    }
    Outcome::Missing
}

/// The names one source said, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// All that were said.
    pub named: u64,
    /// Those both sides have.
    pub seen: u64,
    /// Those that are not there.
    pub missing: u64,
    /// Those nobody can judge, by why.
    pub not_judged: BTreeMap<NotJudged, u64>,
}

impl Names {
    /// Counts one.
    pub fn count(&mut self, outcome: Outcome) {
        self.named += 1;
        match outcome {
            Outcome::Seen => self.seen += 1,
            Outcome::Missing => self.missing += 1,
            Outcome::NotJudged(why) => *self.not_judged.entry(why).or_default() += 1,
        }
    }

    /// Whether every name said is counted exactly once.
    pub fn balances(&self) -> bool {
        self.named == self.seen + self.missing + self.not_judged.values().sum::<u64>()
    }
}
