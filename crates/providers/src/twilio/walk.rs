//! Walking one window: first its recordings, then the lists of calls that may have no start, then the list by start.
//!
//! In this order no call slips through between them: one that is dialled meanwhile has left a list
//! of the first kind after it was read, or is found by its start on the last.

use std::time::Duration;

use domain::{CursorFacts, CursorWalk, Doubt, Timestamp, Window};
use tokio::sync::mpsc;
use url::Url;

use super::client::{Client, Listing};
use super::marks::Marks;
use super::recordings::{self, Recordings};
use super::sweep::{ORDER_SLACK, Order};
use super::wire::CallPage;
use crate::{Page, SourceError, Walked};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Pages in a row that hold nothing and name a next one all the same.
const EMPTY_PAGES_MAX: u32 = 20;

/// Reads every call of `request`, with its recordings, into `pages` and says whether that was all.
pub async fn walk(
    client: &Client,
    marks: &Marks,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let recordings = recordings::of_window(client, request).await?;
    calls(client, marks, &recordings, (request, pages)).await
}

/// Reads every call of `request` into `pages`, beside `recordings`.
pub(super) async fn calls(
    client: &Client,
    marks: &Marks,
    recordings: &Recordings,
    (request, pages): (Window, &mpsc::Sender<Page>),
) -> Result<Walked, SourceError> {
    let (seen, doubt) = (CursorWalk::default(), recordings.doubt.clone());
    let mut reading = Reading { client, recordings, request, pages, seen, sent: 0, doubt };
    for status in &client.settings().swept_statuses {
        if !reading.sweep(marks, status).await? {
            return Ok(left_alone());
        }
    }
    let started = Some(asked_for(request, client.settings().trusts_seconds));
    let listing = Listing { started, ..Listing::default() };
    let from = client.first_page(&listing);
    if !reading.list(&listing.name(), from, |_| false).await? {
        return Ok(left_alone());
    }
    Ok(reading.conclude())
}

/// The span of starts to ask for: whole days where seconds are not trusted, since a filter that
/// drops the time of day would take the last hours of a window for the end of the day before.
pub(super) fn asked_for(request: Window, trusts_seconds: bool) -> Window {
    let step = if trusts_seconds { SECOND } else { DAY };
    let from = request.from().floor_to(step);
    let to = (request.to() + step.saturating_sub(Duration::from_millis(1))).floor_to(step);
    Window::new(from, to).unwrap_or(request)
}

fn left_alone() -> Walked {
    let why = "nobody took the pages any more, so the list was not read to its end".to_owned();
    Walked::Doubtful { why, total: None }
}

struct Reading<'a> {
    client: &'a Client,
    recordings: &'a Recordings,
    request: Window,
    pages: &'a mpsc::Sender<Page>,
    /// The calls of all lists together.
    seen: CursorWalk,
    /// Pages handed over.
    sent: u64,
    doubt: Option<String>,
}

