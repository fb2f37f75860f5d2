//! What ElevenLabs sends, as sent: borrowed, with every field optional and of any type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{ProviderCallId, Timestamp};
use serde::Deserialize;
use serde::de::Error;
use serde_json::value::RawValue;

use crate::json::{because, id_text, text, unreadable};
use crate::{Identity, ProviderAgent, RawRecord, Unreadable, parts};

/// The part of a record that is its row in the list.
pub const LIST: &str = "list";

/// The part of a record that is its full record.
pub const DETAIL: &str = "detail";

/// The part of a record that is its full record after its words were deleted at the provider.
pub const EMPTIED: &str = "emptied";

/// The end of the year 9999, later than any call, in seconds.
const LATEST_SECONDS: f64 = 253_402_300_799.0;

/// A JSON object whose fields are read one by one. Of a field that comes twice, the last counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Object<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    /// Reads one record.
    pub fn read(json: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(json).map_err(|error| unreadable(&error))
    }

    /// A field that is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied().filter(|raw| raw.get() != "null")
    }

    /// Whether a field is there at all.
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Every field.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// A field that is an object itself; an empty one when it is not.
    #[must_use]
    pub fn object(&self, name: &str) -> Self {
        self.get(name).and_then(|raw| Self::read(raw.get()).ok()).unwrap_or_default()
    }

    /// A field that is a list; an empty one when it is not.
    pub fn list(&self, name: &str) -> Vec<&'a RawValue> {
        self.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// A field that is a text and says something.
    pub fn words(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text)
    }
}

/// An instant in whole or broken seconds since 1970, with its text.
pub fn unix_seconds(raw: &RawValue) -> Option<(Timestamp, String)> {
    let written = id_text(raw)?;
    let seconds: f64 = written.trim().parse().ok()?;
    if !(0.0..=LATEST_SECONDS).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked before")]
    let millis = (seconds * 1000.0).round() as i64;
    Some((Timestamp::from_millis(millis), written.into_owned()))
}

/// Which conversation an object is.
pub fn id(object: &Object<'_>) -> Result<ProviderCallId, Unreadable> {
    let raw = object
        .get("conversation_id")
        .ok_or_else(|| because("the record has no `conversation_id`"))?;
    let id = id_text(raw)
        .ok_or_else(|| because("`conversation_id` is empty, or neither a text nor a number"))?;
    Ok(ProviderCallId(id.into_owned()))
}

/// When a conversation began. `from` is its row, or its detail's metadata.
pub fn start(from: &Object<'_>) -> Result<(Timestamp, String), Unreadable> {
    let raw = from
        .get("start_time_unix_secs")
        .ok_or_else(|| because("the record has no `start_time_unix_secs`"))?;
    unix_seconds(raw).ok_or_else(|| because("`start_time_unix_secs` is not an instant"))
}

/// Where a page says that the list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// At this cursor.
    At(String),
    /// It ends here.
    End,
    /// It goes on, or may go on, and the page does not say where.
    Nowhere,
}

impl Next {
    /// `has_more` is the end mark; a page without it ends where it says that there is no cursor.
    fn of(page: &Object<'_>, cursor: &str) -> Self {
        let next = page.get(cursor).and_then(id_text);
        match (page.get("has_more").map(RawValue::get), next) {
            (Some("false"), _) => Self::End,
            (_, Some(next)) => Self::At(next.into_owned()),
            (None, None) if page.has(cursor) => Self::End,
            (_, None) => Self::Nowhere,
        }
    }
}

/// A page of the list, split into records.
#[derive(Debug, Clone)]
pub struct ConversationPage {
    /// The records, each with its row as its only part.
    pub records: Vec<RawRecord>,
    /// The rows as sent, in the same order.
    pub rows: Vec<Bytes>,
    /// Where the list goes on.
    pub next: Next,
}

impl ConversationPage {
    /// Splits a page. The error is of the page as a whole: each record answers for itself.
    pub fn split(body: &Bytes) -> serde_json::Result<Self> {
        let page: Object<'_> = serde_json::from_slice(body)?;
        let rows = entries(&page, "conversations")?;
        Ok(Self {
            records: rows.iter().map(|row| listed(row.get())).collect(),
            rows: rows.iter().map(|row| body.slice_ref(row.get().as_bytes())).collect(),
            next: Next::of(&page, "next_cursor"),
        })
    }
}

/// The list of a page. What has none is no page.
fn entries<'a>(page: &Object<'a>, name: &str) -> serde_json::Result<Vec<&'a RawValue>> {
    let raw = page.get(name).ok_or_else(|| serde_json::Error::custom("there is no list"))?;
    serde_json::from_str(raw.get())
}

fn listed(row: &str) -> RawRecord {
    let identity = Object::read(row)
        .and_then(|row| Ok(Identity { id: id(&row)?, occurred_at: start(&row)?.0 }));
    RawRecord { identity, bytes: parts::compose([(LIST, row.as_bytes())]) }
}

/// A conversation by its id. It must be the one that was asked for.
pub fn detailed(body: &Bytes, asked: &ProviderCallId) -> serde_json::Result<RawRecord> {
    let json: &RawValue = serde_json::from_slice(body)?;
    let detail: Object<'_> = serde_json::from_str(json.get())?;
    let id = id(&detail).map_err(|_none| serde_json::Error::custom("no conversation"))?;
    if id != *asked {
        return Err(serde_json::Error::custom("another conversation"));
    }
    let identity =
        start(&detail.object("metadata")).map(|(at, _)| Identity { id, occurred_at: at });
    let part = if is_emptied(&detail) { EMPTIED } else { DETAIL };
    Ok(RawRecord { identity, bytes: parts::compose([(part, json.get().as_bytes())]) })
}

/// Whether a conversation's words were deleted at the provider, by its own account.
fn is_emptied(detail: &Object<'_>) -> bool {
    let deletion = detail.object("metadata").object("deletion_settings");
    let marks = ["deleted_transcript_at_time_unix_secs", "deleted_logs_at_time_unix_secs"];
    let is_deleted = marks.iter().any(|mark| deletion.get(mark).is_some());
    is_deleted && detail.list("transcript").is_empty()
}

/// A page of agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPage {
    /// The agents that have an id.
    pub agents: Vec<ProviderAgent>,
    /// Where the list goes on.
    pub next: Next,
}

impl AgentPage {
    /// Reads a page of agents.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let page: Object<'_> = serde_json::from_slice(body)?;
        let agents = entries(&page, "agents")?.into_iter().filter_map(agent).collect();
        Ok(Self { agents, next: Next::of(&page, "next_cursor") })
    }
}

fn agent(raw: &RawValue) -> Option<ProviderAgent> {
    let agent = Object::read(raw.get()).ok()?;
    let provider_agent_id = agent.get("agent_id").and_then(id_text)?.into_owned();
    let name = agent.words("name").unwrap_or_default().into_owned();
    // Numbers are things of their own that point to an agent, and several may.
    Some(ProviderAgent { provider_agent_id, name, inbound_number: None })
}
