//! Calls of a ViciDial cluster, read from its database.
//!
//! What it is: tables of a MariaDB that the dialler's programs write into. One row of
//! `vicidial_log` (outbound) or `vicidial_closer_log` (a call in a queue) is one call; an inbound
//! call that reached no queue is one row of `vicidial_did_log`. The HTTP API lists no calls; see
//! [`client`] and `api`.
//!
//! What it is not, and what we do about it:
//! - There is no id that stays: see [`key`]. `uniqueid` is rewritten when a manual call ends and may
//!   be given twice; (lead, second) merges calls.
//! - There is no "changed since", and `call_date` is not when a row was inserted: windows begin 15
//!   minutes back and are read again up to 35 days later; a call without an ending is asked for by
//!   its key meanwhile.
//! - Times are local and say no zone: see [`zone`]. `start_epoch` is believed where it agrees.
//! - Tables lock as a whole, so statements are short: see [`pace`]. Nothing is ever cut by `LIMIT`.
//! - There are no snapshots: a slice counts only if it had as many rows before as after, and as
//!   many were read.
//! - The archiver copies rows while they change and never refreshes the copies: tables in use are
//!   read first and win, and a row that only the archive has is kept under a name of its own, so
//!   that it never overwrites a later state that is held.
//! - The dialler loses calls without a word when a `uniqueid` comes twice: four ledgers of other
//!   programs name them; see `ledger`. They are lost there, so no window is doubted for them.
//! - Schemas differ by year and site: columns are looked up, see [`tables`]. A call table or archive
//!   that cannot be seen may exist: windows that reach into it are doubted, see `hidden`.
//! - A cluster's rows are told apart by nothing but the source: two clusters are two sources.
//!
//! A record is made of parts, each a row with its column names and all values as text: `key` (ours),
//! `log`, `closer` or `did_call`, and `lead`, `status` (the flags of its code), `extended`, `dial`,
//! `carrier`, `channel`, `did`, `recording`, `agent`; and `export_…`, each a row of an imported file,
//! which counts only where no table's row is held. Left out, because it changes without the call:
//! what the lead's next call changes on the lead, and the flags of the jobs that send call URLs.

pub mod client;
pub mod key;
pub mod pace;
pub mod rows;
pub mod seen;
pub mod status;
pub mod tables;
pub mod wire;
pub mod zone;

mod api;
mod batch;
mod errors;
mod examine;
mod hidden;
mod import;
mod ledger;
mod normalise;
mod one;
mod replica;
mod settings;
mod slice;
mod sql;
mod walk;
mod written;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use normalise::normalise;
pub use settings::Settings;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Call, Capabilities, Country, ProviderCallId, Window};
use tokio::sync::mpsc;

use crate::connect::{Means, ProviderOwn};
use crate::setup::SetUp;
use crate::{
    ConnectError, Connection, Page, Probe, Provider, ProviderAgent, ProviderAgents, RawRecord,
    SourceError, Unreadable, Walked, export,
};
use errors::unseen;
use key::Key;
use pace::Pace;
use tables::{Copy, Table};

/// A connection to one cluster.
pub struct Vicidial {
    client: Client,
    pace: Mutex<Pace>,
}

impl Vicidial {
    /// A connection that asks through `client`.
    pub fn new(client: Client) -> Self {
        let settings = client.settings();
        let target = Duration::from_millis(settings.statement_ms_target);
        let pace = Mutex::new(Pace::new(settings.slice_rows_max, target));
        Self { client, pace }
    }

    /// What the slowest statement took so far.
    pub fn slowest_statement(&self) -> Duration {
        self.client.slowest_statement()
    }
}

impl ProviderOwn for Settings {
    const SET_UP: SetUp = settings::SET_UP;

    fn scope(&self) -> &str {
        self.cluster.as_deref().unwrap_or(&self.host)
    }

    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
        let Means { credential, tuning, wait, budgets } = means;
        Ok(Arc::new(Vicidial::new(Client::new(self, credential, tuning, wait, budgets)?)))
    }
}

#[async_trait]
impl Provider for Vicidial {
    fn capabilities(&self) -> Capabilities {
        // What a replica has not applied yet cannot be proved.
        let own = self.client.settings().capabilities();
        Capabilities { lag: own.lag + self.client.behind(), ..own }
    }

    fn concurrency(&self) -> usize {
        self.client.settings().connections as usize
    }

    async fn walk(
        &self,
        request: Window,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Walked, SourceError> {
        walk::walk(&self.client, &self.pace, request, pages).await
    }

    /// Three tables with archives have no total that is cheap and true.
    async fn total(&self, _request: Window) -> Result<Option<u64>, SourceError> {
        Ok(None)
    }

    async fn record(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let Some(key) = Key::read(id) else { return Ok(None) };
        one::record(&self.client, &key).await
    }

    fn slowest_statement(&self) -> Option<Duration> {
        Some(self.client.slowest_statement())
    }

    async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        let schema = self.client.schema().await?;
        let Some(statement) = schema.select(Table::Users, Copy::Live, "1 = 1") else {
            return Err(unseen(Table::Users.name(), self.client.settings()));
        };
        let rows = self.client.ask("agents", &statement).await?.rows;
        let agent = |row: &rows::Row| {
            Some(ProviderAgent {
                provider_agent_id: row.get("user")?.to_owned(),
                name: row.get("full_name").unwrap_or_default().to_owned(),
                inbound_number: None,
            })
        };
        let agents = rows.iter().filter_map(agent).collect();
        Ok(ProviderAgents { agents, is_whole: true })
    }

    fn has_parts(&self) -> bool {
        true
    }

    fn export_columns(&self) -> &'static [&'static str] {
        import::COLUMNS
    }

    async fn import(
        &self,
        rows: &[export::Row],
        held: &dyn export::Held,
    ) -> Result<Vec<RawRecord>, SourceError> {
        import::import(&self.client, rows, held).await
    }

    fn normalise(&self, record: &[u8], home: Country) -> Result<Call, Unreadable> {
        normalise(record, self.client.zone(), self.client.settings().skew(), home)
    }

    /// How far a replica is behind moves the edge of what can be proved, so it is asked before
    /// every run; and a table that could not be seen may be seen by now.
    async fn calibrate(&self) -> Result<Option<Probe>, SourceError> {
        self.client.look_again();
        replica::learn(&self.client).await
    }

    async fn examine(&self) -> Vec<Probe> {
        examine::examine(&self.client).await
    }
}
