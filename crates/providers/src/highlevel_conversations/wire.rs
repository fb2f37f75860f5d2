//! What HighLevel sends, as sent: every field optional and of any type, in or out of an envelope.

use std::borrow::Cow;

use bytes::Bytes;
use domain::{ProviderCallId, Timestamp};
use serde::de::Error;
use serde_json::value::RawValue;

use crate::json::{Fields, because, id_text, instant, text, unreadable, whole_number, words};
use crate::{Identity, ProviderAgent, RawRecord, Unreadable, parts};

/// A page of the export.
#[derive(Debug, Clone)]
pub struct ExportPage {
    /// How many messages the provider says match.
    pub total: Option<u64>,
    /// Where the next page begins; `None` is the provider's own end mark.
    pub next: Option<String>,
    /// The messages, in order.
    pub messages: Vec<Listed>,
}

/// A page of one thread's messages, newest first.
#[derive(Debug, Clone)]
pub struct ThreadPage {
    /// The last message of this page, when older ones follow.
    pub next: Option<String>,
    /// The messages.
    pub messages: Vec<Listed>,
}

/// A page of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// How many threads the provider says match.
    pub total: Option<u64>,
    /// Each thread's id and the value it is sorted by, where they can be read.
    pub threads: Vec<(String, Option<i64>)>,
}

/// One message of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The record, made of the one part `list`.
    pub record: RawRecord,
    /// Whether it is, or may be, a call.
    pub is_call: bool,
    /// What the provider calls its kind.
    pub kind: Option<String>,
    /// The provider's word for where it stands.
    pub status: Option<String>,
    /// When it was last written.
    pub updated_at: Option<Timestamp>,
}

impl ExportPage {
    /// Reads a page. The error is of the page as a whole: each message answers for itself.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let page: Fields<'_> = serde_json::from_slice(body)?;
        let messages = page.get("messages").ok_or_else(|| Error::custom("no messages"))?;
        // The list is flat here and nested elsewhere; nobody promises that it stays so.
        let (list, inner) = unfolded(messages)?;
        let find = |name| page.get(name).or_else(|| inner.as_ref()?.get(name));
        Ok(Self {
            total: find("total").and_then(whole_number),
            next: words(find("nextCursor")),
            messages: list.into_iter().map(listed).collect(),
        })
    }
}

impl ThreadPage {
    /// Reads a page.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let page: Fields<'_> = serde_json::from_slice(body)?;
        let messages = page.get("messages").ok_or_else(|| Error::custom("no messages"))?;
        let (list, inner) = unfolded(messages)?;
        let find = |name| inner.as_ref().and_then(|it| it.get(name)).or_else(|| page.get(name));
        let goes_on = crate::json::is_true(find("nextPage"));
        let next = words(find("lastMessageId")).filter(|_| goes_on);
        Ok(Self { next, messages: list.into_iter().map(listed).collect() })
    }
}

impl SearchPage {
    /// Reads a page.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let page: Fields<'_> = serde_json::from_slice(body)?;
        let list = page.get("conversations").ok_or_else(|| Error::custom("no conversations"))?;
        let list: Vec<&RawValue> = serde_json::from_str(list.get())?;
        let thread = |raw: &RawValue| {
            let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
            Some((words(fields.get("id"))?, sort_value(&fields)))
        };
        Ok(Self {
            total: page.get("total").and_then(whole_number),
            threads: list.into_iter().filter_map(thread).collect(),
        })
    }
}

/// The value the next page is asked for by; also called `lastMessageDate`.
fn sort_value(thread: &Fields<'_>) -> Option<i64> {
    let sort = thread.get("sort").and_then(|raw| serde_json::from_str::<Vec<i64>>(raw.get()).ok());
    let last = || Some(instant(thread.get("lastMessageDate")?)?.0.as_millis());
    sort.and_then(|values| values.first().copied()).or_else(last)
}

