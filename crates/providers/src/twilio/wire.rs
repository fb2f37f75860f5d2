//! What Twilio sends, as sent: borrowed, with every field optional and of any type.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use domain::{ProviderCallId, Timestamp};
use serde::Deserialize;
use serde::de::Error;
use serde_json::value::RawValue;

use crate::json::{because, id_text, text, unreadable, whole_number};
use crate::{Identity, RawRecord, Unreadable};

/// A page of the call list, split into records that share its memory.
#[derive(Debug, Clone)]
pub struct CallPage {
    /// Where the next page is; `None` is Twilio's own end mark.
    pub next: Option<String>,
    /// How many calls it says a page holds.
    pub page_size: Option<u64>,
    /// The records.
    pub calls: Vec<Listed>,
}

/// One record of a page, and what its place in a list depends on.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The record as sent.
    pub record: RawRecord,
    /// When it was created, by which lists are believed to be ordered.
    pub created_at: Option<Timestamp>,
    /// Whether it was ever dialled.
    pub has_started: bool,
    /// Its status, in Twilio's word.
    pub status: Option<String>,
}

#[derive(Deserialize)]
struct List<'a> {
    // Twice optional: an absent field is no end mark, and null is.
    #[serde(borrow, default, deserialize_with = "present")]
    next_page_uri: Option<&'a RawValue>,
    #[serde(borrow)]
    page_size: Option<&'a RawValue>,
    #[serde(borrow)]
    calls: Vec<&'a RawValue>,
}

/// A field that is there, null included.
fn present<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(field).map(Some)
}

impl CallPage {
    /// Splits a page. The error is of the page as a whole: each record answers for itself.
    pub fn split(body: &Bytes) -> serde_json::Result<Self> {
        let list: List<'_> = serde_json::from_slice(body)?;
        let next = list.next_page_uri.ok_or_else(|| no_page("next_page_uri"))?;
        let calls = list.calls.iter().map(|raw| Listed::of(body, raw)).collect();
        Ok(Self { next: next_page(next)?, page_size: list.page_size.and_then(whole_number), calls })
    }
}

fn no_page(lacks: &str) -> serde_json::Error {
    serde_json::Error::custom(format!("the page has no readable {lacks}"))
}

/// The address of the next page; `None` where Twilio says that there is none.
fn next_page(raw: &RawValue) -> serde_json::Result<Option<String>> {
    match raw.get() {
        "null" | "\"\"" => Ok(None),
        _ => text(raw).map(|uri| Some(uri.into_owned())).ok_or_else(|| no_page("next page")),
    }
}

impl Listed {
    fn of(body: &Bytes, raw: &RawValue) -> Self {
        let call = CallResource::read(raw.get());
        let identity = call.as_ref().map_err(Clone::clone).and_then(CallResource::identity);
        let call = call.unwrap_or_default();
        Self {
            record: RawRecord { identity, bytes: body.slice_ref(raw.get().as_bytes()) },
            created_at: call.date_created.and_then(instant).map(|(at, _)| at),
            has_started: call.start_time.and_then(text).is_some(),
            status: call.status.and_then(text).map(Cow::into_owned),
        }
    }
}

/// One call resource, each field as raw JSON. Twilio documents that any may be null.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[expect(missing_docs, reason = "the provider's own names")]
pub struct CallResource<'a> {
    #[serde(borrow)]
    pub sid: Option<&'a RawValue>,
    #[serde(borrow)]
    pub parent_call_sid: Option<&'a RawValue>,
    #[serde(borrow)]
    pub from: Option<&'a RawValue>,
    #[serde(borrow)]
    pub to: Option<&'a RawValue>,
    #[serde(borrow)]
    pub direction: Option<&'a RawValue>,
    #[serde(borrow)]
    pub status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub date_created: Option<&'a RawValue>,
    #[serde(borrow)]
    pub start_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub end_time: Option<&'a RawValue>,
    #[serde(borrow)]
    pub duration: Option<&'a RawValue>,
    #[serde(borrow)]
    pub price: Option<&'a RawValue>,
}

impl<'a> CallResource<'a> {
    /// Reads one record.
    pub fn read(record: &'a str) -> Result<Self, Unreadable> {
        // A list of values in the right order would pass for the fields of one.
        if !record.trim_start().starts_with('{') {
            return Err(because("the record is not an object"));
        }
        serde_json::from_str(record).map_err(|error| unreadable(&error))
    }

    /// Which call it is.
    pub fn id(&self) -> Result<ProviderCallId, Unreadable> {
        let sid = self.sid.ok_or_else(|| because("the record has no `sid`"))?;
        let sid = id_text(sid)
            .ok_or_else(|| because("`sid` is empty, or neither a text nor a number"))?;
        Ok(ProviderCallId(sid.into_owned()))
    }

