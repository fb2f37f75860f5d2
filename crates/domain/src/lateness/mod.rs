//! How late calls appear at their provider, and how tiers widen by it.
//!
//! A call that is found new where the ledger had its time proved already appeared late: its age then
//! is at least how late it was, and no more than what is said here. A call that is found where
//! nothing was proved tells how late it was only if its time was read as soon as it could be; what
//! an outage or a backfill brings says nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::window::union;
use crate::{Coverage, Level, Planned, Tiers, Timestamp, Why, Window};

/// Over what time tiers are judged by what they found.
pub const LOOKED_BACK: Duration = Duration::from_hours(30 * 24);

/// How long after its provider's lag a first reading still tells how late a call was.
const SOON: Duration = Duration::from_mins(90);

/// No tier that is added is older than this.
const TIER_MAX: Duration = Duration::from_hours(90 * 24);

/// Ages are counted up to these: minutes, then hours.
const MINUTES: [u64; 6] = [1, 2, 5, 10, 15, 30];
const HOURS: [u64; 13] =
    [1, 2, 3, 6, 12, 24, 48, 4 * 24, 8 * 24, 16 * 24, 32 * 24, 64 * 24, 128 * 24];

/// What is said of older ones.
const OLDER: Duration = Duration::from_hours(100 * 365 * 24);

/// How a new call was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Whether its time had been proved before, without it.
    pub is_late: bool,
    /// The settle tier by which its time was read again; `None` when something else found it, such
    /// as the margin of another window.
    pub tier: Option<Duration>,
    /// It was at most this old.
    pub age: Duration,
}

/// What a run knows beforehand, to tell of each new call how late it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    proved: Vec<Window>,
    settles: Vec<(Window, Duration)>,
    soon: Duration,
}

impl Watch {
    /// Before a run reads `planned`.
    pub fn new(coverage: &Coverage, planned: &[Planned], lag: Duration) -> Self {
        let proved = coverage.rows().iter().filter(|row| row.level > Level::Unproven);
        let mut settles: Vec<(Window, Duration)> = planned
            .iter()
            .filter_map(|next| match next.why {
                Why::Settle(tier) => Some((next.window, tier)),
                Why::Gap | Why::Asked => None,
            })
            .collect();
        settles.sort_unstable();
        let proved = union(proved.map(|row| row.window).collect());
        Self { proved, settles, soon: lag + SOON }
    }

    /// What finding a call new at `now` says; `None` where it says nothing.
    pub fn found(&self, occurred_at: Timestamp, now: Timestamp) -> Option<Found> {
        let age = now.since(occurred_at);
        let place = self.proved.partition_point(|window| window.to() <= occurred_at);
        let is_late = self.proved.get(place).is_some_and(|window| window.contains(occurred_at));
        if !is_late && (age > self.soon || occurred_at > now) {
            return None;
        }
        let tier = if is_late { self.tier_of(occurred_at) } else { None };
        Some(Found { is_late, tier, age: rounded_up(age) })
    }

    /// The tier by which a window is read again that lies in a planned one.
    pub fn tier_of(&self, at: Timestamp) -> Option<Duration> {
        let place = self.settles.partition_point(|(window, _)| window.to() <= at);
        let (window, tier) = self.settles.get(place)?;
        window.contains(at).then_some(*tier)
    }
}

fn rounded_up(age: Duration) -> Duration {
    let minutes = MINUTES.into_iter().map(Duration::from_mins);
    let mut ages = minutes.chain(HOURS.into_iter().map(Duration::from_hours));
    ages.find(|upto| age <= *upto).unwrap_or(OLDER)
}

/// How late the calls of a source appeared, over some time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lateness {
    /// How many calls were found how.
    pub found: BTreeMap<Found, u64>,
    /// How many windows each tier has read again.
    pub rereads: BTreeMap<Duration, u64>,
}

impl Lateness {
    /// Calls that tell how late they were.
    pub fn calls(&self) -> u64 {
        self.found.values().sum()
    }

    /// Of these, those that were found late.
    pub fn late(&self) -> u64 {
        self.found.iter().filter(|(found, _)| found.is_late).map(|(_, calls)| calls).sum()
    }

    /// Within what age so many of a hundred calls were listed.
    pub fn within(&self, percent: u64) -> Option<Duration> {
        let wanted = (self.calls() * percent).div_ceil(100);
        let mut by_age: BTreeMap<Duration, u64> = BTreeMap::new();
        for (found, calls) in &self.found {
            *by_age.entry(found.age).or_default() += calls;
        }
        let mut seen = 0;
        let reached = |(age, calls): (&Duration, &u64)| {
            seen += calls;
            (seen >= wanted && seen > 0).then_some(*age)
        };
        by_age.iter().find_map(reached)
    }

    /// New calls a tier found.
    pub fn found_by(&self, tier: Duration) -> u64 {
        let of_tier = self.found.iter().filter(|(found, _)| found.tier == Some(tier));
        of_tier.map(|(_, calls)| calls).sum()
    }
}

/// A tier that was added, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Widened {
    /// The tier that still found new calls.
    pub because: Duration,
    /// How many.
    pub found: u64,
    /// The age at which instants are read again, too.
    pub added: Duration,
}

/// The tiers, and those that what they found adds: a tier that still finds new calls is followed by
/// one of twice its age, whichever it is, up to ninety days. No tier is ever taken away, and nothing
/// is settled sooner.
pub fn widened(tiers: &Tiers, lateness: &Lateness) -> (Tiers, Vec<Widened>) {
    let mut ages = tiers.ages().to_vec();
    let (mut added, mut at) = (Vec::new(), 0);
    while let Some(tier) = ages.get(at).copied() {
        at += 1;
        let (found, twice) = (lateness.found_by(tier), tier * 2);
        let follows = ages.get(at).is_some_and(|next| *next <= twice);
        if found == 0 || follows || twice > TIER_MAX {
            continue;
        }
        ages.insert(at, twice);
        added.push(Widened { because: tier, found, added: twice });
    }
    (Tiers::new(ages), added)
}

#[cfg(test)]
mod tests;