/// A list that stands alone, or inside an object under the same name.
fn unfolded(raw: &RawValue) -> serde_json::Result<(Vec<&RawValue>, Option<Fields<'_>>)> {
    if !raw.get().starts_with('{') {
        return Ok((serde_json::from_str(raw.get())?, None));
    }
    let inner: Fields<'_> = serde_json::from_str(raw.get())?;
    let list = inner.get("messages").ok_or_else(|| Error::custom("no messages"))?;
    Ok((serde_json::from_str(list.get())?, Some(inner)))
}

fn listed(raw: &RawValue) -> Listed {
    let message = Message::read(raw.get());
    let bytes = parts::compose([("list", raw.get().as_bytes())]);
    let identity = message.as_ref().map_err(Clone::clone).and_then(Message::identity);
    let record = RawRecord { identity, bytes };
    match message {
        Ok(message) => Listed {
            record,
            is_call: message.is_call(),
            kind: words(message.fields.get("messageType")),
            status: message.call_word().or_else(|| words(message.fields.get("status"))),
            updated_at: message.updated_at(),
        },
        // What cannot be read may be a call.
        Err(_) => Listed { record, is_call: true, kind: None, status: None, updated_at: None },
    }
}

/// One message, each field as raw JSON.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// Its own fields.
    pub fields: Fields<'a>,
    meta: Option<Fields<'a>>,
    /// What is said about the call itself, at `meta.call`.
    call: Option<Fields<'a>>,
}

/// Words in the names of kinds that are certainly no calls.
const NO_CALLS: [&str; 19] = [
    "SMS",
    "RCS",
    "EMAIL",
    "CHAT",
    "FACEBOOK",
    "GMB",
    "REVIEW",
    "INSTAGRAM",
    "WHATSAPP",
    "ACTIVITY",
    "COMMENT",
    "TIKTOK",
    "FORM",
    "REACTION",
    "NO_SHOW",
    "TYPE_CONTACT",
    "INVOICE",
    "PAYMENT",
    "APPOINTMENT",
];

/// Numbers of kinds that are calls, and of some that are certainly none.
const CALL_NUMBERS: [u64; 5] = [1, 8, 10, 13, 24];
const OTHER_NUMBERS: [u64; 6] = [2, 3, 11, 18, 31, 100];

impl<'a> Message<'a> {
    /// Reads one message.
    pub fn read(message: &'a str) -> Result<Self, Unreadable> {
        let fields: Fields<'a> =
            serde_json::from_str(message).map_err(|error| unreadable(&error))?;
        let inner = |raw: &'a RawValue| serde_json::from_str::<Fields<'a>>(raw.get()).ok();
        let meta = fields.get("meta").and_then(inner);
        let call = meta.as_ref().and_then(|meta| meta.get("call")).and_then(inner);
        Ok(Self { fields, meta, call })
    }

    /// Which message it is, and when it was made.
    pub fn identity(&self) -> Result<Identity, Unreadable> {
        Ok(Identity { id: self.id()?, occurred_at: self.added_at()?.0 })
    }

    /// Which message it is.
    pub fn id(&self) -> Result<ProviderCallId, Unreadable> {
        let id = self.fields.get("id").ok_or_else(|| because("the record has no `id`"))?;
        let id =
            id_text(id).ok_or_else(|| because("`id` is empty, or neither a text nor a number"))?;
        Ok(ProviderCallId(id.into_owned()))
    }

    /// When it was made, with the provider's own text.
    pub fn added_at(&self) -> Result<(Timestamp, Cow<'a, str>), Unreadable> {
        let raw =
            self.fields.get("dateAdded").ok_or_else(|| because("the record has no `dateAdded`"))?;
        instant(raw).ok_or_else(|| because("`dateAdded` is not an instant"))
    }

    /// When it was last written.
    pub fn updated_at(&self) -> Option<Timestamp> {
        Some(instant(self.fields.get("dateUpdated")?)?.0)
    }

    /// What kind of message it is, in capitals; some answers say `CALL`, others `TYPE_CALL`.
    pub fn kind(&self) -> Option<String> {
        self.fields.get("messageType").and_then(text).map(|kind| kind.to_uppercase())
    }

