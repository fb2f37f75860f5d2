//! The budgets of all workers in our database: what each may send with a credential.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use providers::http::budget::{BookError, BudgetBook, ClockName, Fingerprint, Sharing, Written};
use sha2::Sha256;
use store::{Engine, Store, StoreError};

use crate::Context;

/// How far the clocks of two machines may be apart before one takes the other for dead too early.
const SKEW_MAX: Duration = Duration::from_mins(5);

/// How long one look at the shares may take. A portion that comes later is of little use.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many bytes of a hash stand for a credential: enough that no two are alike.
const HASH_BYTES: usize = 16;

/// How this worker shares its budgets. `clock_name` tells processes that read one and the same clock;
/// an SQLite file is on one machine, so there nobody has another.
pub fn sharing(ctx: &Context, clock_name: Option<String>) -> Sharing {
    let skew = match ctx.store.engine() {
        Engine::Sqlite => Duration::ZERO,
        Engine::Postgres => SKEW_MAX,
    };
    Sharing {
        book: Arc::new(StoreBook { store: ctx.store.clone(), key: OnceLock::new() }),
        worker: ctx.holder.clone(),
        clock: ClockName { name: clock_name.unwrap_or_default(), skew },
    }
}

/// The book in our database.
struct StoreBook {
    store: Store,
    key: OnceLock<Vec<u8>>,
}

impl StoreBook {
    /// What stands for a credential in this database, and in no other.
    async fn name(&self, of: Fingerprint) -> Result<String, BookError> {
        if self.key.get().is_none() {
            let mut offered = [0; 32];
            getrandom::fill(&mut offered).map_err(|error| lasting(error.to_string()))?;
            let key = within(self.store.budget_key(&offered)).await?;
            self.key.get_or_init(|| key);
        }
        let key = self.key.get().map_or(&[][..], Vec::as_slice);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key).map_err(|error| lasting(error.to_string()))?;
        mac.update(of.as_bytes());
        let hash = mac.finalize().into_bytes();
        Ok(domain::hex(&hash[..HASH_BYTES]))
    }
}

#[async_trait]
impl BudgetBook for StoreBook {
    async fn read(&self, of: Fingerprint) -> Result<Option<Written>, BookError> {
        let name = self.name(of).await?;
        let row = within(self.store.budget_load(&name)).await?;
        Ok(row.map(|row| Written { writing: row.writing, shares: row.shares }))
    }

    async fn write(
        &self,
        of: Fingerprint,
        seen: i64,
        shares: &str,
        now: Timestamp,
    ) -> Result<bool, BookError> {
        let name = self.name(of).await?;
        within(self.store.budget_save(&name, seen, shares, now)).await
    }
}

/// Waits for the database, but not for ever.
async fn within<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, BookError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(answered) => answered.map_err(|error| {
            let passes = matches!(error, StoreError::Unreachable { .. } | StoreError::Busy { .. });
            BookError { why: error.to_string(), passes }
        }),
        Err(_elapsed) => {
            let why = format!("it has not answered for {} seconds", PATIENCE.as_secs());
            Err(BookError { why, passes: true })
        }
    }
}

fn lasting(why: String) -> BookError {
    BookError { why, passes: false }
}
