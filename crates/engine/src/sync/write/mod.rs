//! The last stage: pages, ledger, accounts and lease, together in one transaction at a time.

mod isolate;
mod ledger;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Conclusion, RunAccounts, RunId, Timestamp, Window, conclude};
use store::{Lease, NewPage, NewSkip, RunProgress, StoreError, Tx};
use tokio::sync::mpsc;

use super::prepare::{PreparedPage, ToWrite};
use super::report::RunReport;
use super::{Phase, Progress, RunLog, SyncError, SyncOptions};
use crate::ingest::{Committed, Prepared, RulesAt, Skip, commit};
use crate::{Context, Source};

/// Writes one run, and knows at any instant where every record of it went.
pub(super) struct Writer<'a> {
    pub(super) ctx: &'a Context,
    pub(super) source: &'a Source,
    pub(super) options: &'a SyncOptions,
    lease: &'a Lease,
    pub(super) run: RunId,
    pub(super) log: RunLog,
    pub(super) tally: Tally,
    started: Timestamp,
    first_error: Option<String>,
    /// Where rows are missing that the database refused.
    holes: Vec<Window>,
    expected: u64,
}

/// What a run has done so far. Copied before each transaction, kept only when it commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) accounts: RunAccounts,
    pub(super) waiting: u64,
    pub(super) excluded: u64,
    pub(super) skip_reasons: BTreeMap<String, u64>,
    pub(super) pages: u64,
    pub(super) what: Conclusion,
    pub(super) windows_ended: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        ctx: &'a Context,
        source: &'a Source,
        options: &'a SyncOptions,
        lease: &'a Lease,
        run: RunId,
        log: RunLog,
    ) -> Self {
        let started = ctx.now();
        let tally = Tally::default();
        Self {
            ctx,
            source,
            options,
            lease,
            run,
            log,
            tally,
            started,
            first_error: None,
            holes: Vec::new(),
            expected: 0,
        }
    }

    pub(super) fn plan(&mut self, windows: u64) {
        self.tally.what.windows_planned = windows;
        self.tell();
    }

    /// Writes until nothing more comes. Returns the first thing, if any, that kept a window from
    /// being proved.
    pub(super) async fn write_all(
        &mut self,
        mut incoming: mpsc::Receiver<Result<ToWrite, StoreError>>,
        mut rules: RulesAt,
    ) -> Result<Option<String>, StoreError> {
        let mut heartbeat = tokio::time::interval(self.ctx.settings.lease / 3);
        let mut group = Vec::new();
        loop {
            let arrived = tokio::select! {
                arrived = incoming.recv_many(&mut group, self.ctx.settings.pages_per_write) => arrived,
                _ = heartbeat.tick() => {
                    let report = self.ctx.store.work_heartbeat(self.lease, self.lease_until());
                    self.ctx.within(report).await?;
                    continue;
                }
            };
            if arrived == 0 {
                return Ok(self.first_error.take());
            }
            let items: Result<Vec<ToWrite>, StoreError> = group.drain(..).collect();
            self.write_group(items?, &mut rules).await?;
            self.tell();
        }
    }

    /// Writes what has arrived. When the database refuses a row, page by page; when it refuses a
    /// page, record by record, so that one bad row costs one row.
    pub(super) async fn write_group(
        &mut self,
        items: Vec<ToWrite>,
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        let pages: Vec<&PreparedPage> = items.iter().filter_map(ToWrite::page).collect();
        self.expect(&pages);
        match self.write_pages(&pages, rules).await {
            Err(refusal) if refusal.is_about_rows() => self.write_apart(&pages, rules).await?,
            written => written?,
        }
        for item in items {
            match item {
                ToWrite::Page(page) => page.trouble.into_iter().for_each(|why| self.trouble(why)),
                // Whoever asked may have been stopped meanwhile.
                ToWrite::Written(told) => told.send(()).unwrap_or_default(),
                ToWrite::Said { sentence, is_trouble: true } => self.trouble(sentence),
                ToWrite::Said { sentence, .. } => {
                    self.log.info(self.ctx.now(), Phase::Api, sentence, None);
                }
                ToWrite::Split => self.tally.what.windows_planned += 1,
                ToWrite::Ended(ended) => self.window_ended(ended).await?,
            }
        }
        Ok(())
    }

    async fn write_pages(
        &mut self,
        pages: &[&PreparedPage],
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        if pages.is_empty() {
            return Ok(());
        }
        let (tally, lines) = (self.tally.clone(), self.log.take());
        let ctx = self.ctx;
        let written = ctx.within(self.write_pages_in_one(pages, rules, &lines)).await;
        if written.is_err() {
            self.tally = tally;
            self.log.put_back(lines);
        }
        written
    }

    async fn write_pages_in_one(
        &mut self,
        pages: &[&PreparedPage],
        rules: &mut RulesAt,
        lines: &[store::LogLine],
    ) -> Result<(), StoreError> {
        let now = self.ctx.now();
        let records: Vec<&Prepared> = pages.iter().flat_map(|page| &page.records).collect();
        let first = self.tally.pages;
        let mut tx = self.ctx.store.begin().await?;
        tx.work_extend(self.lease, self.lease_until()).await?;
        let done =
            commit(&mut tx, self.source, self.run, self.options.seen_by(), rules, &records, now)
                .await?;
        for page in pages {
            self.tally.accounts.listed += page.listed;
            self.tally.pages += 1;
        }
        self.take_in(&mut tx, done).await?;
        tx.run_pages_add(self.run, &new_pages(first, pages)).await?;
        tx.run_log_add(self.run, lines).await?;
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.commit().await
    }

    /// Adds what a commit did to the run's accounts, and keeps the first skips in detail.
    pub(super) async fn take_in(&mut self, tx: &mut Tx, done: Committed) -> Result<(), StoreError> {
        let kept = self.tally.skip_reasons.values().sum::<u64>();
        let room = self.ctx.settings.skips_kept.saturating_sub(kept);
        let detailed = done.skips.iter().take(usize::try_from(room).unwrap_or(0));
        let rows: Vec<NewSkip> =
            detailed.zip(kept..).map(|(skip, seq)| new_skip(seq, skip)).collect();
        self.tally.add(&done);
        tx.run_skips_add(self.run, &rows).await
    }

    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        let mut tx = self.ctx.store.begin().await?;
        tx.work_extend(self.lease, self.lease_until()).await?;
        Ok(tx)
    }

    fn lease_until(&self) -> Timestamp {
        self.ctx.now() + self.ctx.settings.lease
    }

    /// Something beside the windows is worth a line in the log.
    pub(super) fn note(&mut self, phase: Phase, sentence: String) {
        self.log.info(self.ctx.now(), phase, sentence, None);
    }

    fn expect(&mut self, pages: &[&PreparedPage]) {
        let firsts = pages.iter().filter(|page| page.number == 1);
        self.expected += firsts.filter_map(|page| page.total).sum::<u64>();
    }

    pub(super) fn tell(&self) {
        self.options.tell(Progress {
            listed: self.tally.accounts.listed,
            expected: self.expected.max(self.tally.accounts.listed),
            pages: self.tally.pages,
            windows_planned: self.tally.what.windows_planned,
            windows_ended: self.tally.windows_ended,
        });
    }

    /// Something beside the windows could not be read: said once, and the run is no success.
    fn trouble(&mut self, why: String) {
        if self.first_error.is_none() {
            self.log.warn(self.ctx.now(), Phase::Api, why.clone());
        }
        self.failed(why);
    }

    pub(super) fn failed(&mut self, error: String) {
        self.first_error.get_or_insert(error);
    }

    /// Writes down how the run ended.
    pub(super) async fn conclude(
        mut self,
        error: Option<String>,
        was_cancelled: bool,
    ) -> Result<RunReport, SyncError> {
        self.tally.what.was_cancelled = was_cancelled;
        self.tally.what.has_erred = error.is_some();
        let status = conclude(&self.tally.accounts, self.tally.what);
        let now = self.ctx.now();
        if let Some(error) = &error {
            self.log.error(now, error.clone());
        }
        let took = now.since(self.started);
        let sentence = super::report::sentence(&self.tally, status, was_cancelled);
        self.log.info(now, Phase::Complete, sentence, Some(took));
        let report = self.report(status, error, was_cancelled, took);
        let ctx = self.ctx;
        ctx.within(self.finish(&report, now)).await?;
        self.tell();
        Ok(report.with_log(ctx.within(ctx.store.run_log(self.run)).await?))
    }

    async fn finish(&mut self, report: &RunReport, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.run_log_add(self.run, &self.log.take()).await?;
        let error = report.error.as_deref().map(|error| (error, None));
        tx.run_finish(self.run, report.status, &report.summary(), error, now).await?;
        tx.commit().await
    }

    /// After a failure of the database: tries once to write down that the run failed.
    pub(super) async fn give_up(&mut self, error: StoreError) -> StoreError {
        let now = self.ctx.now();
        self.log.error(now, error.to_string());
        let status = domain::RunStatus::Failed;
        let took = now.since(self.started);
        let report = self.report(status, Some(error.to_string()), false, took);
        // If even that fails, the next run of this source says that this one stopped.
        let ctx = self.ctx;
        if let Err(second) = ctx.within(self.finish(&report, now)).await {
            tracing::warn!(
                run = self.run.0,
                "How run {} ended could not be written: {second}",
                self.run
            );
        }
        error
    }

    fn report(
        &self,
        status: domain::RunStatus,
        error: Option<String>,
        was_cancelled: bool,
        took: Duration,
    ) -> RunReport {
        let connection = &self.source.connection;
        RunReport::new(Some(self.run), &self.tally, status, error, was_cancelled, took, connection)
    }
}

