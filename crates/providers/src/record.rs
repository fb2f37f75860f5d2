//! A record as the provider sent it, before anybody interprets it.

use std::fmt;

use bytes::Bytes;
use domain::{ProviderCallId, Timestamp};

/// One record of one page, whole. Its `Debug` can stand in a log: it does not show the record.
#[derive(Clone)]
pub struct RawRecord {
    /// Which call it is and when it was, or why that cannot be read.
    pub identity: Result<Identity, Unreadable>,
    /// The record as sent; shares the memory of its page.
    pub bytes: Bytes,
}

impl fmt::Debug for RawRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { identity, bytes } = self;
        let bytes = format_args!("[{} bytes]", bytes.len());
        f.debug_struct("RawRecord").field("identity", identity).field("bytes", &bytes).finish()
    }
}

/// What must be readable for a record to be a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's id.
    pub id: ProviderCallId,
    /// The time the provider lists it by.
    pub occurred_at: Timestamp,
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unreadable {
    /// A sentence that names the field, never its content.
    pub why: String,
}

/// One page of records, as it left the socket.
#[derive(Debug, Clone)]
pub struct Page {
    /// Which page of its walk, from 1.
    pub number: u64,
    /// The total the provider gave with it.
    pub total: Option<u64>,
    /// Its records, and whether this walk saw each one's id on an earlier page.
    pub records: Vec<(RawRecord, bool)>,
    /// How long the request took, retries included.
    pub took: std::time::Duration,
}
