//! How many requests a credential may make: one budget per credential, shared by the process.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::headers::RateFacts;
use crate::Wait;

const DAY: Duration = Duration::from_hours(24);

/// We count a request when it leaves and the provider when it arrives, so our spans are longer.
const TRAVEL: Duration = Duration::from_millis(250);

/// How fast a credential may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// As fast as answers come. For benchmarks against our own simulators.
    Unlimited,
    /// No more than this.
    AtMost {
        /// Requests in any span as long as `interval`.
        requests: u32,
        /// How long that span is.
        interval: Duration,
        /// Requests in any day.
        per_day: u64,
    },
}

/// What to do about one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Send it now; it has been counted.
    Go,
    /// Ask again after this long.
    Wait(Duration),
    /// The day's requests are used up; a new day begins after `wait`.
    DaySpent {
        /// Until then.
        wait: Duration,
    },
}

/// The day's requests are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpent {
    /// How long until a new day begins.
    pub wait: Duration,
}

/// The rule: pure data and `now`.
///
/// It remembers when the last requests went out, so that no span of `interval` ever holds more
/// than `requests` of them. A bucket that refills drop by drop would allow nearly twice as many
/// in its first interval, and providers count by the interval.
#[derive(Debug, Clone)]
pub struct Allowance {
    rate: Rate,
    sent: VecDeque<Timestamp>,
    day_began: Timestamp,
    day_used: u64,
    paused_until: Timestamp,
}

impl Allowance {
    /// An untouched allowance.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            sent: VecDeque::new(),
            day_began: Timestamp::MIN,
            day_used: 0,
            paused_until: Timestamp::MIN,
        }
    }

    /// Asks for one request.
    pub fn take(&mut self, now: Timestamp) -> Turn {
        if self.paused_until > now {
            return Turn::Wait(self.paused_until.since(now));
        }
        let Rate::AtMost { requests, interval, per_day } = self.rate else { return Turn::Go };
        self.forget(now, interval + TRAVEL);
        if self.day_used >= per_day {
            return Turn::DaySpent { wait: (self.day_began + DAY).since(now) };
        }
        if self.sent.len() >= requests.max(1) as usize {
            let oldest = self.sent.front().copied().unwrap_or(now);
            return Turn::Wait(
                (oldest + interval + TRAVEL).since(now).max(Duration::from_millis(1)),
            );
        }
        self.sent.push_back(now);
        self.day_used += 1;
        Turn::Go
    }

    /// Lets nobody through before `until`.
    pub fn pause_until(&mut self, until: Timestamp) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Corrects the allowance downwards by what the provider says of it, because others may use
    /// the same credential.
    pub fn observe(&mut self, facts: &RateFacts, now: Timestamp) {
        let Rate::AtMost { requests, interval, per_day } = &mut self.rate else { return };
        // Our limits stay below the published ones by a reserve for requests under way.
        if let Some(max) = facts.max {
            let below = max - max / 10;
            *requests = (*requests).min(u32::try_from(below).unwrap_or(u32::MAX)).max(1);
        }
        if let Some(theirs) = facts.interval.filter(|theirs| *theirs <= DAY) {
            *interval = theirs.max(*interval);
        }
        if let Some(max) = facts.day_max {
            *per_day = (*per_day).min(max - max / 20);
        }
        let (requests, interval, per_day) = (u64::from(*requests), *interval, *per_day);
        self.forget(now, interval + TRAVEL);
        if let (Some(remaining), Some(max)) = (facts.remaining, facts.max) {
            let used = max.saturating_sub(remaining).min(requests);
            // As if the others' requests had gone out now: the latest they can have.
            while (self.sent.len() as u64) < used {
                self.sent.push_back(now);
            }
        }
        if let (Some(remaining), Some(max)) = (facts.day_remaining, facts.day_max) {
            let used = max.saturating_sub(remaining);
            let used = if remaining == 0 { used.max(per_day) } else { used };
            self.day_used = self.day_used.max(used);
            if let Some(reset) = facts.day_reset {
                self.day_began = now - DAY.saturating_sub(reset);
            }
        }
    }

    /// Drops what no longer counts, and what a clock set back would make count for ever.
    fn forget(&mut self, now: Timestamp, interval: Duration) {
        while self.sent.front().is_some_and(|at| *at + interval <= now) {
            self.sent.pop_front();
        }
        if self.sent.back().is_some_and(|at| *at > now) {
            self.sent.retain(|at| *at <= now);
        }
        // The provider's day is a fixed one that begins with its first request.
        if self.day_began > now || self.day_began + DAY <= now {
            self.day_began = now;
            self.day_used = 0;
        }
    }
}

/// The budget of one credential: its allowance, and how many requests may be under way.
#[derive(Debug)]
pub struct Budget {
    allowance: Mutex<Allowance>,
    in_flight: Semaphore,
    // Whoever waits for the allowance waits here, so that requests go in the order they came.
    queue: Semaphore,
}

impl Budget {
    /// A budget nobody has used yet.
    pub fn new(rate: Rate, concurrency: usize) -> Self {
        Self {
            allowance: Mutex::new(Allowance::new(rate)),
            in_flight: Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            queue: Semaphore::new(1),
        }
    }

    /// Waits for a turn; the request is under way until the permit is dropped.
    ///
    /// A caller that goes away while it waits leaves nothing behind.
    pub async fn acquire(&self, wait: &dyn Wait) -> Result<SemaphorePermit<'_>, DaySpent> {
        let permit = self.in_flight.acquire().await.expect("the semaphore is never closed");
        let _first = self.queue.acquire().await.expect("the semaphore is never closed");
        loop {
            let turn = self.allowance().take(wait.now());
            match turn {
                Turn::Go => return Ok(permit),
                Turn::Wait(pause) => wait.wait(pause).await,
                Turn::DaySpent { wait } => return Err(DaySpent { wait }),
            }
        }
    }

    /// Lets nobody through before `until`.
    pub fn pause_until(&self, until: Timestamp) {
        self.allowance().pause_until(until);
    }

    pub(super) fn observe(&self, facts: &RateFacts, now: Timestamp) {
        if *facts != RateFacts::default() {
            self.allowance().observe(facts, now);
        }
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The budgets of this process, by credential.
#[derive(Debug, Default)]
pub struct Budgets {
    // A keyed hash stands for the credential, so that no secret is kept here.
    by_credential: Mutex<HashMap<u64, Weak<Budget>>>,
    fingerprint: RandomState,
}

impl Budgets {
    /// No budget yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The budget of a credential. Connections that share the credential share it, and the one
    /// that was there first has said how large it is.
    pub fn of(&self, credential: &[&str], rate: Rate, concurrency: usize) -> Arc<Budget> {
        let key = self.fingerprint.hash_one(credential);
        let mut known = self.by_credential.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, budget| budget.strong_count() > 0);
        if let Some(budget) = known.get(&key).and_then(Weak::upgrade) {
            return budget;
        }
        let budget = Arc::new(Budget::new(rate, concurrency));
        known.insert(key, Arc::downgrade(&budget));
        budget
    }
}
