//! What an account has, counted once for all who look at it within a moment.

use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, Timestamp};
use store::OfAccount;

use super::Looks;
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
pub type Owns = Looks<AccountId, Own>;

impl Owns {
    /// The latest counting of this account, or a new one. Others are not waited for.
    pub async fn of(&self, state: &State, account: AccountId) -> Result<Arc<Own>, Failure> {
        let now = state.clock.now();
        Ok(self.look(account, (now, MOMENT), Own::load(state, account, now)).await?.1)
    }
}

impl Own {
    async fn load(state: &State, account: AccountId, now: Timestamp) -> Result<Self, Failure> {
        let since = now - LATELY;
        let calls = state.store.account_calls(account).await?;
        let statuses = state.store.account_statuses(account, since).await?;
        Ok(Self { as_of: now, since, calls, statuses })
    }
}
