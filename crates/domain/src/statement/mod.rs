//! A statement of completeness: which calls an account had in a period, how well that is proved, and
//! what is assumed. Made to be read, kept and checked by somebody who has no access to the database.

mod chain;
mod check;
mod judge;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::standing::Proof;
use crate::{ProviderKind, RunId, Timestamp};

pub use chain::{Chain, ChainedRun};
pub use check::contradictions;
pub use judge::{assumptions, judge};

/// The form this program writes, counted up when it changes.
pub const STATEMENT_FORMAT: u32 = 1;

/// A statement, as it is written and signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_FORMAT`] of the program that made it.
    pub format: u32,
    /// Of whom it speaks.
    pub account: StatedAccount,
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// The account's calls in the period: the sum over its sources.
    pub calls: u64,
    /// Each source that may have calls of the account.
    pub sources: Vec<StatedSource>,
    /// What follows from all of it.
    pub verdict: Verdict,
    /// The reasons for that, in sentences; none when it is complete.
    pub because: Vec<String>,
    /// What nobody can prove and everything rests on, in sentences.
    pub assumptions: Vec<String>,
}

/// Of whom a statement speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedAccount {
    /// What it is called.
    pub name: String,
    /// Its id in somebody else's books.
    pub external_id: Option<String>,
    /// Calls before this instant are kept and not counted.
    pub calls_reset_at: Option<Timestamp>,
}

/// What a statement amounts to, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Calls may be missing: something is not proved, or not explained.
    NotProved,
    /// Every list was proved whole, and something is still open that could change the numbers.
    ProvedWithReservations,
    /// Every list was proved whole, read again until its provider no longer changes it, compared,
    /// and every call is where it belongs.
    Complete,
}

/// What is said of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedSource {
    /// What it is called.
    pub source: String,
    /// The kind of system.
    pub provider: ProviderKind,
    /// Which part of it.
    pub scope: String,
    /// The account's calls: the sum over the days.
    pub calls: u64,
    /// Each day the period touches, in UTC, oldest first.
    pub days: Vec<StatedDay>,
    /// How much of the period was to be proved by now, in milliseconds.
    pub wanted_ms: u64,
    /// How much of that has which proof, in milliseconds; it sums to `wanted_ms`.
    pub ms_by_proof: BTreeMap<Proof, u64>,
    /// Spans that are not proved, with what kept them from it.
    pub unproved: Vec<StatedSpan>,
    /// Calls of the source in the period that are nobody's yet, by reason.
    pub waiting: BTreeMap<String, u64>,
    /// Calls in the period that are left out on purpose, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Records of the source that nobody could read, of whatever time.
    pub set_aside: u64,
    /// Comparisons with the provider that looked at part of the period, newest first.
    pub comparisons: Vec<StatedComparison>,
    /// How much of the period, of what was to be proved, such a comparison read whole, in milliseconds.
    pub compared_ms: u64,
    /// Everything that was done with the source until now.
    pub runs: StatedRuns,
}

/// One day's control totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedDay {
    /// Its first instant inside the period.
    pub from: Timestamp,
    /// The account's calls: the sum over `by_status`.
    pub calls: u64,
    /// The same by status.
    pub by_status: BTreeMap<String, u64>,
    /// SHA-256 of a line `provider call id`, tab, `content hash` for each of them, in the order of
    /// their ids, in hex: whoever holds the same calls with the same contents gets the same.
    pub digest: String,
}

/// A span that is not proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedSpan {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// How it stands.
    pub proof: Proof,
    /// In the words of whoever looked last.
    pub why: Option<String>,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedComparison {
    /// The run it is recorded as.
    pub run: RunId,
    /// When it was made.
    pub at: Timestamp,
    /// The first instant it looked at.
    pub from: Timestamp,
    /// The first instant it no longer looked at.
    pub to: Timestamp,
    /// Whether the provider proved each of its lists whole.
    pub is_whole: bool,
    /// Calls that only the provider had.
    pub missing: u64,
    /// Calls that only we had.
    pub extra: u64,
    /// Calls on one side only for which nothing known says why.
    pub unexplained: u64,
}

/// All finished runs of a source, as one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatedRuns {
    /// How many there are.
    pub count: u64,
    /// The last of them.
    pub last: Option<RunId>,
    /// Their [`Chain`], in hex: whoever changes any of them afterwards gets another.
    pub chain: String,
}

#[cfg(test)]
mod tests;
