//! A clock that stands at a chosen instant and goes on from there, for tests and benchmarks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Clock, Timestamp};
use providers::{SystemClock, Wait};

/// The machine's clock, or one that was set to `start` when the program began.
pub fn clock(start: Option<Timestamp>) -> Arc<dyn Wait> {
    match start {
        Some(start) => Arc::new(SetClock { start, began: Instant::now() }),
        None => Arc::new(SystemClock),
    }
}

struct SetClock {
    start: Timestamp,
    began: Instant,
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.start + self.began.elapsed()
    }
}

#[async_trait::async_trait]
impl Wait for SetClock {
    async fn wait(&self, duration: Duration) {
        SystemClock.wait(duration).await;
    }
}
