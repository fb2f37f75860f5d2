//! Time that passes when a test says so, or when somebody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};
use providers::Wait;

/// A clock moved by hand. Waiting on it moves it and returns at once.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    /// A clock that stands at this instant.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_millis())))
    }

    /// Lets time pass.
    pub fn pass(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// The same clock, as a simulator wants it.
    pub fn for_simulator(&self) -> simulators::Clock {
        let millis = Arc::clone(&self.0);
        Arc::new(move || millis.load(Ordering::SeqCst))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
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
