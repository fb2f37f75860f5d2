//! What proves, beside the calls themselves, that there was a call: four ledgers that other programs
//! of the cluster keep. One of their calls without a row in the call tables was lost at the provider.
//!
//! - `vicidial_dial_log`: the dialler, before it places a call.
//! - `vicidial_log_extended`: whoever logs a call, beside its row, in a statement of its own.
//! - `vicidial_carrier_log`: the hang-up handler, for the leg towards the carrier.
//! - `recording_log`: the recorder. No index knows its times, so recordings are found by the second
//!   in the `uniqueid` they are filed under; those of queued calls, filed under a queue entry's
//!   number, are not.
//!
//! `vicidial_did_log` is no ledger here: its calls that reached no queue are calls themselves.

mod ask;
mod matching;

use std::time::Duration;

use domain::{Timestamp, Window};

use super::client::{Client, Failed};
use super::seen::Seen;
use super::tables::{Copy, Schema, Table};
use ask::Asking;

#[cfg(test)]
pub(super) use matching::{Logged, unaccounted};

/// Until when a call must have its row: the longest ring, the sweep after it and the audit.
pub(super) const DEADLINE: Duration = Duration::from_mins(15);

/// Who keeps a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ledger {
    Dial,
    Extended,
    Carrier,
    Recording,
}

impl Ledger {
    /// Every ledger; what a former one names, a later one does not name again.
    pub const ALL: [Self; 4] = [Self::Dial, Self::Extended, Self::Carrier, Self::Recording];

    /// Its table.
    pub const fn table(self) -> Table {
        match self {
            Self::Dial => Table::Dial,
            Self::Extended => Table::Extended,
            Self::Carrier => Table::Carrier,
            Self::Recording => Table::Recording,
        }
    }

    /// What its calls are, in a sentence.
    pub const fn calls(self) -> &'static str {
        match self {
            Self::Dial => "calls dialled",
            Self::Extended => "calls logged beside their row",
            Self::Carrier => "calls the carrier's leg was logged of",
            Self::Recording => "outbound calls recorded",
        }
    }
}

/// A call that a ledger knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// What makes it one call in its ledger.
    pub key: (String, String),
    /// The dialler's name for it, or the ledger's.
    pub code: String,
    /// Whom.
    pub lead: String,
    /// When it began, as far as its ledger knows.
    pub at: Timestamp,
    /// When its ledger lists it.
    pub listed: Timestamp,
    /// Its channel.
    pub unique: Option<String>,
}

/// What one ledger says of a span.
#[derive(Debug)]
pub(super) struct Compared {
    pub ledger: Ledger,
    /// How many calls it knows.
    pub calls: u64,
    /// Those without a row that no former ledger names.
    pub without_row: Vec<Attempt>,
}

/// What all ledgers say of a span.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Of every ledger that can be read.
    pub ledgers: Vec<Compared>,
    /// The slowest statement.
    pub slowest: Duration,
}

/// Compares every ledger of a slice with its calls, and where one seems to be missing with every
/// call of its lead.
pub(super) async fn lost(
    client: &Client,
    schema: &Schema,
    slice: Window,
    calls: &[Seen],
) -> Result<Lost, Failed> {
    let mut ask = Asking::new(client, schema);
    let mut ledgers: Vec<Compared> = Vec::new();
    for ledger in Ledger::ALL {
        if !schema.has(ledger.table(), Copy::Live) {
            continue;
        }
        let mut compared = ask.compare(ledger, slice, calls).await?;
        let named = || ledgers.iter().flat_map(|former| &former.without_row);
        compared.without_row.retain(|call| !named().any(|other| matching::is_same(call, other)));
        ledgers.push(compared);
    }
    Ok(Lost { ledgers, slowest: ask.slowest })
}
