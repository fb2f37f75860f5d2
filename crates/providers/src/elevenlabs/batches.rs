//! Batch calls: a count of calls that does not come from the list of calls.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::de::Error;

use super::client::{Client, Listing, Span};
use super::wire::{Next, Object};
use crate::SourceError;
use crate::json::{id, whole_number};

/// How many of the newest batch calls are looked at.
const BATCHES_MAX: usize = 5;

/// Pages of the list of calls that are read to look for their conversations.
const PAGES_MAX: usize = 30;

/// A conversation begins near the time its recipient was called.
const AROUND_SECONDS: i64 = 3600;

/// The newest batch calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPage {
    /// Their ids.
    pub ids: Vec<String>,
}

impl BatchPage {
    /// Reads a page.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let page: Object<'_> = serde_json::from_slice(body)?;
        if page.get("batch_calls").is_none() {
            return Err(serde_json::Error::custom("there is no list"));
        }
        let batches = page.list("batch_calls").into_iter();
        let ids = batches.filter_map(|raw| id(Object::read(raw.get()).ok()?.get("id")));
        Ok(Self { ids: ids.collect() })
    }
}

/// What became of the recipients of batch calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// The conversations they name.
    pub conversations: BTreeSet<String>,
    /// From when they were written down, and when they last changed, in seconds since 1970.
    pub span: Option<(i64, i64)>,
    /// Nobody has called them yet.
    pub pending: u64,
    /// They have a conversation.
    pub conversed: u64,
    /// They have none, and the batch says why: the call failed or was cancelled.
    pub failed: u64,
    /// They have none, and nothing says why.
    pub unexplained: u64,
}

impl Recipients {
    /// Reads the recipients of one batch call.
    pub fn read(body: &Bytes) -> serde_json::Result<Self> {
        let batch: Object<'_> = serde_json::from_slice(body)?;
        if batch.get("recipients").is_none() {
            return Err(serde_json::Error::custom("there are no recipients"));
        }
        let mut counted = Self::default();
        for raw in batch.list("recipients") {
            let recipient = Object::read(raw.get()).unwrap_or_default();
            let conversation = id(recipient.get("conversation_id"));
            let seconds = |name| recipient.get(name).and_then(whole_number);
            let seconds = |name| seconds(name).and_then(|at| i64::try_from(at).ok());
            if let (Some(id), Some(from)) = (&conversation, seconds("created_at_unix")) {
                let to = seconds("updated_at_unix").unwrap_or(from);
                counted.span = wider(counted.span, Some((from, to.max(from))));
                counted.conversations.insert(id.clone());
            }
            let count = match recipient.words("status").as_deref() {
                _ if conversation.is_some() => &mut counted.conversed,
                Some("pending") => &mut counted.pending,
                Some("failed" | "cancelled" | "canceled") => &mut counted.failed,
                _ => &mut counted.unexplained,
            };
            *count += 1;
        }
        Ok(counted)
    }

    fn plus(mut self, other: Self) -> Self {
        self.conversations.extend(other.conversations);
        Self {
            conversations: self.conversations,
            span: wider(self.span, other.span),
            pending: self.pending + other.pending,
            conversed: self.conversed + other.conversed,
            failed: self.failed + other.failed,
            unexplained: self.unexplained + other.unexplained,
        }
    }
}

fn wider(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (one, other) {
        (Some((from, to)), Some((earlier, later))) => Some((from.min(earlier), to.max(later))),
        _ => one.or(other),
    }
}

/// The recipients of the newest batch calls, and how many of those were read.
pub async fn recent(client: &Client) -> Result<(usize, Recipients), SourceError> {
    let ids = client.batches().await?.ids;
    let (mut read, mut counted) = (0, Recipients::default());
    for id in ids.iter().take(BATCHES_MAX) {
        counted = counted.plus(client.recipients(id).await?);
        read += 1;
    }
    Ok((read, counted))
}

/// How many of the conversations that recipients name the list of calls does not have, in the time
/// of their batches; `None` when that list is too long to be read for this, or nothing names a time.
pub async fn unlisted(
    client: &Client,
    recipients: &Recipients,
) -> Result<Option<usize>, SourceError> {
    let Some((from, to)) = recipients.span else { return Ok(None) };
    let span = Span::between(from - AROUND_SECONDS, to + AROUND_SECONDS);
    let mut missing = recipients.conversations.clone();
    let (page_size, mut next) = (client.settings().page_size, None::<String>);
    for _ in 0..PAGES_MAX {
        let cursor = next.as_deref();
        let listing = Listing { span: Some(span), cursor, page_size, is_newest_first: false };
        let page = client.conversations(listing).await?;
        for identity in page.records.iter().filter_map(|record| record.identity.as_ref().ok()) {
            missing.remove(&identity.id.0);
        }
        next = match page.next {
            _ if missing.is_empty() => return Ok(Some(0)),
            Next::At(cursor) => Some(cursor),
            Next::End => return Ok(Some(missing.len())),
            Next::Nowhere => return Ok(None),
        };
    }
    Ok(None)
}
