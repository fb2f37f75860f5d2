//! Calls handled by HighLevel's Voice AI agents, from the dashboard's call logs.
//!
//! What the API is: numbered pages with a total (`GET /voice-ai/dashboard/call-logs`), one call
//! by id, and a list of agents, all of one sub-account ("location").
//!
//! What it is not, and what we do about it:
//! - There is no "changed since". Summaries, transcripts and durations come late, so windows are
//!   read again at the ages of [`domain::Tiers::usual`].
//! - It does not say in which zone it reads the ends of a range, nor whether they are inclusive:
//!   requests are 26 hours wider on both sides, or two once a call's own minute was asked for and
//!   came back alone, and are cut by each call's own time; see `calibrate`.
//! - Rows shift between pages while calls arrive: windows lie in the past, oldest first, and a
//!   walk counts only if every page's total equals the distinct calls seen.
//! - It does not say whether a list without `callType` has test calls: its totals are compared, and
//!   unless they show that it does, test calls are asked for beside it; see `trials`.
//! - A record repeats with what a custom action opened another system: those values are masked
//!   before anything is kept; see `secrets`.
//! - The list has no called number, no direction, no outcome and no recording. A record names
//!   its conversation message, by which those can be found.
//! - 401 also means a missing scope or a wrong version header; see [`crate::highlevel::errors`].

pub mod client;
pub mod wire;

mod calibrate;
mod examine;
mod normalise;
mod secrets;
mod settings;
mod trials;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use normalise::normalise;
pub use settings::Settings;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Call, Capabilities, Country, ProviderCallId, Window};
use tokio::sync::{Mutex, mpsc};

use crate::connect::{Means, ProviderOwn};
use crate::highlevel::learnt::Learnt;
use crate::setup::SetUp;
use crate::{
    ConnectError, Connection, Page, Probe, Provider, ProviderAgents, RawRecord, SourceError,
    Standing, Traffic, Unreadable, Walked,
};
use client::{CallKind, Listing};

/// A connection to one sub-account.
pub struct HighlevelVoiceAi {
    client: Client,
    is_exact: Learnt,
    lists_all: Learnt,
    // Windows are read beside each other, and one of them asks for all.
    asking: Mutex<()>,
}

impl HighlevelVoiceAi {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            is_exact: Learnt::default(),
            lists_all: Learnt::default(),
            asking: Mutex::default(),
        }
    }
}

impl HighlevelVoiceAi {
    /// Whether a list without a kind is known to have test calls.
    async fn lists_trials(&self) -> bool {
        let _turn = self.asking.lock().await;
        if let Err(error) = trials::renew(&self.lists_all, &self.client).await {
            tracing::warn!("Whether lists have test calls could not be asked: {error}");
        }
        self.lists_all.is_so() == Some(true)
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        &self.location_id
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(HighlevelVoiceAi::new(Client::new(self, credential, tuning, wait, budgets)?)))
    }
}

#[async_trait]
impl Provider for HighlevelVoiceAi {
    fn capabilities(&self) -> Capabilities {
        let able = self.client.settings().capabilities();
        Capabilities { margin: self.is_exact.margin(able.margin), ..able }
    }

    fn concurrency(&self) -> usize {
        self.client.tuning().concurrency
    }

    fn budget(&self) -> Option<Standing> {
        self.client.standing()
    }

    fn traffic(&self) -> Option<Traffic> {
        Some(self.client.traffic())
    }

    async fn walk(
        &self,
        request: Window,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Walked, SourceError> {
        let able = self.capabilities();
        let all = walk::walk(&self.client, &able, request, None, pages).await?;
        if !matches!(all, Walked::Whole { .. }) || self.lists_trials().await {
            return Ok(all);
        }
        let kind = Some(CallKind::Trial);
        let trials = walk::walk(&self.client, &able, request, kind, pages).await?;
        Ok(together(&all, trials))
    }

    async fn total(&self, request: Window) -> Result<Option<u64>, SourceError> {
        let listing = Listing {
            window: Some(request),
            page: 1,
            page_size: 1,
            is_newest_first: false,
            kind: None,
        };
        Ok(Some(self.client.calls(listing).await?.total))
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        self.client.call(id).await
    }

    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        self.client.agents().await
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        normalise(record, home)
    }

    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        calibrate::renew(&self.is_exact, &self.client).await
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}

/// What two lists of one window prove, of which the second has calls the first may lack.
fn together(all: &Walked, trials: Walked) -> Walked {
    match (all, trials) {
        // Whether the two overlap is not known, so neither number is the window's.
        (Walked::Whole { distinct, .. }, Walked::Whole { distinct: more, .. }) if more > 0 => {
            Walked::Whole { distinct: distinct + more, total: None }
        }
        (Walked::Whole { distinct, total }, Walked::Whole { .. }) => {
            Walked::Whole { distinct: *distinct, total: *total }
        }
        (_, trials) => trials,
    }
}
