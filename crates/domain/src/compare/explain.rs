//! From what is known about a call to its cause: never a guess, and `unexplained` where nothing
//! is known.

use std::time::Duration;

use super::{Cause, Told};
use crate::{Covered, Level, Mark, ProviderCallId, RunAccounts, Timestamp};

/// Where a call is held, though not where it was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// It waits for something.
    Waiting(String),
    /// It happened before its account's reset date.
    OutsideResetDate,
    /// A rule leaves it out.
    Excluded(String),
    /// It is placed with another account than the rules give it to.
    WithAnother(String),
}

/// What is known about a call that only the provider has.
#[derive(Debug, Clone, Default)]
pub struct Missing<'a> {
    /// Where it is held, though not where it was looked for.
    pub elsewhere: Option<Elsewhere>,
    /// Why its record could not be read, if it was set aside.
    pub set_aside: Option<&'a str>,
    /// What the ledger says of its instant.
    pub covered: Option<&'a Covered>,
    /// Whether a record of it has ever been stored here.
    pub was_held: bool,
    /// The accounts of the run that covered its instant.
    pub accounts: Option<RunAccounts>,
    /// Whether records of its source are set aside of which nobody knows which call they are.
    pub has_unnamed: bool,
    /// The other source that has it, where the other side is not the provider.
    pub seen_by: Option<&'a str>,
}

/// What the provider says of a call by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ById {
    /// It knows it.
    Known,
    /// It knows no such call.
    Unknown,
    /// It could not be asked; the sentence says why.
    CouldNotAsk(String),
    /// Nobody asked it, because the other side is not the provider; how it is called.
    NotAsked(String),
}

/// What is known about a call that only we have.
#[derive(Debug, Clone)]
pub struct Extra<'a> {
    /// What the provider says of it by id.
    pub by_id: ById,
    /// What this comparison's own reading of the window left in doubt.
    pub doubt: Option<&'a str>,
}

/// A cause with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Why.
    pub cause: Cause,
    /// What shows it, in a sentence.
    pub evidence: String,
}

fn because(cause: Cause, evidence: impl Into<String>) -> Explained {
    Explained { cause, evidence: evidence.into() }
}

/// Why a call that the provider has is not where it was looked for.
///
/// `lag` is how old an instant must be before a list of it can be whole.
pub fn explain_missing(
    call: &Told,
    known: &Missing<'_>,
    lag: Duration,
    now: Timestamp,
) -> Explained {
    match &known.elsewhere {
        Some(Elsewhere::Waiting(reason)) => {
            return because(Cause::Waiting, format!("it is stored and waits: {reason}"));
        }
        Some(Elsewhere::OutsideResetDate) => {
            let sentence = "it is stored, and happened before its account's reset date";
            return because(Cause::OutsideResetDate, sentence);
        }
        Some(Elsewhere::Excluded(rule)) => {
            return because(Cause::Excluded, format!("it is stored and left out by {rule}"));
        }
        Some(Elsewhere::WithAnother(account)) => {
            let sentence = format!(
                "it is stored with {account}, and the rules give it to this account: it has not moved yet"
            );
            return because(Cause::FilteringOrSyncIssue, sentence);
        }
        None => {}
    }
    if let Some(why) = known.set_aside {
        return because(Cause::SetAside, format!("its record is kept whole and unread: {why}"));
    }
    if call.at + lag > now {
        let sentence = format!("it is younger than {} minutes", lag.as_secs() / 60);
        return because(Cause::NotSettled, sentence);
    }
    match known.covered {
        None => because(Cause::WindowNotFetched, "the ledger has no row for its instant"),
        Some(row) => by_ledger(call, row, known),
    }
}

fn by_ledger(call: &Told, row: &Covered, known: &Missing<'_>) -> Explained {
    match &row.mark {
        Some(Mark::Unreachable(why)) => {
            return because(
                Cause::ProviderRefused,
                format!("at {} its window could not be read: {why}", row.checked_at),
            );
        }
        Some(Mark::PossiblyTruncated(why)) if row.level == Level::Unproven => {
            return because(
                Cause::WindowTruncated,
                format!("at {} its window was read and not proved: {why}", row.checked_at),
            );
        }
        _ if row.level == Level::Unproven => {
            return because(
                Cause::WindowNotFetched,
                format!("its window was last looked at at {} and not proved", row.checked_at),
            );
        }
        _ => {}
    }
    if known.was_held {
        let sentence = "a record of it was stored here once, and the call is gone";
        return because(Cause::FilteringOrSyncIssue, sentence);
    }
    // A provider that lists a call by its start shows it when it has ended.
    let ended = call.duration.map(|duration| call.at + duration);
    if ended.is_some_and(|ended| ended > row.checked_at) {
        let sentence = format!("it ended after its window was read at {}", row.checked_at);
        return because(Cause::Late, sentence);
    }
    let (run, checked_at) = (row.run, row.checked_at);
    let accounts = known.accounts.filter(|all| all.balance().is_ok() && all.failed == 0);
    // What was set aside by its id is known to be another call.
    match accounts.map(|all| if known.has_unnamed { all.set_aside } else { 0 }) {
        Some(0) if known.seen_by.is_some() => because(
            Cause::NotInProviderResponse,
            format!(
                "{} has it, and run {run}, which read its window whole at {checked_at} and accounts for every record it listed, was not told of it",
                known.seen_by.unwrap_or_default()
            ),
        ),
        // Whatever was listed then was stored or set aside, and this call never was either.
        Some(0) => because(
            Cause::Late,
            format!(
                "run {run} read its window whole at {checked_at} and accounts for every record it listed; this call was not among them"
            ),
        ),
        Some(unread) => because(
            Cause::SetAside,
            format!(
                "run {run} read its window whole at {checked_at} and set {unread} records aside; this call is one of them, or appeared afterwards"
            ),
        ),
        None => because(
            Cause::Unexplained,
            format!(
                "run {run} read its window at {checked_at}, and does not account for every record it listed"
            ),
        ),
    }
}

/// Why a leg of a conversation that both sides have is on one side only; `of` is the other side's
/// call of it.
pub fn explain_leg(of: &ProviderCallId) -> Explained {
    let sentence = format!("it is one leg of a conversation that the other side has as {of} alone");
    because(Cause::Merged, sentence)
}

/// Why a call that we hold is not on the provider's list.
pub fn explain_extra(known: &Extra<'_>) -> Explained {
    if let Some(doubt) = known.doubt {
        let sentence = format!("the provider's list of its window is in doubt: {doubt}");
        return because(Cause::ProviderTotalInconsistent, sentence);
    }
    match &known.by_id {
        ById::Known => because(
            Cause::NotInProviderResponse,
            "the provider knows it by its id, and a list that proved itself whole leaves it out",
        ),
        ById::Unknown => because(
            Cause::LostAtProvider,
            "the provider has it neither on its list nor by its id: deleted or merged there",
        ),
        ById::CouldNotAsk(why) => {
            because(Cause::ProviderRefused, format!("it could not be asked for by its id: {why}"))
        }
        ById::NotAsked(other) => because(
            Cause::NotInProviderResponse,
            format!("its record is stored here, and {other}, which spans its time, leaves it out"),
        ),
    }
}
