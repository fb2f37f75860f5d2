//! Ids of failures, printed on the page and in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Clock;

/// Hands out ids that do not repeat, not even after a restart.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    count: Arc<AtomicU64>,
}

impl Ids {
    /// Ids made of the time and a count.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, count: Arc::default() }
    }

    /// The next one.
    pub fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{count:x}", self.clock.now().as_millis())
    }
}
