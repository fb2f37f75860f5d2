//! What is written of a credential for all workers to see: who holds which part of its budget.
//!
//! Nobody's clock is anybody else's. A worker counts its own requests on its own clock and writes
//! how many count; the others take that number as it stands until it is written anew, or until it
//! has certainly ended: a promised time after they first saw it, by their own clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits::{DAY, Limits};

/// The parts of one budget.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Shares {
    /// Each worker's, by its name.
    pub(super) holders: BTreeMap<String, Share>,
    /// What whoever else uses the credential has sent, as far as the provider tells.
    pub(super) strangers: Option<Strangers>,
    /// Nobody sends until it has ended.
    pub(super) pause: Option<Stamp>,
    pub(super) day: Option<Day>,
}

/// One worker's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Share {
    pub(super) stamp: Stamp,
    /// Requests that count against the interval: sent, or still to be sent.
    pub(super) charged: u32,
    /// Of these, those that may still be sent.
    pub(super) unsent: u32,
    /// Of all it ever sent, those that are in the day's.
    pub(super) counted: u64,
    /// Whether it was told to wait lately, so that the others leave it its fair part.
    pub(super) is_hungry: bool,
    /// What it takes to be allowed.
    pub(super) limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Strangers {
    pub(super) stamp: Stamp,
    pub(super) charged: u32,
}

/// The day as the provider counts it: a fixed one, from its first request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    pub(super) began: Timestamp,
    pub(super) used: u64,
}

/// When something was written, and how long after that it has ended whatever happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// By the writer's clock.
    pub(super) at: Timestamp,
    pub(super) life: Duration,
    /// The name of that clock; empty when it has none.
    pub(super) clock: String,
}

/// The clock this process goes by.
#[derive(Debug, Clone)]
pub struct ClockName {
    /// Processes that name the same clock read the same time from it. Empty when nobody knows.
    pub name: String,
    /// How far any two clocks may be apart; zero when all workers share this one.
    pub skew: Duration,
}

/// What was seen of others' stamps, and when it was seen first.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, (Timestamp, Timestamp)>);

const PAUSE: &str = "/pause";
const STRANGERS: &str = "/strangers";

impl Seen {
    /// Drops what has ended, and returns the requests that may have been sent all the same.
    pub(super) fn bury(
        &mut self,
        shares: &mut Shares,
        me: &str,
        clock: &ClockName,
        now: Timestamp,
    ) -> u64 {
        let before = std::mem::take(&mut self.0);
        let mut has_ended = |key: &str, stamp: &Stamp| {
            let seen = before.get(key).filter(|(at, first)| *at == stamp.at && *first <= now);
            let first = seen.map_or(now, |(_, first)| *first);
            self.0.insert(key.to_owned(), (stamp.at, first));
            stamp.ends(first, clock) <= now
        };
        let mut lost = 0;
        shares.holders.retain(|name, share| {
            let is_dead = name != me && has_ended(name, &share.stamp);
            lost += if is_dead { u64::from(share.unsent) } else { 0 };
            !is_dead
        });
        shares.strangers.take_if(|strangers| has_ended(STRANGERS, &strangers.stamp));
        shares.pause.take_if(|pause| has_ended(PAUSE, pause));
        lost
    }

    /// When a pause ends, by our clock.
    pub(super) fn pause_ends(&self, pause: &Stamp, clock: &ClockName, now: Timestamp) -> Timestamp {
        let first = self.0.get(PAUSE).map_or(now, |(_, first)| *first);
        pause.ends(first, clock)
    }
}

impl Stamp {
    pub(super) fn new(at: Timestamp, life: Duration, clock: &ClockName) -> Self {
        Self { at, life, clock: clock.name.clone() }
    }

    /// The first instant of our clock at which it has certainly ended, when we saw it first at
    /// `first`: it cannot have been written later than that.
    fn ends(&self, first: Timestamp, clock: &ClockName) -> Timestamp {
        let is_ours = !clock.name.is_empty() && self.clock == clock.name;
        let skew = if is_ours { Duration::ZERO } else { clock.skew };
        (first + self.life).min(self.at + self.life + skew)
    }
}

impl Shares {
    /// All workers but one.
    pub(super) fn beside<'a>(&'a self, me: &'a str) -> impl Iterator<Item = &'a Share> {
        self.holders.iter().filter(move |(name, _)| *name != me).map(|(_, share)| share)
    }

    /// The day it is. A clock that runs ahead begins none before the provider does.
    pub(super) fn today(&self, clock: &ClockName, now: Timestamp) -> Day {
        let goes_on = |day: &Day| day.began <= now + clock.skew && now < day.ends(clock);
        self.day.filter(goes_on).unwrap_or(Day { began: now, used: 0 })
    }
}

impl Day {
    pub(super) fn ends(&self, clock: &ClockName) -> Timestamp {
        self.began + DAY + clock.skew
    }
}
