//! One folder per provider: what its API is, how it is read, and how a record becomes a call.
//!
//! Every provider is a [`Provider`]: it walks a window and hands over pages of raw records, and it
//! turns one raw record into a call. Everything else (what to read, when, where a call belongs)
//! is decided elsewhere.

#![cfg_attr(
    test,
    expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it is wrong")
)]

pub mod clock;
pub mod credential;
pub mod elevenlabs;
pub mod error;
pub mod export;
pub mod highlevel;
pub mod highlevel_conversations;
pub mod highlevel_voice_ai;
pub mod http;
pub mod identity;
pub mod json;
pub mod outgoing;
pub mod parts;
pub mod record;
pub mod setup;
pub mod teli;
pub mod twilio;
pub mod vicidial;

mod connect;
mod examine;
#[cfg(test)]
mod testing;
mod webhooks;

pub use clock::{SystemClock, Wait};
pub use connect::{
    ConnectError, Connection, ConnectionSettings, ProviderSettings, Tuning, connect,
};
pub use credential::{Credential, TokenPair, TokenVault, VaultError};
pub use error::SourceError;
pub use http::Traffic;
pub use http::budget::Standing;
pub use record::{Identity, Page, RawRecord, Unreadable};

use std::time::Duration;

use async_trait::async_trait;
use domain::{Call, Capabilities, Country, ProviderCallId, Timestamp, Window};
use tokio::sync::mpsc;

/// One configured connection to a provider.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it can answer, and how carefully it must be asked.
    fn capabilities(&self) -> Capabilities;

    /// Requests it keeps in flight at once.
    fn concurrency(&self) -> usize;

    /// What may be asked of it now, and how much of it was; nothing where there is no limit.
    fn budget(&self) -> Option<Standing> {
        None
    }

    /// What was asked of it over HTTP so far, and how it was answered; nothing of a provider that is
    /// asked in another way.
    fn traffic(&self) -> Option<Traffic> {
        None
    }

    /// Reads every record whose time lies in `request`, page by page into `pages`.
    ///
    /// The provider drives its own paging and stops early when `pages` is closed. What it
    /// returns says whether the list was proved whole; records already sent stay valid either way.
    async fn walk(
        &self,
        request: Window,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Walked, SourceError>;

    /// Reads every record written since an instant, however old its call, into `pages`, and says
    /// whether that was all. `None` when the provider has no list in that order: its changes are
    /// found when windows are read again.
    async fn changes(
        &self,
        _since: Timestamp,
        _pages: &mpsc::Sender<Page>,
    ) -> Result<Option<Walked>, SourceError> {
        Ok(None)
    }

    /// How many calls the provider says lie in `request`, where it can say so cheaply.
    async fn total(&self, request: Window) -> Result<Option<u64>, SourceError>;

    /// One record by its id; `None` when the provider does not know it.
    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError>;

    /// What the slowest statement of this connection took so far, for a provider whose tables
    /// others work in while they are read.
    fn slowest_statement(&self) -> Option<Duration> {
        None
    }

    /// The agents the provider lists.
    async fn agents(&self) -> Result<ProviderAgents, SourceError>;

    /// Whether its records are put together of several answers, as [`parts`] says: what a sighting
    /// lacks is then kept as it is held, and a call that awaits its
    /// [`domain::Awaited::Detail`] is asked for by [`Provider::record`] before it is kept.
    fn has_parts(&self) -> bool {
        false
    }

    /// The columns by which the header of a file is known that a person exported from this provider;
    /// none where such files cannot be imported.
    fn export_columns(&self) -> &'static [&'static str] {
        &[]
    }

    /// Which call each row of an exported file is: a record for each row, in order. A row that could
    /// be several calls is a record without identity, whole, and never guessed.
    async fn import(
        &self,
        rows: &[export::Row],
        _held: &dyn export::Held,
    ) -> Result<Vec<RawRecord>, SourceError> {
        let why = "files of this provider cannot be imported";
        Ok(rows.iter().map(|row| row.unreadable(why)).collect())
    }

    /// What a raw record says, in normal form. `home` is the country of numbers without prefix.
    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable>;

    /// Asks what the provider's documentation leaves open and a reading depends on, so that
    /// [`Provider::capabilities`] can promise more; the sentence says what was learnt. What was
    /// learnt today is not asked again.
    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        Ok(None)
    }

    /// What is right and wrong with this connection, each in a sentence.
    async fn examine(&self) -> Vec<Probe>;
}

/// What a finished walk proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walked {
    /// Every record of the request was listed.
    Whole {
        /// Distinct records in the whole request, margins included.
        distinct: u64,
        /// The provider's own total, where it gives one.
        total: Option<u64>,
    },
    /// The list proved nothing; the sentence has the numbers.
    Doubtful {
        /// Why.
        why: String,
        /// The provider's own total, where it gave one.
        total: Option<u64>,
    },
    /// Too many calls for one walk; nothing was sent.
    TooMany {
        /// The provider's own total.
        total: u64,
    },
}

/// The agents a provider lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderAgents {
    /// Those that were listed.
    pub agents: Vec<ProviderAgent>,
    /// Whether these are certainly all, so that an agent which is not among them is gone.
    pub is_whole: bool,
}

/// An agent as the provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAgent {
    /// The provider's id.
    pub provider_agent_id: String,
    /// Its name.
    pub name: String,
    /// The number people call to reach it, as written by the provider.
    pub inbound_number: Option<String>,
}

/// One thing learnt by examining a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What was looked at, such as `token` or `clock`.
    pub name: &'static str,
    /// What came out.
    pub outcome: ProbeOutcome,
    /// A sentence for a person.
    pub sentence: String,
    /// What to do about it, when something is to be done.
    pub hint: Option<String>,
}

/// How a probe came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// As it should be.
    Right,
    /// It works, and is worth knowing.
    Notable,
    /// It must be changed.
    Wrong,
}
