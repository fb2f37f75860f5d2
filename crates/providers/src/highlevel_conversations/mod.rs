//! Every call of a HighLevel sub-account, by people and AI, from the messages of its conversations.
//!
//! What the API is: an export of all messages of one sub-account ("location") along a cursor
//! (`GET /conversations/messages/export`), one message by id, its transcription and its recording.
//! A call is a message of a call-like kind.
//!
//! What it is not, and what we do about it:
//! - The export's cursor dies two minutes after the last request: pages are asked for while others
//!   wait to be written, and a window whose cursor died is begun anew.
//! - It is not documented which time a range filters, in which zone, and whether its end is in it:
//!   requests are 26 hours wider on both sides, or two once a call's own minute was asked for and
//!   came back alone, and are cut by each call's own time; see `calibrate`.
//! - Whether `channel=Call` holds voicemails, IVR, custom and campaign calls is not documented. Once
//!   a day the newest calls among all messages are looked for in it. Every message is read until one
//!   of another kind than the plain one was found there, and for good if one is missing. Kinds nobody
//!   knows are kept as calls.
//! - Messages of one instant may fall between two pages. A window counts only if the provider ended
//!   it itself and its total equals the distinct messages seen; if fewer were seen it is read from
//!   the other end as well.
//! - A call's row is made when it is dialled and written again when it ends, and other systems put
//!   in calls with an old date: each run also brings what was written since the ledger's newest
//!   proof, by the export's other order, and windows are read again at the ages of
//!   [`domain::Tiers::usual`].
//! - Duration and outcome stand at `meta.call`, not where they are published; both are read.
//! - The direction is the message's: a thread holds calls in both. Inbound calls name no user.
//! - `from` and `to` may hold names; only numbers are taken.
//! - An answer by id may differ from the export's, so it is a part of its own, `detail`; the one
//!   written later counts. `traceId`, new with every answer, is left out of every part.
//! - Deleted and retried messages vanish without a word; they stay here.
//!
//! The search over conversations is a way out where the export is not to be had (`reads`). It finds
//! threads, not calls; one thread has many calls, only its last message can be filtered by, and the
//! value it is paged by has no tie-breaker. What it reads is kept and never counts as whole.

pub mod client;
pub mod wire;

mod calibrate;
mod chain;
mod changes;
mod examine;
mod normalise;
mod search;
mod settings;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use normalise::{Home, normalise};
pub use settings::{Channel, FiltersBy, Reads, Settings};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{Call, Capabilities, Country, ProviderCallId, Timestamp, Window};
use tokio::sync::mpsc;

use crate::connect::{Means, ProviderOwn};
use crate::setup::SetUp;
use crate::{
    ConnectError, Connection, Page, Probe, Provider, ProviderAgents, RawRecord, SourceError,
    Standing, Traffic, Unreadable, Walked, parts,
};
use calibrate::{Calibration, SMALL_PAGE};
use client::Listing;
use wire::Message;

/// A connection to one sub-account.
pub struct HighlevelConversations {
    client: Client,
    calibration: Calibration,
}

impl HighlevelConversations {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self { client, calibration: Calibration::default() }
    }

    fn channel(&self) -> Channel {
        self.calibration.channel(self.client.settings().channel)
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        &self.location_id
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(HighlevelConversations::new(Client::new(
            self, credential, tuning, wait, budgets,
        )?)))
    }
}

#[async_trait]
impl Provider for HighlevelConversations {
    fn capabilities(&self) -> Capabilities {
        let able = self.client.settings().capabilities();
        Capabilities { margin: self.calibration.margin(able.margin), ..able }
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
        match self.client.settings().reads {
            Reads::Search => search::walk(&self.client, request, pages).await,
            Reads::Export => {
                let able = self.capabilities();
                walk::walk(&self.client, &able, self.channel(), request, pages).await
            }
        }
    }

    async fn changes(
        &self,
        since: Timestamp,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Option<Walked>, SourceError> {
        let settings = self.client.settings();
        if !settings.reads_changes || settings.reads != Reads::Export {
            return Ok(None);
        }
        let able = self.capabilities();
        let since = since - settings.changes_overlap();
        changes::read(&self.client, &able, self.channel(), since, pages).await.map(Some)
    }

    async fn total(&self, request: Window) -> Result<Option<u64>, SourceError> {
        let settings = self.client.settings();
        let is_said = settings.reads == Reads::Export && self.channel() == Channel::Call;
        if !is_said || !settings.counts_total || settings.filters_by == FiltersBy::Updated {
            return Ok(None);
        }
        let listing = Listing::of(request, Channel::Call, SMALL_PAGE);
        Ok(self.client.export_first(listing).await?.total)
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let Some(detail) = self.client.message(id).await? else { return Ok(None) };
        let message = std::str::from_utf8(&detail).ok().and_then(|json| Message::read(json).ok());
        let identity = match &message {
            Some(message) => message.identity(),
            None => Err(crate::json::because("the record is not an object")),
        };
        let may_have_words = message.as_ref().is_some_and(normalise::was_talked);
        let words = if may_have_words { self.client.transcription(id).await? } else { None };
        let words = words.as_ref().map(|words: &Bytes| ("transcription", &words[..]));
        let bytes = parts::compose([("detail", &detail[..])].into_iter().chain(words));
        Ok(Some(RawRecord { identity, bytes }))
    }

    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        if !self.client.settings().lists_users {
            return Ok(ProviderAgents::default());
        }
        Ok(ProviderAgents { agents: self.client.users().await?, is_whole: true })
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        let settings = self.client.settings();
        let home = Home {
            base_url: settings.base_url.trim_end_matches('/'),
            location_id: &settings.location_id,
            country: home,
        };
        normalise(record, home)
    }

    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        match self.client.settings().reads {
            Reads::Export => self.calibration.renew(&self.client).await,
            Reads::Search => Ok(None),
        }
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}
