//! Time that passes when a test says so, or when somebody waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};
use providers::Wait;

/// Something that happens in the world when its time comes.
type Happening = Box<dyn FnOnce() + Send>;

/// A clock moved by hand. Waiting on it moves it and returns at once.
#[derive(Clone)]
pub struct HandClock {
    millis: Arc<AtomicI64>,
    /// What is still to come, the first first.
    ahead: Arc<Mutex<VecDeque<(i64, Happening)>>>,
}

impl HandClock {
    /// A clock that stands at this instant.
    pub fn at(now: Timestamp) -> Self {
        Self { millis: Arc::new(AtomicI64::new(now.as_millis())), ahead: Arc::default() }
    }

    /// Lets this happen once the clock reaches an instant, whoever moves it there; what is planned
    /// for one instant happens in the order it was planned.
    pub fn when(&self, at: Timestamp, happening: impl FnOnce() + Send + 'static) {
        let at = at.as_millis();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let place = ahead.partition_point(|(other, _)| *other <= at);
        ahead.insert(place, (at, Box::new(happening)));
    }

    /// Lets time pass, and what lies in it happen, each at its own instant.
    pub fn pass(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let until = self.millis.load(Ordering::SeqCst).saturating_add(millis);
        while let Some((at, happening)) = self.next_before(until) {
            self.millis.fetch_max(at, Ordering::SeqCst);
            happening();
        }
        self.millis.fetch_max(until, Ordering::SeqCst);
    }

    fn next_before(&self, until: i64) -> Option<(i64, Happening)> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = ahead.front().is_some_and(|(at, _)| *at <= until);
        if is_due { ahead.pop_front() } else { None }
    }

    /// The same clock, as a simulator wants it.
    pub fn for_simulator(&self) -> simulators::Clock {
        self.for_simulator_ahead(0)
    }

    /// A simulator's clock that runs ahead of ours by so many milliseconds.
    pub fn for_simulator_ahead(&self, ahead_ms: i64) -> simulators::Clock {
        let millis = Arc::clone(&self.millis);
        Arc::new(move || millis.load(Ordering::SeqCst) + ahead_ms)
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Wait for HandClock {
    async fn wait(&self, duration: Duration) {
        self.pass(duration);
        // Whoever waits lets others run, as on a real clock.
        tokio::task::yield_now().await;
    }
}
