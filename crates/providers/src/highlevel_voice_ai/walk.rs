//! Walking one window: page 1 tells how many there are, then pages are read ahead of each other.
//!
//! Rows shift between numbered pages when calls come or go, so the walk counts what it saw and
//! compares that with the total of every page.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{Capabilities, Doubt, PageFacts, Walk, Window};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::client::{CallKind, Client, Listing};
use super::wire::CallPage;
use crate::{Page, SourceError, Walked};

/// Reads every call of `request`, or of one kind, into `pages` and says whether that was all.
pub async fn walk(
    client: &Client,
    able: &Capabilities,
    request: Window,
    kind: Option<CallKind>,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let first = ask(client, (request, kind), 1).await?;
    let total = first.page.total;
    if is_worth_splitting(able, request, total) {
        return Ok(Walked::TooMany { total });
    }
    let stride = stride(&first.page, client.settings().page_size);
    let last = total.div_ceil(stride).max(1);
    let mut reading = Reading { walk: Walk::default(), last_page_records: 0, is_at_end: false };
    let page = reading.take_in(first, last);
    if pages.send(page).await.is_err() {
        return Ok(left_alone(total));
    }
    if !reading.read_ahead(client, (request, kind), last, pages).await? {
        return Ok(left_alone(total));
    }
    if reading.must_look_past_the_end(stride) {
        let past = ask(client, (request, kind), last + 1).await?;
        if !past.page.records.is_empty() {
            reading.walk.doubt(Doubt::NoEnd { total });
            let page = reading.take_in(past, last);
            if pages.send(page).await.is_err() {
                return Ok(left_alone(total));
            }
        }
    }
    Ok(reading.conclude(total))
}

/// A page with the time it took.
struct Asked {
    number: u64,
    page: CallPage,
    took: Duration,
}

async fn ask(
    client: &Client,
    (request, kind): (Window, Option<CallKind>),
    number: u64,
) -> Result<Asked, SourceError> {
    let page_size = client.settings().page_size;
    let began = client.now();
    let listing =
        Listing { window: Some(request), page: number, page_size, is_newest_first: false, kind };
    let page = client.calls(listing).await?;
    Ok(Asked { number, page, took: client.now().since(began) })
}

/// Splitting helps only while the window is longer than its margins: a request cannot become
/// shorter than those, so halving a short window would read nearly the same calls twice.
fn is_worth_splitting(able: &Capabilities, request: Window, total: u64) -> bool {
    let window = request.length().saturating_sub(able.margin * 2);
    total > able.window_calls_max && window > (able.margin * 2).max(able.window_min * 2)
}

/// How many calls apart two pages begin: what the provider says, unless it sent fewer.
fn stride(first: &CallPage, asked: u32) -> u64 {
    let sent = first.records.len() as u64;
    let echoed = first.page_size.filter(|size| *size > 0).unwrap_or(u64::from(asked));
    if first.total > sent { echoed.min(sent.max(1)) } else { echoed.max(sent).max(1) }
}

fn left_alone(total: u64) -> Walked {
    let why = "nobody took the pages any more, so the list was not read to its end".to_owned();
    Walked::Doubtful { why, total: Some(total) }
}

struct Reading {
    walk: Walk,
    last_page_records: u64,
    /// No further page is worth asking for: one was empty, wrong or a repetition.
    is_at_end: bool,
}

impl Reading {
    /// Reads pages 2 to `last`, several at once. Gives `false` when nobody takes pages any more.
    ///
    /// Pages under way and pages waiting to be taken are bounded together; while one waits, the
    /// others go on being received, so that a slow taker makes no request time out.
    async fn read_ahead(
        &mut self,
        client: &Client,
        asked: (Window, Option<CallKind>),
        last: u64,
        pages: &mpsc::Sender<Page>,
    ) -> Result<bool, SourceError> {
        let ahead = client.settings().pages_ahead as usize;
        let mut numbers = 2..=last;
        let mut under_way = FuturesUnordered::new();
        let mut waiting: VecDeque<Page> = VecDeque::new();
        loop {
            while !self.is_at_end && under_way.len() + waiting.len() < ahead {
                let Some(number) = numbers.next() else { break };
                under_way.push(ask(client, asked, number));
            }
            if under_way.is_empty() && waiting.is_empty() {
                return Ok(true);
            }
            tokio::select! {
                room = pages.reserve(), if !waiting.is_empty() => {
                    let Ok(room) = room else { return Ok(false) };
                    if let Some(page) = waiting.pop_front() {
                        room.send(page);
                    }
                }
                Some(came) = under_way.next(), if !under_way.is_empty() => {
                    waiting.push_back(self.take_in(came?, last));
                }
            }
        }
    }

    fn take_in(&mut self, asked: Asked, last: u64) -> Page {
        let Asked { number, page, took } = asked;
        let CallPage { total, page: echoed, records, .. } = page;
        let ids = records.iter().map(|record| record.identity.as_ref().ok());
        let facts = PageFacts {
            asked: number,
            echoed: echoed.unwrap_or(number),
            total,
            ids: ids.map(|identity| identity.map(|identity| identity.id.0.as_str())).collect(),
        };
        let repeated = self.walk.page(&facts);
        let is_repetition = !repeated.is_empty() && repeated.iter().all(|again| *again);
        let is_wrong = facts.echoed != number;
        self.is_at_end |= records.is_empty() || is_repetition || is_wrong;
        if number == last {
            self.last_page_records = records.len() as u64;
        }
        let records = records.into_iter().zip(repeated).collect();
        Page { number, total: Some(total), records, took }
    }

    /// A full last page, or a total that does not fit, leaves open whether more would come.
    fn must_look_past_the_end(&self, stride: u64) -> bool {
        let fits = self.walk.total() == Some(self.walk.distinct());
        !self.is_at_end && (!fits || self.last_page_records >= stride)
    }

    fn conclude(self, total: u64) -> Walked {
        match self.walk.verdict() {
            Ok(distinct) => Walked::Whole { distinct, total: Some(total) },
            Err(doubt) => Walked::Doubtful { why: doubt.to_string(), total: Some(total) },
        }
    }
}
