//! How many requests a credential may make: one budget per credential, shared by all workers.
//!
//! Within a process, connections share the [`Budget`]. Processes share it through a
//! [`BudgetBook`]: each holds a portion of the interval's requests at a time, and asks the book
//! some times per interval, not per request. Without a book the process counts alone.

mod alone;
mod book;
mod budgets;
mod counting;
mod limits;
mod member;
mod shares;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::headers::RateFacts;
use crate::Wait;
pub use alone::Allowance;
pub use book::{BookError, BudgetBook, Fingerprint, Written};
pub use budgets::{Budgets, Sharing};
use counting::Counting;
pub use limits::Rate;
use member::{Member, Proposal};
pub use shares::ClockName;
use shares::Shares;

/// How long a request waits for a book that cannot be asked, and how often it tries.
const BOOK_PATIENCE: Duration = Duration::from_mins(1);
const BOOK_RETRY: Duration = Duration::from_secs(1);

/// How often we write anew in a row because somebody else was faster.
const WRITES_MAX: u32 = 20;

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
    /// The book must be asked for more.
    Ask,
}

/// What may be asked with a credential, and how much of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests within the last interval.
    pub used: u64,
    /// Requests that may be within any interval.
    pub limit: u64,
    /// How long that is.
    pub interval: Duration,
    /// Requests of the day so far, where that is known.
    pub day_used: Option<u64>,
    /// Requests of a day, where a day has a limit.
    pub day_limit: Option<u64>,
}

impl Standing {
    fn of(limits: &limits::Limits, used: u64, day_used: Option<u64>) -> Self {
        let limit = u64::from(limits.requests);
        let day_limit = Some(limits.per_day).filter(|per_day| *per_day < u64::MAX);
        let day_used = day_used.filter(|_| day_limit.is_some());
        Self { used: used.min(limit), limit, interval: limits.interval, day_used, day_limit }
    }
}

/// Why a request was not let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoTurn {
    /// The day's requests are used up.
    DaySpent {
        /// How long until a new day begins.
        wait: Duration,
    },
    /// The book could not be asked, so nobody knows what the other workers send.
    Unasked {
        /// Why.
        why: BookError,
    },
}

/// The budget of one credential: its allowance, and how many requests may be under way.
pub struct Budget {
    counting: Mutex<Counting>,
    shared: Option<Shared>,
    in_flight: Semaphore,
    // Whoever waits for the allowance waits here, so that requests go in the order they came.
    queue: Semaphore,
    waiting: AtomicU32,
}

/// The way to the others.
struct Shared {
    book: Arc<dyn BudgetBook>,
    fingerprint: Fingerprint,
    // One conversation with the book at a time.
    asking: Semaphore,
    known: Mutex<Option<(i64, Shares)>>,
}

impl Budget {
    /// A budget nobody has used yet, of a process alone.
    pub fn new(rate: Rate, concurrency: usize) -> Self {
        Self::counting(Counting::Alone(Allowance::new(rate)), None, concurrency)
    }

    fn shared(with: &Sharing, of: Fingerprint, rate: Rate, concurrency: usize) -> Self {
        // Without a limit there is nothing to share.
        let Some(limits) = rate.limits() else { return Self::new(rate, concurrency) };
        let member = Member::new(with.worker.clone(), with.clock.clone(), limits);
        let shared = Shared {
            book: Arc::clone(&with.book),
            fingerprint: of,
            asking: Semaphore::new(1),
            known: Mutex::default(),
        };
        Self::counting(Counting::Beside(Box::new(member)), Some(shared), concurrency)
    }

    fn counting(counting: Counting, shared: Option<Shared>, concurrency: usize) -> Self {
        Self {
            counting: Mutex::new(counting),
            shared,
            in_flight: Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            queue: Semaphore::new(1),
            waiting: AtomicU32::new(0),
        }
    }