impl Reading<'_> {
    /// Reads the list of one status, as far back as the window goes. Gives `false` when nobody
    /// takes pages any more.
    async fn sweep(&mut self, marks: &Marks, status: &str) -> Result<bool, SourceError> {
        let listing = Listing { status: Some(status.to_owned()), ..Listing::default() };
        let name = listing.name();
        let trusts_order = self.client.settings().trusts_order;
        let from = match self.mark_above(marks, status, &name).await? {
            Some(mark) if trusts_order => mark,
            _ => self.client.first_page(&listing),
        };
        let horizon = self.request.from();
        let mut order = Order::default();
        let is_past = |page: &CallPage| {
            order.take_in(page);
            if let (true, Some(oldest), Some(next)) = (trusts_order, order.oldest(), &page.next) {
                marks.leave(status, oldest, next);
            }
            trusts_order && order.is_past(horizon)
        };
        self.list(&name, from, is_past).await
    }

    /// Where the list goes on just above the window, if an earlier walk of this connection left a
    /// mark there, and if it still leads there.
    async fn mark_above(
        &self,
        marks: &Marks,
        status: &str,
        name: &str,
    ) -> Result<Option<Url>, SourceError> {
        let Some(next) = marks.above(status, self.request.to() + ORDER_SLACK) else {
            return Ok(None);
        };
        let url = self.client.next_page(name, &next)?;
        let leads_there = match self.client.page(name, url.clone()).await {
            Ok(page) => Order::of(&page).begins_after(self.request.to()),
            Err(error) if error.needs_operator() => false,
            Err(error) => return Err(error),
        };
        if !leads_there {
            marks.forget(status);
        }
        Ok(leads_there.then_some(url))
    }

    /// Reads a list along its cursor until Twilio ends it, or until `is_enough`. Gives `false` when
    /// nobody takes pages any more.
    async fn list(
        &mut self,
        name: &str,
        from: Url,
        mut is_enough: impl FnMut(&CallPage) -> bool,
    ) -> Result<bool, SourceError> {
        let (mut url, mut cursor, mut empty) = (from, CursorWalk::default(), 0);
        loop {
            let began = self.client.now();
            let page = self.client.page(name, url).await?;
            let took = self.client.now().since(began);
            let facts = CursorFacts { next: page.next.as_deref(), ids: ids(&page) };
            cursor.page(&facts);
            empty = if page.calls.is_empty() { empty + 1 } else { 0 };
            if empty > EMPTY_PAGES_MAX {
                let pages = u64::from(empty);
                cursor.doubt(Doubt::NoEndMark { pages });
            }
            let (enough, next) = (is_enough(&page), page.next.clone());
            if !self.hand_over(page, took).await {
                return Ok(false);
            }
            match next {
                Some(next) if cursor.goes_on() && !enough => {
                    url = self.client.next_page(name, &next)?;
                }
                Some(_) if cursor.goes_on() => return Ok(true),
                _ => break,
            }
        }
        if let Err(doubt) = cursor.verdict() {
            self.doubt.get_or_insert(format!("{name}: {doubt}"));
        }
        Ok(true)
    }

    /// Hands over what of a page lies in the request, and what nobody can read.
    async fn hand_over(&mut self, page: CallPage, took: Duration) -> bool {
        let request = self.request;
        let mut records: Vec<_> = page.calls.into_iter().map(|listed| listed.record).collect();
        records.retain(|record| match &record.identity {
            Ok(identity) => request.contains(identity.occurred_at),
            Err(_) => true,
        });
        if records.is_empty() {
            return !self.pages.is_closed();
        }
        let ids = records.iter().map(|record| record.identity.as_ref().ok());
        let ids = ids.map(|identity| identity.map(|identity| identity.id.0.as_str())).collect();
        // Only its memory is asked for: each list has a proof of its own.
        let repeated = self.seen.page(&CursorFacts { next: None, ids });
        self.sent += 1;
        let records = records.into_iter().map(|record| self.recordings.beside(record));
        let records = records.zip(repeated).collect();
        let page = Page { number: self.sent, total: None, records, took };
        self.pages.send(page).await.is_ok()
    }

    fn conclude(self) -> Walked {
        match self.doubt {
            None => Walked::Whole { distinct: self.seen.distinct(), total: None },
            Some(why) => Walked::Doubtful { why, total: None },
        }
    }
}

fn ids(page: &CallPage) -> Vec<Option<&str>> {
    let identities = page.calls.iter().map(|listed| listed.record.identity.as_ref().ok());
    identities.map(|identity| identity.map(|identity| identity.id.0.as_str())).collect()
}

/// The calls of a page with their times, as far as both can be read.
pub(super) fn times(page: &CallPage) -> impl Iterator<Item = (&str, Timestamp)> {
    let identities = page.calls.iter().filter_map(|listed| listed.record.identity.as_ref().ok());
    identities.map(|identity| (identity.id.0.as_str(), identity.occurred_at))
}
