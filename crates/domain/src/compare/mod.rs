//! Two sides of a window, and every difference between them.
//!
//! Plan-then-act: this only finds and names; repairing is somebody else's. Each record of both
//! sides appears exactly once in the outcome, so that its sums can be checked.

mod cause;
mod clock;
mod digest;
mod explain;
mod pair;
mod repair;

use std::collections::HashMap;
use std::time::Duration;

use crate::{Call, CallStatus, Direction, Phone, ProviderCallId, Timestamp};

pub use cause::Cause;
pub use clock::{NoClock, WallClock};
pub use digest::{Digest, compare_by_hour};
pub use explain::{
    ById, Elsewhere, Explained, Extra, Missing, explain_extra, explain_leg, explain_missing,
};
pub use pair::{
    Joined, Joining, Leg, PAIRING_TOLERANCE, Pair, Paired, Pairing, Seen, Shift, Side,
    differing_across, is_pairable, pair, shift,
};
pub use repair::{RepairPlan, Repairable, plan_repair};

/// A call as one side tells it, reduced to what is compared and what it is paired by. What a side
/// does not tell is `None`, and no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The provider's id.
    pub id: ProviderCallId,
    /// When it was.
    pub at: Timestamp,
    /// Where it stands.
    pub status: CallStatus,
    /// How long it lasted.
    pub duration: Option<Duration>,
    /// Which way it went. Providers mean different things by it, so it pairs and is not compared.
    pub direction: Option<Direction>,
    /// The calling number.
    pub from: Option<Phone>,
    /// The called number.
    pub to: Option<Phone>,
    /// The provider's id of its agent.
    pub agent: Option<String>,
}

impl From<Call> for Told {
    fn from(call: Call) -> Self {
        Self {
            id: call.provider_call_id,
            at: call.occurred_at.at,
            status: call.status,
            duration: call.duration,
            direction: call.direction,
            from: call.from,
            to: call.to,
            agent: call.agent.map(|agent| agent.provider_agent_id),
        }
    }
}

impl AsRef<Self> for Told {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// How far two words about one thing may lie apart and still be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerances {
    /// Between two times.
    pub time: Duration,
    /// Between two durations.
    pub duration: Duration,
}

impl Default for Tolerances {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { time: second, duration: second }
    }
}

/// What two sides may tell differently of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// When it was.
    Time,
    /// Where it stands.
    Status,
    /// How long it lasted.
    Duration,
    /// The calling number.
    From,
    /// The called number.
    To,
    /// Who handled it.
    Agent,
}

impl Field {
    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Status => "status",
            Self::Duration => "duration",
            Self::From => "from",
            Self::To => "to",
            Self::Agent => "agent",
        }
    }
}

/// One call that both sides have and tell differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As the provider tells it.
    pub there: Told,
    /// As we hold it.
    pub here: Told,
    /// In what they differ; never empty.
    pub fields: Vec<Field>,
}

/// What came of comparing: every call of both sides, once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Calls that both tell alike.
    pub matching: u64,
    /// Calls that both have and tell differently.
    pub differing: Vec<Difference>,
    /// Calls that only the provider has.
    pub missing: Vec<Told>,
    /// Calls that only we have.
    pub extra: Vec<Told>,
}

impl Compared {
    /// Distinct calls of the provider's side: `matching + differing + missing`.
    pub fn there(&self) -> u64 {
        self.matching + (self.differing.len() + self.missing.len()) as u64
    }

    /// Distinct calls of our side: `matching + differing + extra`.
    pub fn here(&self) -> u64 {
        self.matching + (self.differing.len() + self.extra.len()) as u64
    }
}

/// Compares two sides. Of an id that a side tells twice, its last word counts.
pub fn compare(
    there: impl IntoIterator<Item = Told>,
    here: impl IntoIterator<Item = Told>,
    tolerances: Tolerances,
) -> Compared {
    let mut ours: HashMap<ProviderCallId, Told> = by_id(here);
    let mut compared = Compared::default();
    for there in by_id(there).into_values() {
        let Some(here) = ours.remove(&there.id) else {
            compared.missing.push(there);
            continue;
        };
        let fields = differing(&there, &here, tolerances);
        if fields.is_empty() {
            compared.matching += 1;
        } else {
            compared.differing.push(Difference { there, here, fields });
        }
    }
    compared.extra.extend(ours.into_values());
    compared.missing.sort_unstable_by(in_order);
    compared.extra.sort_unstable_by(in_order);
    compared.differing.sort_unstable_by(|a, b| in_order(&a.there, &b.there));
    compared
}

fn by_id(side: impl IntoIterator<Item = Told>) -> HashMap<ProviderCallId, Told> {
    side.into_iter().map(|told| (told.id.clone(), told)).collect()
}

fn in_order(a: &Told, b: &Told) -> std::cmp::Ordering {
    a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id))
}

/// In what two words about one call differ.
pub fn differing(there: &Told, here: &Told, tolerances: Tolerances) -> Vec<Field> {
    let times = there.at.since(here.at).max(here.at.since(there.at)) > tolerances.time;
    let durations = both(there.duration, here.duration)
        .is_some_and(|(a, b)| a.abs_diff(b) > tolerances.duration);
    let phones = |a: &Option<Phone>, b: &Option<Phone>| {
        both(a.as_ref(), b.as_ref()).is_some_and(|(a, b)| number(a) != number(b))
    };
    let agents =
        both(there.agent.as_ref(), here.agent.as_ref()).is_some_and(|(there, here)| there != here);
    let found = [
        (Field::Time, times),
        (Field::Status, is_other_status(there.status, here.status)),
        (Field::Duration, durations),
        (Field::From, phones(&there.from, &here.from)),
        (Field::To, phones(&there.to, &here.to)),
        (Field::Agent, agents),
    ];
    found.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

/// A status nobody documented says nothing that could differ.
fn is_other_status(there: CallStatus, here: CallStatus) -> bool {
    there != here && there != CallStatus::Unknown && here != CallStatus::Unknown
}

fn both<T>(a: Option<T>, b: Option<T>) -> Option<(T, T)> {
    a.zip(b)
}

fn number(phone: &Phone) -> &str {
    phone.e164.as_deref().unwrap_or(&phone.raw)
}

#[cfg(test)]
mod tests;
