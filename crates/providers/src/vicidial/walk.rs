//! Walking one window: slice by slice, the newest first, each counted before and after.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Timestamp, Window};
use tokio::sync::mpsc;

use super::batch::{Around, Statuses};
use super::client::{Client, Failed};
use super::hidden;
use super::ledger::{self, Ledger};
use super::pace::{Pace, SHORTEST};
use super::replica;
use super::seen::Seen;
use super::slice::{Reader, Slice, SliceRead};
use super::tables::Schema;
use crate::{Page, SourceError, Walked};

/// How often a slice whose rows moved is read again before its window is doubted.
const REREADS: u32 = 2;

/// How often a slice of a second is tried that takes too long whatever its length.
const ATTEMPTS_MAX: u32 = 3;

/// Reads every call of `request` into `pages` and says whether that was all.
pub async fn walk(
    client: &Client,
    pace: &Mutex<Pace>,
    request: Window,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let schema = client.schema().await?;
    let behind = replica::doubt(client, request.to()).await?;
    let hidden = hidden::doubt(client, &schema, request).await?;
    let statuses = Statuses::load(client, &schema).await.map_err(in_words)?;
    let mut walking = Walking {
        client,
        schema: &schema,
        statuses,
        pace,
        pages,
        number: 0,
        distinct: 0,
        doubt: behind.or(hidden),
        lost: BTreeMap::new(),
    };
    walking.undated(request).await?;
    let mut to = request.to();
    while to > request.from() {
        let Some(from) = walking.slice(request.from(), to).await? else {
            return Ok(Walked::Doubtful { why: left_alone(), total: None });
        };
        to = from;
    }
    walking.report_lost(request);
    // A replica may have stopped, or fallen behind, while it was read.
    let behind = replica::doubt(client, request.to()).await?;
    let Walking { distinct, doubt, .. } = walking;
    let doubt = doubt.or(behind);
    Ok(match doubt {
        None => Walked::Whole { distinct, total: None },
        Some(why) => Walked::Doubtful { why, total: None },
    })
}

struct Walking<'a> {
    client: &'a Client,
    schema: &'a Schema,
    statuses: Statuses,
    pace: &'a Mutex<Pace>,
    pages: &'a mpsc::Sender<Page>,
    number: u64,
    distinct: u64,
    doubt: Option<String>,
    /// By ledger: how many calls it knows, and how many of them have no row.
    lost: BTreeMap<Ledger, (u64, u64)>,
}

impl Walking<'_> {
    /// Reads the newest slice before `to` and gives where it begins; nothing when nobody takes
    /// pages any more.
    async fn slice(
        &mut self,
        least: Timestamp,
        to: Timestamp,
    ) -> Result<Option<Timestamp>, SourceError> {
        let began = Instant::now();
        let (mut rereads, mut attempts) = (0, 0);
        loop {
            let from = (to - self.pace(|pace| pace.length())).max(least);
            let Ok(slice) = Window::new(from, to) else { return Ok(Some(least)) };
            let rows_max = self.pace(|pace| pace.rows_max());
            // A second cannot be halved, so it is read whatever it holds.
            let rows_max = if slice.length() <= SHORTEST { u64::MAX } else { rows_max };
            let read = Reader::new(self.client, self.schema).slice(slice, rows_max).await;
            let read = match read {
                Ok(Slice::Read(read)) if read.doubt.is_some() && rereads < REREADS => {
                    rereads += 1;
                    continue;
                }
                Ok(Slice::Read(read)) => read,
                Ok(Slice::TooMany) => {
                    self.pace(Pace::halve);
                    continue;
                }
                Err(Failed::TooSlow(what)) => {
                    attempts += u32::from(!self.pace(Pace::halve));
                    Self::give_up_after(attempts, slice, what)?;
                    continue;
                }
                Err(Failed::Source(error)) => return Err(error),
            };
            match self.hand_on(slice, &read, began).await {
                Ok(is_taken) => return Ok(is_taken.then_some(from)),
                Err(Failed::TooSlow(what)) => {
                    attempts += u32::from(!self.pace(Pace::halve));
                    Self::give_up_after(attempts, slice, what)?;
                }
                Err(Failed::Source(error)) => return Err(error),
            }
        }
    }

    fn give_up_after(attempts: u32, slice: Window, what: String) -> Result<(), SourceError> {
        if attempts < ATTEMPTS_MAX {
            return Ok(());
        }
        let request = format!("calls of {slice}");
        Err(SourceError::Unavailable { request, what, attempts, wait: None })
    }

    /// Completes the calls of a slice and sends them as one page. False when nobody takes it.
    async fn hand_on(
        &mut self,
        slice: Window,
        read: &SliceRead,
        began: Instant,
    ) -> Result<bool, Failed> {
        let around = Around::of(self.client, self.schema, &read.calls).await?;
        let ledger = ledger::lost(self.client, self.schema, slice, &read.calls).await?;
        let slowest = read.slowest.max(around.slowest).max(ledger.slowest);
        self.pace(|pace| pace.learn(read.rows, slowest));
        for compared in ledger.ledgers {
            let (calls, lost) = self.lost.entry(compared.ledger).or_default();
            *calls += compared.calls;
            *lost += compared.without_row.len() as u64;
        }
        if let Some(why) = &read.doubt {
            self.doubt.get_or_insert_with(|| why.clone());
        }
        Ok(self.send(&read.calls, &around, began.elapsed()).await)
    }

    /// Rows whose time is no date are found by no slice.
    async fn undated(&mut self, request: Window) -> Result<(), SourceError> {
        let began = Instant::now();
        let undated = Reader::new(self.client, self.schema).undated(request).await;
        let calls = undated.map_err(in_words)?;
        if calls.is_empty() {
            return Ok(());
        }
        let around = Around::of(self.client, self.schema, &calls).await.map_err(in_words)?;
        self.send(&calls, &around, began.elapsed()).await;
        Ok(())
    }

    async fn send(&mut self, calls: &[Seen], around: &Around, took: Duration) -> bool {
        if calls.is_empty() {
            return !self.pages.is_closed();
        }
        let record = |seen| (around.record(self.client, seen, &self.statuses), false);
        let records: Vec<_> = calls.iter().map(record).collect();
        self.number += 1;
        self.distinct += records.len() as u64;
        self.pages.send(Page { number: self.number, total: None, records, took }).await.is_ok()
    }

    /// What the dialler itself did not log is not missing here, and nobody should look for it here.
    fn report_lost(&self, request: Window) {
        for (ledger, (calls, lost)) in &self.lost {
            if *lost > 0 {
                let (whose, table) = (ledger.calls(), ledger.table().name());
                tracing::warn!(
                    lost,
                    calls,
                    ledger = table,
                    window = %request,
                    "{lost} of {calls} {whose} in {request} ({table}) have no row at the provider: \
                     they were lost there; `everycall doctor` names them"
                );
            }
        }
    }

    fn pace<T>(&self, ask: impl FnOnce(&mut Pace) -> T) -> T {
        ask(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn left_alone() -> String {
    "nobody took the pages any more, so the window was not read to its end".to_owned()
}

pub(super) fn in_words(failed: Failed) -> SourceError {
    match failed {
        Failed::Source(error) => error,
        Failed::TooSlow(what) => SourceError::Unavailable {
            request: "the database".to_owned(),
            what,
            attempts: 1,
            wait: None,
        },
    }
}
