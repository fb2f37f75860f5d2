//! Walking one window along the provider's cursor, oldest first.
//!
//! The list is whole when the provider itself says that it ends. What that does not show is
//! whether its cursor loses calls that began in one second, where a page ends inside of that
//! second, or calls that a counting cursor passes over because one before it was deleted; so the
//! list is asked for once more from each such second on, beside the next page.

use std::collections::HashSet;
use std::time::Duration;

use domain::{CursorFacts, CursorWalk, Doubt, Timestamp, Window};
use tokio::sync::mpsc;

use super::client::{Client, Listing, Span};
use super::wire::{ConversationPage, Next};
use crate::{Page, RawRecord, SourceError, Walked};

/// Pages without a record, one after the other, after which a list is believed to have no end.
const EMPTY_PAGES_MAX: u64 = 20;

/// Reads every call of `request` into `pages` and says whether that was all.
pub async fn walk(
    client: &Client,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let span = Span::of(request);
    let mut reading = Reading::default();
    let mut asked = ask(client, span, None).await?;
    loop {
        let edge = client.settings().checks_page_edges.then(|| Edge::of(&asked.page, span));
        let mut listed = ids(&asked.page);
        let (page, next) = reading.take_in(asked);
        let Some(cursor) = next else {
            if pages.send(page).await.is_err() {
                return Ok(left_alone());
            }
            break;
        };
        let (sent, following, at_edge) = tokio::join!(
            pages.send(page),
            ask(client, span, Some(&cursor)),
            from_edge(client, edge.flatten())
        );
        if sent.is_err() {
            return Ok(left_alone());
        }
        asked = following?;
        listed.extend(ids(&asked.page));
        reading.keep_edge(at_edge?, &listed);
    }
    if let Some(page) = reading.passed_over()
        && pages.send(page).await.is_err()
    {
        return Ok(left_alone());
    }
    Ok(reading.conclude())
}

/// A page with the time it took.
struct Asked {
    page: ConversationPage,
    took: Duration,
}

async fn ask(client: &Client, span: Span, cursor: Option<&str>) -> Result<Asked, SourceError> {
    let began = client.now();
    let page_size = client.settings().page_size;
    let listing = Listing { span: Some(span), cursor, page_size, is_newest_first: false };
    let page = client.conversations(listing).await?;
    Ok(Asked { page, took: client.now().since(began) })
}

/// Where a page ends and more follow.
#[derive(Clone, Copy)]
struct Edge {
    /// The second of its last call.
    second: i64,
    /// That second, and what follows it.
    rest: Span,
}

impl Edge {
    fn of(page: &ConversationPage, span: Span) -> Option<Self> {
        let (first, second) = ends(page)?;
        let goes_on = matches!(page.next, Next::At(_));
        // The provider may not know the order we asked for.
        let rest = if first <= second {
            Span::between(second.saturating_sub(1), span.before)
        } else {
            Span::between(span.after, second.saturating_add(1))
        };
        goes_on.then_some(Self { second, rest })
    }
}

/// The calls from an edge on, as far as one page holds them.
async fn from_edge(
    client: &Client,
    edge: Option<Edge>,
) -> Result<Option<(i64, ConversationPage)>, SourceError> {
    let Some(Edge { second, rest }) = edge else { return Ok(None) };
    let page = ask(client, rest, None).await?.page;
    if !is_crowded(&page, second) {
        return Ok(Some((second, page)));
    }
    // With nothing else beside it, a page may hold the second.
    let page = ask(client, Span::at_second(second), None).await?.page;
    Ok(Some((second, page)))
}

/// The seconds in which the first and the last call of a page began.
fn ends(page: &ConversationPage) -> Option<(i64, i64)> {
    let mut readable = page.records.iter().filter_map(|record| record.identity.as_ref().ok());
    let seconds = |at: Timestamp| at.as_millis().div_euclid(1000);
    let first = seconds(readable.next()?.occurred_at);
    let last = readable.next_back().map_or(first, |identity| seconds(identity.occurred_at));
    Some((first, last))
}

