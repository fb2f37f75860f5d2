//! What Teli sends, as sent: borrowed, with every field optional and of any type.

use std::borrow::Cow;
use std::fmt;

use bytes::{Bytes, BytesMut};
use domain::{ProviderCallId, Timestamp};
use serde::Deserialize;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::signed::without_signatures;
use crate::json::{because, id, id_text, text, unreadable, whole_number};
use crate::{Identity, ProviderAgent, RawRecord, Unreadable};

/// The part of a record that a list brings.
pub const LIST: &str = "list";
/// The part of a record that asking for its id brings.
pub const DETAIL: &str = "detail";
/// The part of a record that only the export brings.
pub const EXPORT: &str = "export";

/// An answer of the list, or of the export.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// How many calls it says it has; believed to be the length of this answer.
    pub count: Option<u64>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One row, with what reading a window looks at.
#[derive(Debug, Clone)]
pub struct Row {
    /// The record, put together of this one part.
    pub record: RawRecord,
    /// When the call began.
    pub start: Option<Timestamp>,
    /// When its record was made.
    pub created: Option<Timestamp>,
    /// Its status, in Teli's word.
    pub status: Option<String>,
}

#[derive(Deserialize)]
struct List<'a> {
    success: Option<&'a RawValue>,
    #[serde(borrow)]
    count: Option<&'a RawValue>,
    #[serde(borrow)]
    calls: Vec<&'a RawValue>,
}

impl CallPage {
    /// Splits an answer into records that share one piece of memory, each with one part of this
    /// name. The error is of the answer as a whole: each record answers for itself.
    pub fn split(body: &Bytes, part: &str) -> serde_json::Result<Self> {
        let list: List<'_> = serde_json::from_slice(body)?;
        if list.success.map(RawValue::get) != Some("true") {
            return Err(serde_json::Error::custom("it does not say that it succeeded"));
        }
        let (head, tail) = (format!("{{\"{part}\":"), b"}");
        let mut memory = BytesMut::with_capacity(body.len() + list.calls.len() * (head.len() + 1));
        let mut rows = Vec::with_capacity(list.calls.len());
        let mut ends = Vec::with_capacity(list.calls.len());
        for raw in &list.calls {
            let json = without_signatures(raw.get());
            memory.extend_from_slice(head.as_bytes());
            memory.extend_from_slice(json.as_bytes());
            memory.extend_from_slice(tail);
            ends.push(memory.len());
            rows.push(Row::read(&json));
        }
        let memory = memory.freeze();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        for (row, (start, end)) in rows.iter_mut().zip(starts.zip(&ends)) {
            row.record.bytes = memory.slice(start..*end);
        }
        Ok(Self { count: list.count.and_then(whole_number), rows })
    }
}

impl Row {
    fn read(json: &str) -> Self {
        let call = CallRecord::read(json);
        let identity = call.as_ref().map_err(Clone::clone).and_then(CallRecord::identity);
        let call = call.unwrap_or_default();
        let time = |raw: Option<&RawValue>| raw.and_then(instant).map(|(at, _)| at);
        Self {
            record: RawRecord { identity, bytes: Bytes::new() },
            start: time(call.start_timestamp.or(call.start_time)),
            created: time(call.created_at),
            status: call.call_status.and_then(text).map(Cow::into_owned),
        }
    }

    /// The call's id, where it can be read.
    pub fn id(&self) -> Option<&str> {
        self.record.identity.as_ref().ok().map(|identity| identity.id.0.as_str())
    }
}

/// An instant: milliseconds since 1970 as a number or a text, or ISO 8601; without a zone it is
/// UTC, as the one published example shows. A number too small for this century counts seconds.
pub fn instant(raw: &RawValue) -> Option<(Timestamp, Cow<'_, str>)> {
    let written = id_text(raw)?;
    let text = written.trim();
    if let Ok(millis) = text.parse::<f64>() {
        // No call is as old as 1970: a zero is an empty field.
        return whole_millis(millis).map(|at| (at, written));
    }
    if let Ok(at) = Timestamp::parse(text) {
        return Some((at, written));
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some((Timestamp::from_millis(zoned.timestamp().as_millisecond()), written))
}

/// The third of March 1973; no call at Teli is as old.
const MILLIS_MIN: f64 = 1e11;

#[expect(clippy::cast_possible_truncation, reason = "checked before")]
fn whole_millis(millis: f64) -> Option<Timestamp> {
    let millis = if millis < MILLIS_MIN { millis * 1000.0 } else { millis };
    (MILLIS_MIN..2.5e14).contains(&millis).then(|| Timestamp::from_millis(millis as i64))
}

macro_rules! record {
    ($($field:ident,)*) => {
        /// One call in any of its parts, each field as raw JSON. Of a field that comes twice, the
        /// last counts.
        #[derive(Debug, Clone, Copy, Default)]
        #[expect(missing_docs, reason = "the provider's own names")]
        pub struct CallRecord<'a> {
            $(pub $field: Option<&'a RawValue>,)*
        }

        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "snake_case")]
        #[expect(non_camel_case_types, reason = "the provider's own names")]
        enum Field {
            $($field,)*
            #[serde(other)]
            Other,
        }

        impl<'de> Visitor<'de> for CallVisitor {
            type Value = CallRecord<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a call")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut call = CallRecord::default();
                while let Some(field) = map.next_key()? {
                    let place = match field {
                        $(Field::$field => &mut call.$field,)*
                        Field::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *place = Some(map.next_value()?);
                }
                Ok(call)
            }
        }
    };
}

