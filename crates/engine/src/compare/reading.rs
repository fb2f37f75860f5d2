//! The provider as the other side: its windows read one after another and judged as they end.

use std::collections::{HashMap, HashSet};

use domain::{
    ById, Extra, Field, ProviderCallId, RunId, RunStatus, Told, Window, explain_extra, plan,
    territories,
};
use providers::{RawRecord, Walked};
use store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::xxh3_64;

use super::judge::{Found, Judge};
use super::report::ListTotals;
use super::tally::Listed;
use super::{CompareError, CompareOptions};
use crate::ingest::{Answer, Asking, Completer, Sighting};
use crate::sync::{Changes, Ended, Fetched, Progress, fetch};
use crate::{Context, Source};

/// Calls asked for by their id, at most, in one window: where more are extra, the list is what is
/// wrong.
const ASKED_MAX: usize = 200;

/// One comparison with a provider under way.
pub(super) struct Reading<'a> {
    ctx: &'a Context,
    source: &'a Source,
    options: &'a CompareOptions,
    pub judge: Judge<'a>,
    run: RunId,
    pub window: Window,
    /// The part of the span not compared yet. Windows come newest first, and requests are wider
    /// than their windows, so calls of a window that has ended are listed once more.
    open: Window,
    /// The same, nothing once every window has ended.
    rest: Option<Window>,
    /// Calls the provider listed in it.
    listed: HashMap<ProviderCallId, Listed>,
    /// Distinct records of the walk under way, by hash.
    walked: HashSet<u64>,
    asking: Asking,
    completer: Completer,
    pub totals: Option<ListTotals>,
    pub pages: u64,
    pub windows_planned: u64,
    pub windows_proved: u64,
    windows_ended: u64,
    pub doubts: Vec<String>,
}

impl<'a> Reading<'a> {
    pub(super) async fn begin(
        ctx: &'a Context,
        source: &'a Source,
        options: &'a CompareOptions,
        judge: Judge<'a>,
        (run, window): (RunId, Window),
    ) -> Self {
        // As reading does: the narrower the requests, the less is read twice.
        if let Err(error) = source.connection.calibrate().await {
            tracing::warn!("Whether ranges are exact could not be asked: {error}");
        }
        Self {
            ctx,
            source,
            options,
            judge,
            run,
            window,
            open: window,
            rest: Some(window),
            listed: HashMap::new(),
            walked: HashSet::new(),
            asking: Asking::new(ctx),
            completer: Completer::looking(),
            totals: None,
            pages: 0,
            windows_planned: 0,
            windows_proved: 0,
            windows_ended: 0,
            doubts: Vec::new(),
        }
    }

    /// Reads every window and compares each as it ends.
    pub(super) async fn read(&mut self) -> Result<(), CompareError> {
        let now = self.ctx.now();
        let able = self.source.connection.capabilities();
        let coverage = &self.judge.coverage;
        let planned = plan(coverage, &able, self.source.row.since, Some(self.window), now);
        self.windows_planned = planned.len() as u64;
        let mut one_by_one = self.ctx.clone();
        one_by_one.settings.windows_beside = 1;
        let (out, mut fetched) = mpsc::channel(self.ctx.settings.pages_waiting);
        let stop = self.options.stop.child_token();
        let mut fetching = JoinSet::new();
        let (source, home) = (self.source.clone(), territories(&planned));
        fetching.spawn(fetch(one_by_one, source, home, Changes::none(), out, None, stop.clone()));
        let read = loop {
            let Some(next) = fetched.recv().await else { break Ok(()) };
            if let Err(error) = self.take(next).await {
                break Err(error);
            }
            self.tell();
        };
        stop.cancel();
        fetching.shutdown().await;
        // Listed in windows that never ended, because somebody stopped it.
        self.judge.accounts.repeated += self.listed.len() as u64;
        // Nobody looks on where the provider refuses us, and what is here then is not extra.
        if let Some(rest) = self.rest {
            self.judge.nobody_looked(rest).await?;
        }
        Ok(read?)
    }

    async fn take(&mut self, next: Fetched) -> Result<(), StoreError> {
        match next {
            Fetched::Page { listed, sightings, .. } => {
                self.pages += 1;
                self.judge.accounts.listed += listed;
                let whole = self.completer.complete(self.ctx, self.source, sightings).await?;
                self.list(&whole.sightings);
            }
            Fetched::Split => {
                self.windows_planned += 1;
                // Its halves have totals and lists of their own.
                self.walked.clear();
            }
            Fetched::Ended(ended) => self.end(ended).await?,
            Fetched::Said { .. } | Fetched::Written(_) | Fetched::Left(_) => {}
        }
        Ok(())
    }

