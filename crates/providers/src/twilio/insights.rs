//! Voice Insights: Twilio's second list of the same calls, counted beside the first.
//!
//! A summary may take half an hour after a call and is kept for thirty days, so only spans between
//! the two are counted. Where the account's plan does not include it, nothing is.

use std::collections::HashSet;
use std::time::Duration;

use domain::Window;

use super::client::Client;
use crate::SourceError;

const READY_AFTER: Duration = Duration::from_mins(30);
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// A request is wider by this on both sides, because what exactly it filters by is not said.
const OVERLAP: Duration = Duration::from_hours(6);

/// The last page of summaries that is read.
const PAGES_MAX: u32 = 1000;

/// How many calls Insights has in `request`; `None` where it cannot say.
pub async fn count(client: &Client, request: Window) -> Result<Option<u64>, SourceError> {
    let now = client.now();
    let is_answerable = request.from() >= now - KEPT_FOR && request.to() <= now - READY_AFTER;
    let mut next = client.first_summaries(request.widened(OVERLAP));
    if !is_answerable || next.is_none() {
        return Ok(None);
    }
    let mut calls = HashSet::new();
    for _ in 0..PAGES_MAX {
        let Some(url) = next else { return Ok(Some(calls.len() as u64)) };
        let Some((page, following)) = client.summaries(url).await? else { return Ok(None) };
        let readable = page.calls.into_iter().flatten();
        calls.extend(readable.filter(|(_, at)| request.contains(*at)).map(|(sid, _)| sid));
        next = following;
    }
    Ok(None)
}
