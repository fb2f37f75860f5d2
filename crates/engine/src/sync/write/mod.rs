//! The last stage: pages, ledger, accounts and lease, together in one transaction at a time.

mod agents;
mod end;
mod isolate;
mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, Conclusion, Found, RunAccounts, RunId, Tiers, Timestamp, Watch, Window};
use providers::Traffic;
use store::{Lease, NewPage, NewSkip, RunProgress, StoreError, Tx};
use tokio::sync::mpsc;

use super::prepare::{PreparedPage, ToWrite};
use super::{Phase, Progress, RunLog, SyncOptions};
use crate::ingest::{Brought, Committed, Prepared, RulesAt, Skip, commit};
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
    /// What its connection had asked when it began.
    asked_before: Traffic,
    first_error: Option<String>,
    needs_person: bool,
    /// Where rows are missing that the database refused.
    holes: Vec<Window>,
    expected: u64,
    windows_left: u64,
    /// The account that gets agents nobody has assigned.
    auto_account: Option<AccountId>,
    /// What tells of each new call how late it is.
    watch: Watch,
    /// When this run's windows are read again.
    tiers: Tiers,
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
    /// Calls written that are placed, by account.
    pub(super) placed: BTreeMap<AccountId, Brought>,
    /// Calls that are placed and were there just so.
    pub(super) placed_already: u64,
    pub(super) contacts_made: u64,
    /// Agents that were assigned because calls named them.
    pub(super) auto_assigned: Vec<String>,
    /// Agents that were looked at for that, by the provider's ids.
    pub(super) agents_met: BTreeSet<String>,
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
            asked_before: source.connection.traffic().unwrap_or_default(),
            first_error: None,
            needs_person: false,
            holes: Vec::new(),
            expected: 0,
            windows_left: 0,
            auto_account: None,
            watch: Watch::default(),
            tiers: source.connection.capabilities().tiers,
        }
    }

    /// Takes note of what is read, and of what is left to the next run.
    pub(super) fn plan(&mut self, windows: u64, left: u64) {
        self.tally.what.windows_planned = windows;
        self.windows_left = left;
        self.tell();
    }

    /// Takes note of windows that this run does not come to.
    fn leave(&mut self, windows: u64) {
        let planned = &mut self.tally.what.windows_planned;
        *planned = planned.saturating_sub(windows);
        self.windows_left += windows;
        let sentence = format!(
            "{windows} window(s) are left to the next run, so that new calls do not wait for them"
        );
        self.note(Phase::Api, sentence);
    }

    /// Takes note of what was known before, and of when windows are read again.
    pub(super) fn watch(&mut self, watch: Watch, tiers: Tiers) {
        self.watch = watch;
        self.tiers = tiers;
    }

    /// Writes until nothing more comes. Returns the first thing, if any, that kept a window from
    /// being proved.
    pub(super) async fn write_all(
        &mut self,
        mut incoming: mpsc::Receiver<Result<ToWrite, StoreError>>,
        mut rules: RulesAt,
    ) -> Result<Option<String>, StoreError> {
        let mut group = Vec::new();
        while incoming.recv_many(&mut group, self.ctx.settings.pages_per_write).await > 0 {
            let items: Result<Vec<ToWrite>, StoreError> = group.drain(..).collect();
            self.write_group(items?, &mut rules).await?;
            self.tell();
        }
        Ok(self.first_error.take())
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
                ToWrite::Left(windows) => self.leave(windows),
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
        self.assign_agents(&mut tx, &records, now).await?;
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
        let now = self.ctx.now();
        let mut found: BTreeMap<Found, u64> = BTreeMap::new();
        for at in &done.brought {
            if let Some(how) = self.watch.found(*at, now) {
                *found.entry(how).or_default() += 1;
            }
        }
        tx.lateness_add(self.source.row.id, now, &found).await?;
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
            run: Some(self.run),
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

    /// Only a person can help: the schedule asks less often.
    pub(super) fn needs_person(&mut self) {
        self.needs_person = true;
    }

    pub(super) fn failed(&mut self, error: String) {
        self.first_error.get_or_insert(error);
    }
}

impl Tally {
    pub(super) fn add(&mut self, done: &Committed) {
        self.accounts.add(&done.accounts);
        self.waiting += done.waiting;
        self.excluded += done.excluded;
        self.placed_already += done.placed_already;
        self.contacts_made += done.contacts_made;
        for (account, Brought { new, updated }) in &done.placed {
            let brought = self.placed.entry(*account).or_default();
            brought.new += new;
            brought.updated += updated;
        }
        for skip in &done.skips {
            match self.skip_reasons.get_mut(&*skip.reason) {
                Some(count) => *count += 1,
                None => drop(self.skip_reasons.insert(skip.reason.to_string(), 1)),
            }
        }
    }

    pub(super) fn progress(&self) -> RunProgress {
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
            Self::Ended(_) | Self::Split | Self::Left(_) | Self::Written(_) | Self::Said { .. } => {
                None
            }
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
