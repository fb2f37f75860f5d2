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
//! - The list has no called number, no direction, no outcome and no recording. A record names
//!   its conversation message, by which those can be found.
//! - 401 also means a missing scope or a wrong version header; see [`errors`].

pub mod client;
pub mod errors;
pub mod oauth;
pub mod wire;

mod calibrate;
mod examine;
mod normalise;
mod settings;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use normalise::normalise;
pub use settings::{SET_UP, Settings};

use async_trait::async_trait;
use domain::{Call, Capabilities, Country, ProviderCallId, Window};
use tokio::sync::mpsc;

use crate::{Page, Probe, Provider, ProviderAgent, RawRecord, SourceError, Unreadable, Walked};
use calibrate::Calibration;
use client::Listing;

/// A connection to one sub-account.
pub struct HighlevelVoiceAi {
    client: Client,
    calibration: Calibration,
}

impl HighlevelVoiceAi {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self { client, calibration: Calibration::default() }
    }
}

#[async_trait]
impl Provider for HighlevelVoiceAi {
    fn capabilities(&self) -> Capabilities {
        let able = self.client.settings().capabilities();
        Capabilities { margin: self.calibration.margin(able.margin), ..able }
    }

    fn concurrency(&self) -> usize {
        self.client.tuning().concurrency
    }

    async fn walk(
        &self,
        request: Window,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Walked, SourceError> {
        walk::walk(&self.client, &self.capabilities(), request, pages).await
    }

    async fn total(&self, request: Window) -> Result<Option<u64>, SourceError> {
        let listing =
            Listing { window: Some(request), page: 1, page_size: 1, is_newest_first: false };
        Ok(Some(self.client.calls(listing).await?.total))
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        self.client.call(id).await
    }

    async fn agents(&self) -> Result<Vec<ProviderAgent>, SourceError> {
        self.client.agents().await
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        normalise(record, home)
    }

    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        self.calibration.renew(&self.client).await
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}
