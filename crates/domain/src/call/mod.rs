//! A call in normal form.

mod shown;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CallStatus, Phone, ProviderCallId, Timestamp};

/// An instant as the provider wrote it, and what it means in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderTime {
    /// In UTC.
    pub at: Timestamp,
    /// The provider's own text, kept so that a wrong reading can be found later.
    pub text: String,
}

/// Which way a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The contact called.
    Inbound,
    /// The agent called.
    Outbound,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// Its name in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// Who handled the call, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRef {
    /// The provider's id of the agent.
    pub provider_agent_id: String,
    /// Whether the provider says the agent has been deleted since.
    pub is_deleted: bool,
}

/// The person on the other side, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// The provider's id of the contact.
    pub provider_contact_id: String,
}

/// Another name of the same conversation, by which it is joined with other sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// What kind of id it is, such as `highlevel_message`.
    pub kind: String,
    /// The id.
    pub id: String,
}

/// A property that filters and rules speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// Made to try an agent out, not by a customer.
    TestCall,
    /// The provider says the agent no longer exists.
    AgentDeleted,
}

/// What a provider still owes us about a call: it brings it later than the call itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaited {
    /// Only the list's view of it was read; its full record is to be asked for by id.
    Detail,
    /// It has not ended.
    Ending,
    /// Its transcript.
    Transcript,
    /// What the provider makes of it: summary, extracted fields, success.
    Analysis,
    /// Its recording.
    Recording,
    /// What it cost.
    Price,
}

impl Awaited {
    /// Everything a provider may owe.
    pub const ALL: &[Self] = &[
        Self::Detail,
        Self::Ending,
        Self::Transcript,
        Self::Analysis,
        Self::Recording,
        Self::Price,
    ];

    /// Its name in the database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Ending => "ending",
            Self::Transcript => "transcript",
            Self::Analysis => "analysis",
            Self::Recording => "recording",
            Self::Price => "price",
        }
    }
}

/// One call record in normal form. Absent is `None`: never zero, never an empty text.
///
/// Its `Debug` can stand in a log: of numbers it shows the last four digits, of words how long they
/// are.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The provider's id; with the source, the key.
    pub provider_call_id: ProviderCallId,
    /// The time the provider lists the call by: its start, unless the provider's page says otherwise.
    pub occurred_at: ProviderTime,
    /// When it ended, where the provider says so.
    pub ended_at: Option<ProviderTime>,
    /// How long it lasted.
    pub duration: Option<Duration>,
    /// Which way it went, where the provider says so.
    pub direction: Option<Direction>,
    /// Where it stands.
    pub status: CallStatus,
    /// The calling number.
    pub from: Option<Phone>,
    /// The called number.
    pub to: Option<Phone>,
    /// Who handled it.
    pub agent: Option<AgentRef>,
    /// The campaign, queue or batch it belongs to, in the provider's words.
    pub campaign: Option<String>,
    /// Who was on the other side.
    pub contact: Option<ContactRef>,
    /// Where the recording can be fetched.
    pub recording: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// What it was about.
    pub summary: Option<String>,
    /// Fields the agent extracted, free-form.
    pub extracted: Option<serde_json::Value>,
    /// Other names of the same conversation.
    pub aliases: Vec<Alias>,
    /// Properties that filters and rules speak of.
    pub tags: Vec<Tag>,
    /// The first thing the provider still owes; `None` when nothing more is expected of it.
    /// Whatever changes all the same, reading its window again finds.
    pub awaits: Option<Awaited>,
}

impl Call {
    /// A call of which nothing is told but its id and its time.
    pub const fn bare(provider_call_id: ProviderCallId, occurred_at: ProviderTime) -> Self {
        Self {
            provider_call_id,
            occurred_at,
            ended_at: None,
            duration: None,
            direction: None,
            status: CallStatus::Unknown,
            from: None,
            to: None,
            agent: None,
            campaign: None,
            contact: None,
            recording: None,
            transcript: None,
            summary: None,
            extracted: None,
            aliases: Vec::new(),
            tags: Vec::new(),
            awaits: None,
        }
    }
}
