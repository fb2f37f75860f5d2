//! What an account has, counted once for all who look at it within a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, Timestamp};
use store::OfAccount;
use tokio::sync::Mutex;

use crate::State;
use crate::failure::Failure;

/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_secs(10);

/// How far back is counted how calls went.
const LATELY: Duration = Duration::from_hours(30 * 24);

/// What an account has.
pub struct Own {
    /// As of when.
    pub as_of: Timestamp,
    /// Since when is counted how calls went.
    pub since: Timestamp,
    /// Its calls, source by source.
    pub calls: Vec<OfAccount>,
    /// How those since then went, most first.
    pub statuses: Vec<(String, u64)>,
}

/// The latest counting of each account that somebody looked at just now.
#[derive(Clone, Default)]
pub struct Owns(Arc<Mutex<BTreeMap<AccountId, Arc<Own>>>>);

impl Owns {
    /// The latest counting of this account, or a new one. Others are not waited for.
    pub async fn of(&self, state: &State, account: AccountId) -> Result<Arc<Own>, Failure> {
        let now = state.clock.now();
        {
            let mut kept = self.0.lock().await;
            kept.retain(|_, own| now < own.as_of + MOMENT);
            if let Some(own) = kept.get(&account) {
                return Ok(Arc::clone(own));
            }
        }
        let since = now - LATELY;
        let calls = state.store.account_calls(account).await?;
        let statuses = state.store.account_statuses(account, since).await?;
        let own = Arc::new(Own { as_of: now, since, calls, statuses });
        self.0.lock().await.insert(account, Arc::clone(&own));
        Ok(own)
    }
}