    /// Waits for a turn; the request is under way until the permit is dropped.
    ///
    /// A caller that goes away while it waits leaves nothing behind.
    pub async fn acquire(&self, wait: &dyn Wait) -> Result<SemaphorePermit<'_>, NoTurn> {
        let permit = self.in_flight.acquire().await.expect("the semaphore is never closed");
        let _waiting = Waiting::among(&self.waiting);
        let _first = self.queue.acquire().await.expect("the semaphore is never closed");
        let mut failing_since = None;
        loop {
            let turn = self.lock().take(wait.now());
            match turn {
                Turn::Go => return Ok(permit),
                Turn::Wait(pause) => wait.wait(pause).await,
                Turn::DaySpent { wait } => return Err(NoTurn::DaySpent { wait }),
                Turn::Ask => match self.ask(self.waiting.load(Ordering::Relaxed), wait).await {
                    Ok(()) => failing_since = None,
                    Err(why) => {
                        let now = wait.now();
                        let failing = now.since(*failing_since.get_or_insert(now));
                        if !why.passes || failing >= BOOK_PATIENCE {
                            return Err(NoTurn::Unasked { why });
                        }
                        wait.wait(BOOK_RETRY).await;
                    }
                },
            }
        }
    }

    /// What may be asked at `now`, and how much of it was; nothing where there is no limit.
    pub fn standing(&self, now: Timestamp) -> Option<Standing> {
        let known = self.shared.as_ref().map(|shared| &shared.known);
        let known = known.map(|known| known.lock().unwrap_or_else(PoisonError::into_inner));
        let shares = known.as_ref().and_then(|known| known.as_ref()).map(|(_, shares)| shares);
        self.lock().standing(shares, now)
    }

    /// Lets nobody through before `until`: here at once, elsewhere with the next portion.
    pub async fn pause_until(&self, until: Timestamp, wait: &dyn Wait) {
        self.lock().pause_until(until);
        if let Err(error) = self.ask(0, wait).await {
            // Then nobody is given another portion either.
            tracing::debug!("The pause was not told to other workers: {error}");
        }
    }

    pub(super) fn observe(&self, facts: &RateFacts, now: Timestamp) {
        if *facts != RateFacts::default() {
            self.lock().observe(facts, now);
        }
    }

    /// Gives back what is left of our portion and asks for one for so many requests.
    async fn ask(&self, wanted: u32, wait: &dyn Wait) -> Result<(), BookError> {
        let Some(Shared { book, fingerprint, asking, known }) = &self.shared else { return Ok(()) };
        let _alone = asking.acquire().await.expect("the semaphore is never closed");
        // Mostly nobody else has written since; if somebody has, our writing is refused.
        let mut last = known.lock().unwrap_or_else(PoisonError::into_inner).take();
        for _ in 0..WRITES_MAX {
            let (writing, shares) = match last.take() {
                Some(last) => last,
                None => read(book.read(*fingerprint).await?),
            };
            let now = wait.now();
            let proposal = self.lock().propose(&shares, wanted, now);
            let Some(Proposal { shares, is_new, answer }) = proposal else { return Ok(()) };
            let is_written = if is_new {
                let text = serde_json::to_string(&shares).map_err(|error| BookError {
                    why: format!("the shares could not be put into words: {error}"),
                    passes: false,
                })?;
                book.write(*fingerprint, writing, &text, now).await?
            } else {
                true
            };
            if is_written {
                let writing = writing + i64::from(is_new);
                *known.lock().unwrap_or_else(PoisonError::into_inner) = Some((writing, shares));
                self.lock().settle(answer);
                return Ok(());
            }
        }
        Err(BookError { why: "other workers wrote at every attempt".to_owned(), passes: true })
    }

    fn lock(&self) -> MutexGuard<'_, Counting> {
        self.counting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(written: Option<Written>) -> (i64, Shares) {
    let Some(Written { writing, shares }) = written else { return (0, Shares::default()) };
    let shares = serde_json::from_str(&shares).unwrap_or_else(|error| {
        tracing::warn!("What other workers wrote of their requests makes no sense here, so their requests of the last interval are not known: {error}");
        Shares::default()
    });
    (writing, shares)
}

/// One of those that wait for the allowance, until it is dropped.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicU32) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
