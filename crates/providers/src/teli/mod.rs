//! Calls of Teli's voice agents: the call history of a whole organisation.
//!
//! What the API is: a list filtered by status and time (`GET /v1/voice/calls`), newest first, with
//! neither pages nor total; one call by id; an export of the same list; a list of agents. Little
//! of it is published, so every belief a reading depends on is a setting, and `doctor` says what
//! the connection shows about each.
//!
//! What it is not, and what we do about it:
//! - A list ends after 100 calls and says no more: a window is cut until each piece has fewer.
//!   What fills a whole millisecond is asked of the export; what that does not settle is doubtful.
//! - Without `call_status` only ended calls are listed: every status is asked for by name, and once
//!   without one; a status seen that way is asked for too.
//! - Whether the ends of a range are inclusive is not said: requests overlap by a second.
//! - Whether a range compares the start or the creation of a call is not said: it is tried out on
//!   a known call. Only when it is the start may a full page in order stand for everything between
//!   its first and its last call; see `cut`.
//! - A call under way may end between two lists: what has not ended is asked for first.
//! - Rows may lack numbers and transcript: the call is then asked for by id. A record is put
//!   together of the parts `list`, `detail` and, for a call only the export has, `export`.
//! - `call_started_at` and `call_ended_at` are not the call's times, and are not read.
//! - Recording URLs may be signed anew for every answer: signatures are kept out of the record, or
//!   every reading would find a change.

pub mod client;
pub mod errors;
pub mod wire;

mod calibrate;
mod compare;
mod cut;
mod examine;
mod exports;
mod normalise;
mod reading;
mod settings;
mod signed;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use compare::{Agreement, compare};
pub use normalise::normalise;
pub use settings::{Settings, WindowField};

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
use calibrate::Learnt;

/// A connection to one organisation.
pub struct Teli {
    client: Client,
    learnt: Learnt,
}

impl Teli {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        let learnt = Learnt::of(client.settings());
        Self { client, learnt }
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        &self.organization_id
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(Teli::new(Client::new(self, credential, tuning, wait, budgets)?)))
    }
}

#[async_trait]
impl Provider for Teli {
    fn capabilities(&self) -> Capabilities {
        self.client.settings().capabilities(self.learnt.window_field())
    }

    fn concurrency(&self) -> usize {
        self.client.concurrency()
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
        walk::walk(&self.client, &self.learnt, request, pages).await
    }

    async fn total(&self, _request: Window) -> Result<Option<u64>, SourceError> {
        // `count` is the length of the answer.
        Ok(None)
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        self.client.call(id).await
    }

    /// Nothing says whether one answer has them all.
    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        Ok(ProviderAgents { agents: self.client.agents().await?, is_whole: false })
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        normalise(record, home)
    }

    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        self.learnt.renew(&self.client).await
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client, &self.learnt).await
    }
}