    async fn end(&mut self, ended: Ended) -> Result<(), StoreError> {
        self.windows_ended += 1;
        self.count(&ended.walked);
        let doubt = ended.doubt();
        match &doubt {
            None => self.windows_proved += 1,
            // What every window says is said once.
            Some(doubt) if self.doubts.contains(doubt) => {}
            Some(doubt) => self.doubts.push(doubt.clone()),
        }
        let window = ended.territory.window;
        let there = self.take_listed(window);
        if ended.walked.is_err() {
            self.judge.could_not_look(&there, window).await?;
        } else {
            let mut found = self.judge.compare(there, window).await?;
            self.explain_extra(&mut found, window, doubt.as_deref()).await?;
            self.judge.settle(&found);
        }
        // When nothing is left open, no further window comes.
        self.rest = Window::new(self.window.from(), window.from()).ok();
        self.open = self.rest.unwrap_or(self.open);
        Ok(())
    }

    /// Keeps what the provider says there is beside what it listed.
    fn count(&mut self, walked: &Result<Walked, providers::SourceError>) {
        let listed = std::mem::take(&mut self.walked).len() as u64;
        let claimed = match walked {
            Ok(Walked::Whole { total, .. } | Walked::Doubtful { total, .. }) => *total,
            Ok(Walked::TooMany { total }) => Some(*total),
            Err(_) => None,
        };
        let Some(claimed) = claimed else { return };
        let totals = self.totals.get_or_insert_default();
        totals.claimed += claimed;
        totals.listed += listed;
        totals.disagreeing += u64::from(claimed != listed);
    }

    fn list(&mut self, sightings: &[Sighting]) {
        for sighting in sightings {
            let record = &sighting.record;
            let key = match &record.identity {
                Ok(identity) => xxh3_64(identity.id.0.as_bytes()),
                Err(_) => xxh3_64(&record.bytes),
            };
            self.walked.insert(key);
            let home = self.source.home;
            let Ok(call) = self.source.connection.normalise(&record.bytes, home) else {
                self.judge.accounts.set_aside += 1;
                continue;
            };
            let raw = self.options.keeps_raw.then(|| record.bytes.clone());
            let call = Listed::new(call, &self.judge.whose, raw);
            let is_open = self.open.contains(call.told.at);
            if !is_open || self.listed.insert(call.told.id.clone(), call).is_some() {
                self.judge.accounts.repeated += 1;
            }
        }
    }

    fn take_listed(&mut self, window: Window) -> Vec<Listed> {
        let inside = |_: &ProviderCallId, call: &mut Listed| window.contains(call.told.at);
        self.listed.extract_if(inside).map(|(_, call)| call).collect()
    }

    /// Asks the provider for each call it did not list, and moves those it has at another time.
    async fn explain_extra(
        &mut self,
        found: &mut Found,
        window: Window,
        doubt: Option<&str>,
    ) -> Result<(), StoreError> {
        let compared = &mut found.compared;
        let extra = std::mem::take(&mut compared.extra);
        let asked = if doubt.is_some() { &[] } else { &extra[..extra.len().min(ASKED_MAX)] };
        let wanted = asked.iter().map(|call| (call.id.clone(), call.id.clone())).collect();
        let mut answers: HashMap<_, _> =
            self.asking.records(self.source, wanted).await.into_iter().collect();
        for here in extra {
            let by_id = match answers.remove(&here.id) {
                Some(Answer::Record(record)) => {
                    self.judge.accounts.listed += 1;
                    if let Some(there) = self.elsewhere(&record, &here, window) {
                        self.judge.provider_total += 1;
                        self.judge.moved.insert(here.id.clone());
                        let fields = vec![Field::Time];
                        compared.differing.push(domain::Difference { there, here, fields });
                        continue;
                    }
                    self.judge.accounts.repeated += 1;
                    ById::Known
                }
                Some(Answer::Unknown) => ById::Unknown,
                Some(Answer::Failed(error)) => ById::CouldNotAsk(error.to_string()),
                Some(Answer::NotAsked(why)) => ById::CouldNotAsk(why),
                None => ById::CouldNotAsk(format!(
                    "no more than {ASKED_MAX} calls of one window are asked for by id"
                )),
            };
            self.judge.extra(&here, explain_extra(&Extra { by_id, doubt }));
            compared.extra.push(here);
        }
        Ok(())
    }

    /// The call as the provider has it by id, when it has it outside of the window.
    fn elsewhere(&self, record: &RawRecord, here: &Told, window: Window) -> Option<Told> {
        let call = self.source.connection.normalise(&record.bytes, self.source.home).ok()?;
        let there = Told::from(call);
        (there.id == here.id && !window.contains(there.at)).then_some(there)
    }

    fn tell(&self) {
        if let Some(listener) = &self.options.progress {
            let listed = self.judge.accounts.listed;
            listener.send_replace(Progress {
                run: Some(self.run),
                listed,
                expected: listed,
                pages: self.pages,
                windows_planned: self.windows_planned,
                windows_ended: self.windows_ended,
            });
        }
    }

    pub(super) fn status(&self) -> RunStatus {
        let is_whole = self.windows_proved >= self.windows_planned;
        let was_stopped = self.options.stop.is_cancelled();
        match self.judge.accounts.balance() {
            Err(_) => RunStatus::Unbalanced,
            Ok(()) if is_whole && !was_stopped => RunStatus::Success,
            Ok(()) if self.windows_proved > 0 => RunStatus::Partial,
            Ok(()) => RunStatus::Failed,
        }
    }
}
