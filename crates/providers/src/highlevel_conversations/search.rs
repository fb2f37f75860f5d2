//! Reading calls by searching threads, where the export is not to be had.
//!
//! It cannot prove anything, and every walk says so: a thread that gets a message while threads are
//! listed moves, several threads may share the one value they are sorted by, and a thread tells its
//! own times, not its calls'. The filter on the last message's type is not used at all: it hides
//! every call that has a later message in its thread.

use std::collections::HashSet;

use domain::{Timestamp, Window};
use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::client::{Client, PER_PAGE};
use super::walk::{Reading, left_alone};
use super::wire::Listed;
use crate::{Page, SourceError, Walked};

/// Reads what calls of `request` it finds into `pages`. The walk is never whole.
pub async fn walk(
    client: &Client,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let mut reading = Reading::new(client, request, pages);
    let mut known: HashSet<String> = HashSet::new();
    // Threads without a message since then have no call in the window.
    let mut after = request.from().as_millis().max(1) - 1;
    let mut ties = 0_u64;
    loop {
        let began = client.now();
        let page = client.threads(after).await?;
        let last = page.threads.iter().filter_map(|(_, sort)| *sort).max();
        let listed = page.threads.len();
        let ids = page.threads.into_iter().map(|(id, _)| id);
        let new: Vec<String> = ids.filter(|id| known.insert(id.clone())).collect();
        let is_new = !new.is_empty();
        let messages = messages(client, new, request).await?;
        let took = client.now().since(began);
        if pages.send(reading.take_in(messages, None, took)).await.is_err() {
            return Ok(left_alone());
        }
        after = match last {
            Some(last) if last > after => {
                // Once more from just before the last value, because others may share it.
                let is_tied = !is_new || last - 1 == after;
                ties += u64::from(is_tied && listed >= PER_PAGE);
                if is_tied { last } else { last - 1 }
            }
            _ => break,
        };
    }
    let (threads, calls) = (known.len(), reading.distinct());
    let why = format!(
        "calls were read by conversation search ({calls} messages in {threads} threads, {ties} \
         times a page of threads with one time only), which proves nothing: one thread holds many \
         calls, a thread that gets a message while threads are listed moves, threads of one time \
         may be skipped, and dates are those of threads. Set `reads` to \"export\""
    );
    Ok(Walked::Doubtful { why, total: None })
}

async fn messages(
    client: &Client,
    threads: Vec<String>,
    request: Window,
) -> Result<Vec<Listed>, SourceError> {
    let beside = client.tuning().concurrency.clamp(1, 8);
    let reading = futures::stream::iter(threads)
        .map(|id| async move { of_thread(client, &id, request).await });
    let all: Vec<Vec<Listed>> = reading.buffered(beside).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

/// The calls of one thread that lie in the request. Newest first, so older pages are not asked for
/// once one reaches back far enough.
async fn of_thread(client: &Client, id: &str, request: Window) -> Result<Vec<Listed>, SourceError> {
    let mut found = Vec::new();
    let mut last: Option<String> = None;
    loop {
        let page = client.thread(id, last.as_deref()).await?;
        let at = |message: &Listed| message.record.identity.as_ref().ok().map(|it| it.occurred_at);
        let is_past = page.messages.iter().filter_map(at).any(|at| at < request.from());
        let is_inside = |at: Timestamp| request.contains(at);
        found.extend(
            page.messages.into_iter().filter(|it| it.is_call && at(it).is_none_or(is_inside)),
        );
        match page.next {
            Some(next) if !is_past && last.as_ref() != Some(&next) => last = Some(next),
            _ => return Ok(found),
        }
    }
}
