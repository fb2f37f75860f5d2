//! Batch calls: a count of calls that does not come from the list of calls.

use bytes::Bytes;
use serde::de::Error;

use super::client::Client;
use super::wire::Object;
use crate::SourceError;
use crate::json::id;

/// How many of the newest batch calls are looked at.
const BATCHES_MAX: usize = 5;

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recipients {
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
            let count = match recipient.words("status").as_deref() {
                _ if id(recipient.get("conversation_id")).is_some() => &mut counted.conversed,
                Some("pending") => &mut counted.pending,
                Some("failed" | "cancelled" | "canceled") => &mut counted.failed,
                _ => &mut counted.unexplained,
            };
            *count += 1;
        }
        Ok(counted)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            pending: self.pending + other.pending,
            conversed: self.conversed + other.conversed,
            failed: self.failed + other.failed,
            unexplained: self.unexplained + other.unexplained,
        }
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
