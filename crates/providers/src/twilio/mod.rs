//! Calls that went over Twilio's lines, from the call list of one account or subaccount.
//!
//! What the API is: call resources, listed newest first along a cursor (`next_page_uri`, followed
//! exactly as sent), and one call by its SID. A resource is the same in the list and by its SID.
//!
//! What it is not, and what we do about it:
//! - There is no total. A list is whole when Twilio itself ends it and neither a page nor a SID set
//!   came twice on the way. The cursor names the last SID of its page, so that a call which appears
//!   or goes meanwhile moves nothing behind it; and a call which is made during a walk is younger
//!   than every window.
//! - `StartTime` is documented by the day and used by the second. Whole days are asked for and cut
//!   by each call's own time, unless `trusts_seconds` says otherwise.
//! - A call that was never dialled (queued, canceled in the queue, failed at once) has no start and
//!   is believed to be hidden by a filter on it. So the lists of such statuses are read as well,
//!   without a filter, newest first, and left where they are older than the window. Its time is
//!   then its creation. Every window reads them for itself, since the proof of a window must not
//!   lean on another's; how far they were read is remembered as an address (see `marks`), which
//!   keeps a long history from being read once per window. A status outside of `swept_statuses`
//!   without a start would not be found.
//! - There is no "changed since". A price comes late, an ending later: such a call is asked for by
//!   its SID for `patience_hours`, and windows are read again at the ages of
//!   [`domain::Tiers::usual`]. A call which is dialled after it was seen in the queue moves from
//!   its creation to its start.
//! - A deleted call is gone from the list and by SID (404). It stays here.
//! - A call names numbers, clients and SIP addresses, and no agent: its placement by number is not
//!   this folder's. Parent and child legs are calls of their own, joined by an alias.
//! - Recordings are a list of their own, by their creation. It is read for each window, and its
//!   entries are kept as [`parts`](crate::parts) of their call; see `recordings`.
//! - Subaccounts have lists of their own and are sources of their own.
//! - Voice Insights is a second list of the same calls; see `insights`.

pub mod client;
pub mod errors;
pub mod wire;

mod examine;
mod insights;
mod marks;
mod normalise;
mod numbers;
mod recordings;
mod settings;
mod sweep;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use normalise::{Reading, normalise};
pub use settings::Settings;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Call, Capabilities, Country, ProviderCallId, Window};
use tokio::sync::mpsc;

use crate::connect::{Means, ProviderOwn};
use crate::setup::SetUp;
use crate::{
    ConnectError, Connection, Page, Probe, Provider, ProviderAgents, RawRecord, SourceError,
    Standing, Traffic, Unreadable, Walked,
};
use marks::Marks;

/// A connection to one account.
pub struct Twilio {
    client: Client,
    marks: Marks,
}

impl Twilio {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self { client, marks: Marks::default() }
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        &self.account_sid
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(Twilio::new(Client::new(self, credential, tuning, wait, budgets)?)))
    }
}

#[async_trait]
impl Provider for Twilio {
    fn capabilities(&self) -> Capabilities {
        self.client.settings().capabilities()
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
        walk::walk(&self.client, &self.marks, request, pages).await
    }

    async fn total(&self, request: Window) -> Result<Option<u64>, SourceError> {
        insights::count(&self.client, request).await
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        match self.client.call(id).await? {
            Some(call) => Ok(Some(recordings::of_call(&self.client, call).await?)),
            None => Ok(None),
        }
    }

    /// There are none: Twilio carries calls and does not hold them.
    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        Ok(ProviderAgents::default())
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        normalise(record, &Reading { home, base: self.client.base() })
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}
