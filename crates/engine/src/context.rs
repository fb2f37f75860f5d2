//! What every verb is handed: the database, the clock, who we are, and how careful to be.

use std::sync::Arc;
use std::time::Duration;

use domain::{Country, Timestamp};
use providers::{Connection, Wait};
use store::{SourceRow, Store, StoreError};

/// The world as a verb sees it.
#[derive(Clone)]
pub struct Context {
    /// Our database.
    pub store: Store,
    /// The clock, which can also wait.
    pub wait: Arc<dyn Wait>,
    /// Who we are: random per process start, so that a restarted process is somebody else.
    pub holder: String,
    /// Bounds and limits.
    pub settings: Settings,
}

impl Context {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.wait.now()
    }

    /// Waits for the database, but not for ever: a network that swallows every word ends no wait
    /// by itself.
    pub(crate) fn within<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        within(self.settings.database_patience, work)
    }
}

/// How long one look at the database, or one transaction, may take where nobody says.
pub(crate) const DATABASE_PATIENCE: Duration = Duration::from_mins(1);

/// Waits for one look at the database, or one transaction, no longer than this.
pub(crate) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answered = tokio::time::timeout(patience, work).await;
    answered.unwrap_or_else(|_elapsed| {
        let detail = format!("it has not answered for {} seconds", patience.as_secs_f32());
        Err(StoreError::Unreachable { detail })
    })
}

/// Bounds and limits. Every wait has a limit and every queue a bound.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a worker may be silent before its work is given to another.
    pub lease: Duration,
    /// How long one look at the database, or one transaction, may take.
    pub database_patience: Duration,
    /// How long one window may take before it is cut into halves.
    pub window_patience: Duration,
    /// Windows read beside each other.
    pub windows_beside: usize,
    /// Pages read and not yet prepared, at most.
    pub pages_waiting: usize,
    /// Pages being prepared at once.
    pub pages_preparing: usize,
    /// Pages written in one transaction, at most.
    pub pages_per_write: usize,
    /// Calls a run keeps in detail when it could not place or read them.
    pub skips_kept: u64,
    /// Calls a run asks for again by their id, at most, because their provider still owes something.
    pub revisits_max: u64,
    /// Windows that may fail one after another before a run stops asking.
    pub failures_in_a_row: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            database_patience: DATABASE_PATIENCE,
            window_patience: Duration::from_hours(1),
            windows_beside: 3,
            pages_waiting: 16,
            pages_preparing: 4,
            pages_per_write: 32,
            skips_kept: 1000,
            revisits_max: 5000,
            failures_in_a_row: 3,
        }
    }
}

/// A source, ready to be read.
#[derive(Clone)]
pub struct Source {
    /// As the database knows it.
    pub row: SourceRow,
    /// The way to its provider.
    pub connection: Connection,
    /// The country of numbers written without a prefix.
    pub home: Country,
}
