//! Conversations of ElevenLabs' agents.
//!
//! What the API is: a list of conversations with a cursor (`GET /v1/convai/conversations`), one
//! conversation by its id, lists of agents and of batch calls, all of the workspace a key belongs
//! to.
//!
//! What it is not, and what we do about it:
//! - A row of the list has no number, no CallSid, no transcript and no analysis. Every call is
//!   asked for by its id as well, and is kept as a record of two [`parts`](crate::parts), `list`
//!   and `detail`.
//! - There is no total. A walk is proved by the provider's own end mark, oldest first under a
//!   fixed upper bound, so that calls which begin meanwhile fall behind its end.
//! - Nothing says how a cursor treats calls of one second; where a page ends inside of a second,
//!   that second is asked for once more by itself. See `walk`.
//! - Nothing says whether the bounds of a range are inclusive: requests are a second wider than
//!   what they are for, which is right either way.
//! - There is no "changed since". Rows are asked for with their summaries, so that a row that says
//!   more than the detail we hold is noticed, and the detail is asked for again; see `normalise`.
//! - A conversation can empty itself when its retention ends. Such an answer is kept as a part of
//!   its own, `emptied`, beside the detail we hold; it never replaces it.
//! - Several things are called `status`, `code` or `detail` in errors; see [`errors`].

pub mod client;
pub mod errors;
pub mod wire;

mod batches;
mod examine;
mod hooks;
mod normalise;
mod settings;
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

/// A connection to one workspace.
pub struct Elevenlabs {
    client: Client,
}

impl Elevenlabs {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        &self.workspace
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(Elevenlabs::new(Client::new(self, credential, tuning, wait, budgets)?)))
    }
}

#[async_trait]
impl Provider for Elevenlabs {
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
        walk::walk(&self.client, request, pages).await
    }

    /// Only a whole walk could tell.
    async fn total(&self, _request: Window) -> Result<Option<u64>, SourceError> {
        Ok(None)
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        self.client.conversation(id).await
    }

    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        self.client.agents().await
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        let rows_tell_changes = self.client.settings().rows_tell_changes;
        normalise(record, &Reading { home, base: self.client.base(), rows_tell_changes })
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}