    /// Whether it is a call, or a kind that nobody here knows: such a one is kept, because leaving
    /// out a call is worse than keeping a message.
    pub fn is_call(&self) -> bool {
        let number = self.fields.get("type").and_then(whole_number);
        let kind = self.kind();
        let says = |words: &[&str]| {
            kind.as_ref().is_some_and(|kind| words.iter().any(|word| kind.contains(word)))
        };
        if says(&["CALL", "VOICEMAIL"]) || self.call.is_some() {
            return true;
        }
        let has_number = |numbers: &[u64]| number.is_some_and(|it| numbers.contains(&it));
        !says(&NO_CALLS)
            && (kind.is_some() || has_number(&CALL_NUMBERS) || !has_number(&OTHER_NUMBERS))
    }

    /// How long it lasted: seen live at `meta.call.duration`, published as `meta.callDuration`.
    pub fn duration(&self) -> Option<&'a RawValue> {
        let nested = self.call.as_ref().and_then(|call| call.get("duration"));
        let flat = || self.meta.as_ref()?.get("callDuration");
        nested.or_else(flat).or_else(|| self.fields.get("callDuration"))
    }

    /// The word for how the call went, at the like places.
    pub fn call_word(&self) -> Option<String> {
        let nested = self.call.as_ref().and_then(|call| words(call.get("status")));
        let flat = || words(self.meta.as_ref()?.get("callStatus"));
        nested.or_else(flat).or_else(|| words(self.fields.get("callStatus")))
    }
}

/// One message out of its envelope, without what changes with every answer.
pub fn one(body: &Bytes) -> serde_json::Result<Bytes> {
    let answer: Fields<'_> = serde_json::from_slice(body)?;
    Ok(match answer.get("message").filter(|raw| raw.get().starts_with('{')) {
        Some(message) => body.slice_ref(message.get().as_bytes()),
        None => without_trace(&answer),
    })
}

/// A transcription without what changes with every answer; `None` when nothing is said in it.
pub fn transcription(body: &Bytes) -> serde_json::Result<Option<Bytes>> {
    let answer: &RawValue = serde_json::from_slice(body)?;
    match answer.get().as_bytes().first() {
        Some(b'[') => {
            let sentences: Vec<&RawValue> = serde_json::from_str(answer.get())?;
            let whole = body.slice_ref(answer.get().as_bytes());
            Ok((!sentences.is_empty()).then_some(whole))
        }
        Some(b'{') => {
            let fields: Fields<'_> = serde_json::from_str(answer.get())?;
            if fields.get("statusCode").is_some() {
                return Err(Error::custom("an error in the place of a transcription"));
            }
            let rest = without_trace(&fields);
            Ok((rest.len() > 2).then_some(rest))
        }
        _ => Err(Error::custom("neither a list nor an object")),
    }
}

fn without_trace(fields: &Fields<'_>) -> Bytes {
    let kept = fields.iter().filter(|(name, _)| *name != "traceId");
    // Names are the provider's: they are escaped again.
    let mut object = vec![b'{'];
    for (name, value) in kept {
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend_from_slice(serde_json::json!(name).to_string().as_bytes());
        object.push(b':');
        object.extend_from_slice(value.get().as_bytes());
    }
    object.push(b'}');
    object.into()
}

/// Users, who are the agents here.
pub fn users(body: &Bytes) -> serde_json::Result<Vec<ProviderAgent>> {
    let page: Fields<'_> = serde_json::from_slice(body)?;
    let list = page.get("users").ok_or_else(|| Error::custom("no users"))?;
    let list: Vec<&RawValue> = serde_json::from_str(list.get())?;
    let user = |raw: &RawValue| {
        let user: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
        let provider_agent_id = crate::json::id(user.get("id"))?;
        let full = || {
            let names = ["firstName", "lastName"].map(|name| words(user.get(name)));
            Some(names.into_iter().flatten().collect::<Vec<_>>().join(" "))
        };
        let name = words(user.get("name")).or_else(full).unwrap_or_default();
        Some(ProviderAgent { provider_agent_id, name, inbound_number: words(user.get("phone")) })
    };
    Ok(list.into_iter().filter_map(user).collect())
}
