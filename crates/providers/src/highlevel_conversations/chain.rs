//! One chain of pages along the export's cursor.
//!
//! The cursor dies two minutes after the last request, so the next page is asked for while earlier
//! ones still wait to be taken; a writer that is slow makes pages wait, not the chain.

use std::collections::VecDeque;
use std::time::Duration;

use domain::{Capabilities, CursorFacts, CursorWalk, Doubt, Timestamp};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::changes::{Back, Stop, unsorted};
use super::client::{Client, Listing};
use super::walk::{Reading, is_worth_splitting};
use super::wire::ExportPage;
use crate::highlevel::errors::{Scope, explain};
use crate::http::Failure;
use crate::{Page, SourceError};

/// How a chain ended.
pub(super) enum End {
    /// The provider said that the list ends here.
    Ended { distinct: u64, total: Option<u64> },
    /// What came proves nothing.
    Doubted { why: Doubt, total: Option<u64> },
    /// The provider no longer knows the cursor, or would not if it were asked.
    CursorDied { page: u64, said: String },
    /// Too many messages for one walk; nothing was handed over.
    TooMany { total: u64 },
    /// It was not to be read further.
    Stopped(Stop),
    /// Nobody takes pages any more.
    LeftAlone,
}

pub(super) struct Chain<'a> {
    client: &'a Client,
    listing: Listing,
    able: &'a Capabilities,
    may_split: bool,
    walk: CursorWalk,
    total: Option<u64>,
    asked_at: Timestamp,
    page: u64,
    cursor: Option<String>,
    back: Option<Back>,
    stopped: Option<Stop>,
    is_done: bool,
}

struct Asked {
    page: Result<ExportPage, Failure>,
    began: Timestamp,
    took: Duration,
}

impl<'a> Chain<'a> {
    /// A chain that has asked nothing yet; `may_split` while nothing was handed over.
    pub(super) fn new(
        client: &'a Client,
        listing: Listing,
        able: &'a Capabilities,
        may_split: bool,
    ) -> Self {
        Self {
            client,
            listing,
            able,
            may_split,
            walk: CursorWalk::default(),
            total: None,
            asked_at: client.now(),
            page: 0,
            cursor: None,
            back: None,
            stopped: None,
            is_done: false,
        }
    }

    /// The same, in the order of last writing and not further than `back` says.
    pub(super) fn going(self, back: Back) -> Self {
        Self { back: Some(back), ..self }
    }

    /// Reads it to its end into `reading`.
    pub(super) async fn read(mut self, reading: &mut Reading<'_>) -> Result<End, SourceError> {
        let ahead = self.client.settings().pages_ahead as usize;
        let mut waiting: VecDeque<Page> = VecDeque::new();
        let mut asking = FuturesUnordered::new();
        loop {
            if asking.is_empty() && !self.is_done && waiting.len() < ahead {
                if let Some(end) = self.died_of_waiting() {
                    return Ok(hand_over(waiting, reading, end).await);
                }
                self.page += 1;
                asking.push(ask(self.client, self.listing, self.page, self.cursor.take()));
            }
            if asking.is_empty() && waiting.is_empty() {
                return Ok(self.end());
            }
            tokio::select! {
                room = reading.pages.reserve(), if !waiting.is_empty() => {
                    let Ok(room) = room else { return Ok(End::LeftAlone) };
                    if let Some(page) = waiting.pop_front() {
                        room.send(page);
                    }
                }
                Some(asked) = asking.next(), if !asking.is_empty() => {
                    let (page, took) = match self.understand(asked)? {
                        Ok(understood) => understood,
                        Err(end) => return Ok(hand_over(waiting, reading, end).await),
                    };
                    let total = page.total;
                    waiting.push_back(reading.take_in(page.messages, total, took));
                }
            }
        }
    }

    /// A cursor that was idle for too long is not even tried.
    fn died_of_waiting(&self) -> Option<End> {
        let idle = self.client.now().since(self.asked_at).as_secs();
        let is_dead =
            self.cursor.is_some() && idle >= u64::from(self.client.settings().cursor_seconds);
        let said = || format!("it was idle for {idle} s");
        is_dead.then(|| End::CursorDied { page: self.page + 1, said: said() })
    }

    fn understand(
        &mut self,
        asked: Asked,
    ) -> Result<Result<(ExportPage, Duration), End>, SourceError> {
        self.asked_at = asked.began;
        let page = match asked.page {
            Ok(page) => page,
            // Whatever a refused cursor is refused for, the first page tells it apart.
            Err(Failure::Refused(refusal)) if self.page > 1 => {
                let said = format!("{} {}", refusal.status, refusal.said);
                return Ok(Err(End::CursorDied { page: self.page, said }));
            }
            Err(failure) if self.listing.by_updated => return Err(unsorted(failure)),
            Err(failure) => return Err(explain(failure, Scope::MESSAGES)),
        };
        let Listing { from, to, .. } = self.listing;
        let total = page.total.filter(|_| self.page == 1 && self.may_split);
        if let Some(total) = total.filter(|it| is_worth_splitting(self.able, from, to, *it)) {
            return Ok(Err(End::TooMany { total }));
        }
        self.note(&page);
        Ok(Ok((page, asked.took)))
    }

    fn note(&mut self, page: &ExportPage) {
        let known = self.total.is_some();
        match (self.total, page.total) {
            (Some(first), Some(last)) if first != last => {
                self.walk.doubt(Doubt::TotalMoved { first, last });
            }
            (None, total) => self.total = total,
            _ => {}
        }
        let ids = page.messages.iter().map(|message| message.record.identity.as_ref().ok());
        let ids = ids.map(|identity| identity.map(|identity| identity.id.0.as_str())).collect();
        // An empty page ends a list that has a total, whatever it names as the next.
        let has_total = known || self.total.is_some();
        let next = page.next.as_deref().filter(|_| !page.messages.is_empty() || !has_total);
        self.walk.page(&CursorFacts { next, ids });
        self.cursor = next.map(str::to_owned);
        self.is_done = !self.walk.goes_on() || (page.messages.is_empty() && next.is_some());
        let stop = self.back.as_mut().and_then(|back| back.page(&page.messages));
        // Where the list ends by itself, it was not stopped, unless there was nothing to go on for.
        let is_end = self.is_done && !matches!(stop, Some(Stop::Reached | Stop::Unsorted));
        self.stopped = stop.filter(|_| !is_end);
        self.is_done |= self.stopped.is_some();
    }

    fn end(self) -> End {
        let total = self.total;
        if let Some(stop) = self.stopped {
            return End::Stopped(stop);
        }
        match self.walk.verdict() {
            Ok(distinct) => End::Ended { distinct, total },
            Err(why) => End::Doubted { why, total },
        }
    }
}

/// A chain has ended, and pages of it still wait: what was fetched is not dropped.
async fn hand_over(waiting: VecDeque<Page>, reading: &Reading<'_>, end: End) -> End {
    for page in waiting {
        if reading.pages.send(page).await.is_err() {
            return End::LeftAlone;
        }
    }
    end
}

async fn ask(client: &Client, listing: Listing, number: u64, cursor: Option<String>) -> Asked {
    let began = client.now();
    let page = client.export(listing, number, cursor.as_deref()).await;
    Asked { page, began, took: client.now().since(began) }
}
