//! Time as something that is handed in: now, and waiting.

use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};

/// A clock that can also wait. Tests move it by hand, and then no test sleeps.
#[async_trait]
pub trait Wait: Clock {
    /// Returns once `duration` has passed on this clock.
    async fn wait(&self, duration: Duration);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock everybody else is handed")]
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}

#[async_trait]
impl Wait for SystemClock {
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
