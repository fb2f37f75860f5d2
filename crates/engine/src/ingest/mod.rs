//! The one narrow waist: whatever brings records in, they go through here.
//!
//! [`prepare()`] asks what is known about a batch and does the heavy work for what is not, outside
//! of any transaction; [`commit()`] decides each record's fate inside one.

mod asking;
mod codec;
mod commit;
mod committed;
mod complete;
mod prepare;
mod writes;

use std::borrow::Cow;

use bytes::Bytes;
use domain::{Call, Placement, Rules, Timestamp};
use providers::RawRecord;

pub(crate) use asking::{Answer, Asking};
pub(crate) use codec::SAMPLES;
pub use codec::{Codec, CodecError, Dictionaries};
pub(crate) use commit::commit_alone;
pub use commit::{Fate, SeenBy, commit};
pub use committed::{Brought, Committed};
pub use complete::{Completed, Completer};
pub(crate) use prepare::foresee;
pub use prepare::{Prepared, Prepares, prepare};

/// One record as it came in.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// The record.
    pub record: RawRecord,
    /// Whether this run counts the record elsewhere, and here only as *repeated*.
    pub is_repeated: bool,
    /// The record in normal form, where it had to be read before.
    read: Option<Box<Call>>,
}

impl Sighting {
    /// A record that nobody has looked into.
    pub fn new(record: RawRecord, is_repeated: bool) -> Self {
        Self { record, is_repeated, read: None }
    }

    /// Another record about the same call takes its place.
    fn becomes(&mut self, bytes: Bytes) {
        self.record.bytes = bytes;
        self.read = None;
    }
}

/// The rules at one version. The version tells when they must be loaded again.
#[derive(Debug, Clone, Default)]
pub struct RulesAt {
    /// Which version.
    pub version: i64,
    /// The rules.
    pub rules: Rules,
}

/// A call that waits or was set aside, in the words of a run's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The provider's id, if there is a readable one.
    pub provider_call_id: Option<String>,
    /// Why, as a name.
    pub reason: Cow<'static, str>,
    /// Why, as a sentence.
    pub detail: Cow<'static, str>,
    /// The provider's id of the agent.
    pub provider_agent_id: Option<String>,
    /// When it happened.
    pub occurred_at: Option<Timestamp>,
}

fn placement_name(placement: Placement) -> (&'static str, &'static str) {
    match placement {
        Placement::Placed { because, .. } => ("placed", because.as_str()),
        Placement::Waiting { reason, .. } => ("waiting", reason.as_str()),
        Placement::Excluded { reason, .. } => ("excluded", reason.as_str()),
    }
}
