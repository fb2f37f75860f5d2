//! What HighLevel sends, as sent: borrowed, with every field optional and of any type.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use domain::{ProviderCallId, Timestamp};
use serde::Deserialize;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::secrets::without_secrets;
use crate::json::{because, id_text, instant, text, unreadable, whole_number};
use crate::{Identity, ProviderAgent, RawRecord, Unreadable};

/// A page of the call list, split into records that share its memory.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// How many calls the provider says match.
    pub total: u64,
    /// Which page it says this is.
    pub page: Option<u64>,
    /// How many calls it says a page holds.
    pub page_size: Option<u64>,
    /// The records.
    pub records: Vec<RawRecord>,
}

/// A page of the agent list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPage {
    /// How many agents the provider says there are.
    pub total: u64,
    /// How many entries this page had, readable or not.
    pub entries: usize,
    /// The agents that have an id.
    pub agents: Vec<ProviderAgent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(borrow)]
    total: &'a RawValue,
    #[serde(borrow)]
    page: Option<&'a RawValue>,
    #[serde(borrow)]
    page_size: Option<&'a RawValue>,
    #[serde(borrow, rename = "callLogs", alias = "agents")]
    entries: Vec<&'a RawValue>,
}

impl CallPage {
    /// Splits a page. The error is of the page as a whole: each record answers for itself.
    pub fn split(body: &Bytes) -> serde_json::Result<Self> {
        let list: List<'_> = serde_json::from_slice(body)?;
        let total = list.total()?;
        let record = |raw: &&RawValue| record(body, raw);
        Ok(Self {
            total,
            page: list.page.and_then(whole_number),
            page_size: list.page_size.and_then(whole_number),
            records: list.entries.iter().map(record).collect(),
        })
    }
}

/// One record of an answer. It shares the answer's memory unless it holds secrets.
pub fn record(body: &Bytes, raw: &RawValue) -> RawRecord {
    let bytes = match without_secrets(raw.get()) {
        Cow::Borrowed(whole) => body.slice_ref(whole.as_bytes()),
        Cow::Owned(masked) => masked.into(),
    };
    RawRecord { identity: identify(raw.get()), bytes }
}

impl AgentPage {
    /// Reads a page of agents.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let list: List<'_> = serde_json::from_slice(body)?;
        let total = list.total()?;
        let agents = list.entries.iter().filter_map(|raw| agent(raw)).collect();
        Ok(Self { total, entries: list.entries.len(), agents })
    }
}

impl List<'_> {
    fn total(&self) -> serde_json::Result<u64> {
        whole_number(self.total).ok_or_else(|| serde_json::Error::custom("total is no number"))
    }
}

fn agent(raw: &RawValue) -> Option<ProviderAgent> {
    let entry: AgentEntry<'_> = serde_json::from_str(raw.get()).ok()?;
    let provider_agent_id = entry.id.and_then(id_text)?.into_owned();
    let name = entry.agent_name.and_then(text).unwrap_or_default().into_owned();
    let inbound_number = entry.inbound_number.and_then(text).map(Cow::into_owned);
    Some(ProviderAgent { provider_agent_id, name, inbound_number })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgentEntry<'a> {
    // Some examples of the documentation say `_id`.
    #[serde(borrow, alias = "_id")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    agent_name: Option<&'a RawValue>,
    #[serde(borrow)]
    inbound_number: Option<&'a RawValue>,
}

/// One call, each field as raw JSON. Of a field that comes twice, the last counts.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "the provider's own names")]
pub struct CallLog<'a> {
    pub id: Option<&'a RawValue>,
    pub created_at: Option<&'a RawValue>,
    pub contact_id: Option<&'a RawValue>,
    pub agent_id: Option<&'a RawValue>,
    pub is_agent_deleted: Option<&'a RawValue>,
    pub from_number: Option<&'a RawValue>,
    pub duration: Option<&'a RawValue>,
    pub trial_call: Option<&'a RawValue>,
    pub summary: Option<&'a RawValue>,
    pub transcript: Option<&'a RawValue>,
    pub extracted_data: Option<&'a RawValue>,
    pub message_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Id,
    CreatedAt,
    ContactId,
    AgentId,
    IsAgentDeleted,
    FromNumber,
    Duration,
    TrialCall,
    Summary,
    Transcript,
    ExtractedData,
    MessageId,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for CallLog<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CallLogVisitor)
    }
}

struct CallLogVisitor;

impl<'de> Visitor<'de> for CallLogVisitor {
    type Value = CallLog<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CallLog<'de>, A::Error> {
        let mut log = CallLog::default();
        while let Some(field) = map.next_key()? {
            let place = match field {
                Field::Id => &mut log.id,
                Field::CreatedAt => &mut log.created_at,
                Field::ContactId => &mut log.contact_id,
                Field::AgentId => &mut log.agent_id,
                Field::IsAgentDeleted => &mut log.is_agent_deleted,
                Field::FromNumber => &mut log.from_number,
                Field::Duration => &mut log.duration,
                Field::TrialCall => &mut log.trial_call,
                Field::Summary => &mut log.summary,
                Field::Transcript => &mut log.transcript,
                Field::ExtractedData => &mut log.extracted_data,
                Field::MessageId => &mut log.message_id,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *place = Some(map.next_value()?);
        }
        Ok(log)
    }
}

impl<'a> CallLog<'a> {
    /// Reads one record.
    pub fn read(record: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(record).map_err(|error| unreadable(&error))
    }

    /// Which call it is.
    pub fn id(&self) -> Result<ProviderCallId, Unreadable> {
        let id = self.id.ok_or_else(|| because("the record has no `id`"))?;
        let id =
            id_text(id).ok_or_else(|| because("`id` is empty, or neither a text nor a number"))?;
        Ok(ProviderCallId(id.into_owned()))
    }

    /// When it was, with the provider's own text.
    pub fn created_at(&self) -> Result<(Timestamp, Cow<'a, str>), Unreadable> {
        let raw = self.created_at.ok_or_else(|| because("the record has no `createdAt`"))?;
        instant(raw).ok_or_else(|| because("`createdAt` is not an instant"))
    }
}

/// Which call a record is and when it was.
pub fn identify(record: &str) -> Result<Identity, Unreadable> {
    let log = CallLog::read(record)?;
    Ok(Identity { id: log.id()?, occurred_at: log.created_at()?.0 })
}