fn ids(page: &ConversationPage) -> HashSet<String> {
    page.records.iter().filter_map(id).map(str::to_owned).collect()
}

fn left_alone() -> Walked {
    let why = "nobody took the pages any more, so the list was not read to its end".to_owned();
    Walked::Doubtful { why, total: None }
}

#[derive(Default)]
struct Reading {
    walk: CursorWalk,
    number: u64,
    empty_in_a_row: u64,
    at_edges: Vec<RawRecord>,
    /// A second with more calls than a page holds.
    crowded: Option<i64>,
}

impl Reading {
    /// Takes in a page; beside it stands the cursor of the next one, if that is worth asking for.
    fn take_in(&mut self, asked: Asked) -> (Page, Option<String>) {
        let Asked { page, took } = asked;
        self.number += 1;
        self.empty_in_a_row = if page.records.is_empty() { self.empty_in_a_row + 1 } else { 0 };
        if page.next == Next::Nowhere || self.empty_in_a_row > EMPTY_PAGES_MAX {
            self.walk.doubt(Doubt::NoEndMark { pages: self.number });
        }
        let next = match page.next {
            Next::At(cursor) => Some(cursor),
            Next::End | Next::Nowhere => None,
        };
        let ids = page.records.iter().map(id).collect();
        let repeated = self.walk.page(&CursorFacts { next: next.as_deref(), ids });
        let records = page.records.into_iter().zip(repeated).collect();
        let page = Page { number: self.number, total: None, records, took };
        (page, next.filter(|_| self.walk.goes_on()))
    }

    /// Keeps what an edge showed and the pages beside it did not, until the walk has ended.
    fn keep_edge(&mut self, found: Option<(i64, ConversationPage)>, listed: &HashSet<String>) {
        let Some((second, page)) = found else { return };
        if is_crowded(&page, second) {
            self.crowded.get_or_insert(second);
        }
        let is_new = |record: &RawRecord| id(record).is_some_and(|id| !listed.contains(id));
        self.at_edges.extend(page.records.into_iter().filter(is_new));
    }

    /// What the edges showed and no page did.
    fn passed_over(&mut self) -> Option<Page> {
        let records = std::mem::take(&mut self.at_edges);
        let repeated = self.walk.beside(records.iter().map(id));
        let new = records.into_iter().zip(repeated).filter(|(_, again)| !again);
        let records: Vec<(RawRecord, bool)> = new.collect();
        let calls = records.len();
        if calls == 0 {
            return None;
        }
        tracing::warn!(
            calls,
            "ElevenLabs' cursor passed over {calls} calls where a page ended; they were asked for by themselves"
        );
        self.number += 1;
        Some(Page { number: self.number, total: None, records, took: Duration::ZERO })
    }

    fn conclude(self) -> Walked {
        let doubt = match self.walk.verdict() {
            Err(doubt) => doubt.to_string(),
            Ok(distinct) => match self.crowded {
                None => return Walked::Whole { distinct, total: None },
                Some(second) => crowded(second),
            },
        };
        Walked::Doubtful { why: doubt, total: None }
    }
}

/// Whether a second may have more calls than a page that was to hold it: neither is it the last
/// page, nor does it end behind the second.
fn is_crowded(page: &ConversationPage, second: i64) -> bool {
    let reaches_past = match ends(page) {
        Some((first, last)) if first <= last => last > second,
        // The provider does not know the order we asked for.
        Some((_, last)) => last < second,
        None => false,
    };
    page.next != Next::End && !reaches_past
}

fn crowded(second: i64) -> String {
    let at = Timestamp::from_millis(second.saturating_mul(1000));
    format!(
        "a page ended in the second of {at}, in which more calls began than a page holds, so nothing shows that none was passed over; a larger `page_size` may show it"
    )
}

fn id(record: &RawRecord) -> Option<&str> {
    record.identity.as_ref().ok().map(|identity| identity.id.0.as_str())
}