record! {
    call_id,
    voice_agent_id,
    agent_id,
    start_timestamp,
    end_timestamp,
    created_at,
    call_status,
    direction,
    from_number,
    to_number,
    duration_ms,
    disconnection_reason,
    user_sentiment,
    call_successful,
    in_voicemail,
    recording_url,
    transcript,
    call_analysis,
    extracted_fields,
    extraction_config,
    // The export's own names.
    start_time,
    end_time,
    duration_seconds,
    contact_id,
    campaign_id,
}

struct CallVisitor;

impl<'de: 'a, 'a> Deserialize<'de> for CallRecord<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CallVisitor)
    }
}

impl<'a> CallRecord<'a> {
    /// Reads one part of a record.
    pub fn read(part: &'a str) -> Result<Self, Unreadable> {
        serde_json::from_str(part).map_err(|error| unreadable(&error))
    }

    /// Which call it is.
    pub fn id(&self) -> Result<ProviderCallId, Unreadable> {
        let raw = self.call_id.ok_or_else(|| because("the record has no `call_id`"))?;
        let id = id_text(raw)
            .ok_or_else(|| because("`call_id` is empty, or neither a text nor a number"))?;
        Ok(ProviderCallId(id.into_owned()))
    }

    /// When the call began, with Teli's own text; where that is missing, when its record was made.
    pub fn occurred_at(&self) -> Option<(Timestamp, Cow<'a, str>)> {
        [self.start_timestamp, self.start_time, self.created_at]
            .into_iter()
            .flatten()
            .find_map(instant)
    }

    /// Which call it is and when it was.
    pub fn identity(&self) -> Result<Identity, Unreadable> {
        let (occurred_at, _) = self
            .occurred_at()
            .ok_or_else(|| because("neither `start_timestamp` nor `created_at` is an instant"))?;
        Ok(Identity { id: self.id()?, occurred_at })
    }
}

/// One call as asked for by its id: the record under `call`, or the answer itself.
pub fn detail(body: &Bytes, asked: &ProviderCallId) -> serde_json::Result<RawRecord> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        success: Option<&'a RawValue>,
        #[serde(borrow)]
        call: Option<&'a RawValue>,
    }
    let whole: &RawValue = serde_json::from_slice(body)?;
    let envelope: Envelope<'_> = serde_json::from_str(whole.get())?;
    if envelope.success.is_some_and(|said| said.get() == "false") {
        return Err(serde_json::Error::custom("it says that it failed"));
    }
    let json = without_signatures(envelope.call.unwrap_or(whole).get());
    let call = CallRecord::read(&json).map_err(serde_json::Error::custom)?;
    // Whatever came in its place, such as an error with 200, is not this call.
    if call.id().ok().as_ref() != Some(asked) {
        return Err(serde_json::Error::custom("another call"));
    }
    // Beside a list's part it needs no time of its own; its end is near enough to count it by.
    let ended = || call.end_timestamp.and_then(instant);
    let identity = match call.identity() {
        Err(why) => {
            ended().map(|(at, _)| Identity { id: asked.clone(), occurred_at: at }).ok_or(why)
        }
        known => known,
    };
    Ok(RawRecord { identity, bytes: crate::parts::compose([(DETAIL, json.as_bytes())]) })
}

/// The agents of an answer whose shape is not published: a list, alone or under any usual name.
/// Each comes once under every id it has, because calls name now one and now another.
pub fn agents(body: &Bytes) -> serde_json::Result<Vec<ProviderAgent>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Answer {
        Bare(Vec<serde_json::Value>),
        Named {
            #[serde(alias = "voice_agents", alias = "data", alias = "results")]
            agents: Vec<serde_json::Value>,
        },
    }
    let (Answer::Bare(entries) | Answer::Named { agents: entries }) = serde_json::from_slice(body)?;
    Ok(entries.iter().flat_map(forms).collect())
}

fn forms(entry: &serde_json::Value) -> Vec<ProviderAgent> {
    let word = |names: &[&str]| {
        let found = names.iter().find_map(|name| entry.get(name)?.as_str());
        found.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let name = word(&["agent_name", "name", "display_name"]).unwrap_or_default();
    let inbound_number = word(&["phone_number", "inbound_number"]);
    let mut ids: Vec<String> = Vec::new();
    for form in ["voice_agent_id", "agent_id", "unique_id", "id", "_id"] {
        ids.extend(word(&[form]).filter(|id| !ids.contains(id)));
    }
    let form = |provider_agent_id| ProviderAgent {
        provider_agent_id,
        name: name.clone(),
        inbound_number: inbound_number.clone(),
    };
    ids.into_iter().map(form).collect()
}

/// The id of the agent a part names: the one that is the same in every answer first.
pub fn agent_id(part: &CallRecord<'_>) -> Option<String> {
    id(part.voice_agent_id).or_else(|| id(part.agent_id))
}