impl Tally {
    pub(super) fn add(&mut self, done: &Committed) {
        self.accounts.add(&done.accounts);
        self.waiting += done.waiting;
        self.excluded += done.excluded;
        for skip in &done.skips {
            match self.skip_reasons.get_mut(&*skip.reason) {
                Some(count) => *count += 1,
                None => drop(self.skip_reasons.insert(skip.reason.to_string(), 1)),
            }
        }
    }

    fn progress(&self) -> RunProgress {
        RunProgress {
            accounts: self.accounts,
            waiting: self.waiting,
            excluded: self.excluded,
            skip_reasons: serde_json::json!(self.skip_reasons).to_string(),
            pages: self.pages,
            windows_planned: self.what.windows_planned,
            windows_proved: self.what.windows_proved,
        }
    }
}

impl ToWrite {
    fn page(&self) -> Option<&PreparedPage> {
        match self {
            Self::Page(page) => Some(page),
            Self::Ended(_) | Self::Split | Self::Written(_) | Self::Said { .. } => None,
        }
    }
}

fn new_pages(first: u64, pages: &[&PreparedPage]) -> Vec<NewPage> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let row = |(page, seq): (&&PreparedPage, u64)| NewPage {
        seq: count(seq),
        window: page.territory.window,
        page: count(page.number),
        listed: count(page.listed),
        provider_total: page.total.map(count),
        duration_ms: i64::try_from(page.took.as_millis()).unwrap_or(i64::MAX),
    };
    pages.iter().zip(first..).map(row).collect()
}

fn new_skip(seq: u64, skip: &Skip) -> NewSkip {
    NewSkip {
        seq: i64::try_from(seq).unwrap_or(i64::MAX),
        provider_call_id: skip.provider_call_id.clone(),
        reason: skip.reason.to_string(),
        detail: skip.detail.to_string(),
        provider_agent_id: skip.provider_agent_id.clone(),
        occurred_at: skip.occurred_at,
    }
}
