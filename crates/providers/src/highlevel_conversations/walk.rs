//! Walking one window of the export: along its cursor to the provider's own end, oldest first,
//! and newest first as well when the messages seen are fewer than the provider says there are.

use std::collections::HashSet;

use domain::{Capabilities, Doubt, Timestamp, Window};
use tokio::sync::mpsc;

use super::chain::{Chain, End};
use super::client::{Client, Listing};
use super::settings::{Channel, FiltersBy};
use super::wire::Listed;
use crate::{Page, RawRecord, SourceError, Walked};

/// How often a window is begun anew because its cursor died.
pub(super) const RESTARTS_MAX: u32 = 2;

/// Reads every call of `request` into `pages` and says whether that was all.
pub async fn walk(
    client: &Client,
    able: &Capabilities,
    channel: Channel,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let mut reading = Reading::new(client, request, pages);
    let mut listing = Listing::of(request, channel, client.settings().page_size);
    if client.settings().filters_by == FiltersBy::Updated {
        listing.to = None;
    }
    let mut restarts = 0;
    loop {
        let chain = Chain::new(client, listing, able, reading.number == 0);
        match chain.read(&mut reading).await? {
            End::TooMany { total } => return Ok(Walked::TooMany { total }),
            // Windows go to the end of their list, so none is stopped before it.
            End::LeftAlone | End::Stopped(_) => return Ok(left_alone()),
            End::CursorDied { .. } if restarts < RESTARTS_MAX => restarts += 1,
            End::CursorDied { page, said } => {
                return Ok(doubtful(&died(restarts + 1, page, &said), None));
            }
            End::Doubted { why, total } => return Ok(doubtful(&why, total)),
            End::Ended { distinct, total } => {
                let union = reading.distinct();
                let Some(said) = total.filter(|_| client.settings().counts_total) else {
                    return Ok(reading.whole(distinct, None));
                };
                if said == union {
                    return Ok(reading.whole(union, Some(said)));
                }
                // Equal times at the edge of a page may hide messages from one side only.
                if said > union && !listing.is_newest_first {
                    listing.is_newest_first = true;
                    continue;
                }
                let doubt = Doubt::TotalDisagrees { total: said, distinct: union };
                return Ok(doubtful(&doubt, Some(said)));
            }
        }
    }
}

pub(super) fn doubtful(why: &impl ToString, total: Option<u64>) -> Walked {
    Walked::Doubtful { why: why.to_string(), total }
}

/// A cursor died too often.
pub(super) fn died(times: u32, page: u64, said: &str) -> String {
    format!("the export's cursor died {times} times, last before page {page} ({said})")
}

pub(super) fn left_alone() -> Walked {
    let why = "nobody took the pages any more, so the list was not read to its end".to_owned();
    Walked::Doubtful { why, total: None }
}

/// What one walk has read so far, over all its chains.
pub(super) struct Reading<'a> {
    client: &'a Client,
    request: Window,
    pub(super) pages: &'a mpsc::Sender<Page>,
    /// Pages made so far.
    number: u64,
    seen: HashSet<String>,
    /// Distinct messages that are calls.
    pub(super) calls: u64,
    unidentified: HashSet<bytes::Bytes>,
    /// Messages outside the request, and those of them that were written inside it.
    strangers: (u64, u64),
}

impl<'a> Reading<'a> {
    pub(super) fn new(client: &'a Client, request: Window, pages: &'a mpsc::Sender<Page>) -> Self {
        Self {
            client,
            request,
            pages,
            number: 0,
            seen: HashSet::new(),
            calls: 0,
            unidentified: HashSet::new(),
            strangers: (0, 0),
        }
    }

    /// Distinct messages seen, calls or not.
    pub(super) fn distinct(&self) -> u64 {
        (self.seen.len() + self.unidentified.len()) as u64
    }

    /// Makes a page of what came; messages that are certainly no calls are left out.
    pub(super) fn take_in(
        &mut self,
        messages: Vec<Listed>,
        total: Option<u64>,
        took: std::time::Duration,
    ) -> Page {
        self.number += 1;
        let listed = messages.len();
        let mut records: Vec<(RawRecord, bool)> = Vec::with_capacity(listed);
        for message in messages {
            let is_repeated = !self.is_new(&message);
            if message.is_call {
                self.calls += u64::from(!is_repeated);
                records.push((message.record, is_repeated));
            }
        }
        // A total that counts other messages too says nothing about calls.
        let total = total.filter(|_| records.len() == listed);
        Page { number: self.number, total, records, took }
    }

    fn is_new(&mut self, message: &Listed) -> bool {
        let Ok(identity) = &message.record.identity else {
            return self.unidentified.insert(message.record.bytes.clone());
        };
        let is_new = self.seen.insert(identity.id.0.clone());
        if is_new && !self.request.contains(identity.occurred_at) {
            let written_inside = message.updated_at.is_some_and(|at| self.request.contains(at));
            self.strangers.0 += 1;
            self.strangers.1 += u64::from(written_inside);
        }
        is_new
    }

    /// The list is whole, unless what it holds shows that it was cut by another time than we took.
    fn whole(&self, distinct: u64, total: Option<u64>) -> Walked {
        let (strangers, written_inside) = self.strangers;
        let by_added = self.client.settings().filters_by == FiltersBy::Added;
        if by_added && strangers > 0 && strangers == written_inside {
            let why = format!(
                "{strangers} of {distinct} messages were made outside the range and last written \
                 inside it, so ranges seem to filter by that time. Set `filters_by` to \"updated\""
            );
            return Walked::Doubtful { why, total };
        }
        // Other messages are counted by the provider and left out here.
        if self.calls == distinct {
            return Walked::Whole { distinct, total };
        }
        Walked::Whole { distinct: self.calls, total: None }
    }
}

/// Splitting helps only while the window is longer than its margins: a request cannot become
/// shorter than those, so halving a short window would read nearly the same calls twice.
pub(super) fn is_worth_splitting(
    able: &Capabilities,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    total: u64,
) -> bool {
    let (Some(from), Some(to)) = (from, to) else { return false };
    let window = to.since(from).saturating_sub(able.margin * 2);
    total > able.window_calls_max && window > (able.margin * 2).max(able.window_min * 2)
}