    /// When it was, with Twilio's own text: its start, or its creation if it was never dialled.
    pub fn occurred_at(&self) -> Result<(Timestamp, Cow<'a, str>), Unreadable> {
        let said = |raw: &&RawValue| !matches!(raw.get(), "\"\"");
        if let Some(started) = self.start_time.filter(said) {
            return instant(started).ok_or_else(|| because("`start_time` is not an instant"));
        }
        let created = self.date_created.filter(said);
        let created = created
            .ok_or_else(|| because("the record has no `start_time` and no `date_created`"))?;
        instant(created).ok_or_else(|| because("`date_created` is not an instant"))
    }

    fn identity(&self) -> Result<Identity, Unreadable> {
        Ok(Identity { id: self.id()?, occurred_at: self.occurred_at()?.0 })
    }
}

/// Which call a record is and when it was.
pub fn identify(record: &str) -> Result<Identity, Unreadable> {
    CallResource::read(record)?.identity()
}

/// An instant as RFC 2822, which Twilio documents, or as RFC 3339; with its text.
pub fn instant(raw: &RawValue) -> Option<(Timestamp, Cow<'_, str>)> {
    let written = text(raw)?;
    let zoned = jiff::fmt::rfc2822::parse(written.trim());
    let at = match zoned {
        Ok(zoned) => Timestamp::from_millis(zoned.timestamp().as_millisecond()),
        Err(_) => Timestamp::parse(written.trim()).ok()?,
    };
    Some((at, written))
}

/// A page of any other list, such as numbers, recordings or applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePage<T> {
    /// Where the next page is; `None` is Twilio's own end mark.
    pub next: Option<String>,
    /// What was read of each resource.
    pub items: Vec<T>,
}

impl<T> ResourcePage<T> {
    /// Reads a page whose resources stand under `key`.
    pub fn split(
        body: &Bytes,
        key: &str,
        read: impl Fn(&RawValue) -> T,
    ) -> serde_json::Result<Self> {
        let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body)?;
        let next = fields.get("next_page_uri").ok_or_else(|| no_page("next_page_uri"))?;
        let items = fields.get(key).ok_or_else(|| no_page("list"))?;
        let items: Vec<&RawValue> = serde_json::from_str(items.get())?;
        Ok(Self { next: next_page(next)?, items: items.into_iter().map(read).collect() })
    }
}

/// A page of Insights' call summaries: an independent list of the same calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryPage {
    /// Where the next page is.
    pub next: Option<String>,
    /// Each call and when it was, as far as that can be read.
    pub calls: Vec<Option<(String, Timestamp)>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    key: String,
    #[serde(borrow, default, deserialize_with = "present")]
    next_page_url: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Summary<'a> {
    #[serde(borrow)]
    call_sid: Option<&'a RawValue>,
    #[serde(borrow)]
    start_time: Option<&'a RawValue>,
    #[serde(borrow)]
    created_time: Option<&'a RawValue>,
}

impl SummaryPage {
    /// Reads a page; its records stand under the key that it names itself.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let fields: HashMap<String, &RawValue> = serde_json::from_slice(body)?;
        let meta: Meta<'_> = match fields.get("meta") {
            Some(meta) => serde_json::from_str(meta.get())?,
            None => return Err(no_page("meta")),
        };
        let next = next_page(meta.next_page_url.ok_or_else(|| no_page("next_page_url"))?)?;
        let records = fields.get(&meta.key).ok_or_else(|| no_page("list"))?;
        let records: Vec<&RawValue> = serde_json::from_str(records.get())?;
        Ok(Self { next, calls: records.iter().map(|raw| summary(raw)).collect() })
    }
}

fn summary(raw: &RawValue) -> Option<(String, Timestamp)> {
    let summary: Summary<'_> = serde_json::from_str(raw.get()).ok()?;
    let sid = summary.call_sid.and_then(text)?;
    let at = summary.start_time.and_then(instant).or(summary.created_time.and_then(instant))?;
    Some((sid.into_owned(), at.0))
}

/// The accounts one page of the account list names, and whether more pages follow.
pub fn account_sids(body: &Bytes) -> serde_json::Result<(Vec<String>, bool)> {
    #[derive(Deserialize)]
    struct Accounts<'a> {
        #[serde(borrow)]
        accounts: Vec<&'a RawValue>,
        next_page_uri: Option<String>,
    }
    let list: Accounts<'_> = serde_json::from_slice(body)?;
    let sid = |raw: &&RawValue| identify_account(raw.get());
    Ok((list.accounts.iter().filter_map(sid).collect(), list.next_page_uri.is_some()))
}

fn identify_account(record: &str) -> Option<String> {
    Some(CallResource::read(record).ok()?.id().ok()?.0)
}
