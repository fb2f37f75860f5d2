//! Comparing: the provider and the database over a span, every difference with its cause.
//!
//! It changes no call and no ledger. It reads windows one after another, so that memory does not
//! grow with the span, and records itself as a run of kind *diagnostic*.

mod judge;
mod report;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{
    Coverage, ProviderCallId, RunAccounts, RunId, RunKind, RunStatus, Timestamp, Told, Tolerances,
    Window, plan, territories,
};
use store::{Claim, Lease, RunEnd, RunProgress, Scope, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use report::{AgentAnalysis, CompareReport, DifferingCall, OneSided, Summary, UnassignedAgent};

use crate::ingest::{Asking, Completer, Sighting};
use crate::sync::{Changes, Fetched, Progress, fetch};
use crate::{Context, Source};
use report::Tally;

/// A source is compared whole, whoever its calls belong to.
const SCOPE: Scope = Scope::Operator;

/// How far back a comparison looks when nobody says.
pub const USUAL_SPAN: Duration = Duration::from_hours(30 * 24);

/// What to compare.
#[derive(Clone)]
pub struct CompareOptions {
    /// The span; else the usual one, up to what the provider can prove by now.
    pub window: Option<Window>,
    /// How far apart two words may lie and still be the same.
    pub tolerances: Tolerances,
    /// Cancelled when somebody wants it to stop.
    pub stop: CancellationToken,
    /// Where it tells how far it is.
    pub progress: Option<watch::Sender<Progress>>,
}

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else is comparing this source.
    #[error("{what} is comparing `{source_name}` already. Wait for it to finish")]
    AlreadyRunning {
        /// Which source.
        source_name: String,
        /// Who.
        what: String,
    },
    /// There is nothing to compare yet.
    #[error(
        "what happened since {from} is too young to be compared: the provider's list of it is not yet whole. Ask again later"
    )]
    TooYoung {
        /// Where the span begins.
        from: Timestamp,
    },
}

/// Compares a source with its provider.
pub async fn compare(
    ctx: &Context,
    source: &Source,
    options: CompareOptions,
) -> Result<CompareReport, CompareError> {
    let now = ctx.now();
    let window = span(source, options.window, now)?;
    let lease = claim(ctx, source, now).await?;
    let compared = leased(ctx, source, &options, window, &lease).await;
    let released = ctx.within(ctx.store.work_release(&lease)).await;
    let report = compared?;
    released?;
    Ok(report)
}

/// What can be compared of what was asked for: nothing younger than the provider's lag.
fn span(source: &Source, asked: Option<Window>, now: Timestamp) -> Result<Window, CompareError> {
    let provable = now - source.connection.capabilities().lag;
    let (from, to) = match asked {
        Some(window) => (window.from(), window.to().min(provable)),
        None => ((now - USUAL_SPAN).max(source.row.since), provable),
    };
    Window::new(from, to).map_err(|_nothing| CompareError::TooYoung { from })
}

async fn claim(ctx: &Context, source: &Source, now: Timestamp) -> Result<Lease, CompareError> {
    let key = format!("compare/{}", source.row.id);
    let until = now + ctx.settings.lease;
    let claim = ctx.store.work_claim(&key, &ctx.holder, "another comparison", until, now);
    match ctx.within(claim).await? {
        Claim::Granted(lease) => Ok(lease),
        Claim::Held { what, .. } => {
            Err(CompareError::AlreadyRunning { source_name: source.row.name.clone(), what })
        }
    }
}

async fn leased(
    ctx: &Context,
    source: &Source,
    options: &CompareOptions,
    window: Window,
    lease: &Lease,
) -> Result<CompareReport, CompareError> {
    let began = ctx.now();
    let run = ctx.within(start(ctx, source, window)).await?;
    let mut side = Reading::begin(ctx, source, options, window, run).await?;
    let read = side.read(lease).await;
    // Listed in windows that never ended, because somebody stopped it.
    side.accounts.repeated += side.listed.len() as u64;
    let status = side.status(read.is_ok());
    let took = ctx.now().since(began);
    let agents = ctx.within(ctx.store.agents_list(source.row.id, ctx.now())).await;
    let mut report = report::report(&side, status, took, &agents.unwrap_or_default());
    if !report.balances() {
        report.status = RunStatus::Unbalanced;
    }
    ctx.within(finish(ctx, run, &side, &report)).await?;
    read?;
    Ok(report)
}

async fn start(ctx: &Context, source: &Source, window: Window) -> Result<RunId, StoreError> {
    let now = ctx.now();
    let parameters = serde_json::json!({
        "source": source.row.name, "provider": source.row.provider.as_str(),
        "from": window.from(), "to": window.to(),
    });
    let mut tx = ctx.store.begin().await?;
    tx.runs_abandon(source.row.id, true, now).await?;
    let run =
        tx.run_start(source.row.id, RunKind::Diagnostic, &parameters.to_string(), now).await?;
    tx.commit().await?;
    Ok(run)
}

async fn finish(
    ctx: &Context,
    run: RunId,
    side: &Reading<'_>,
    report: &CompareReport,
) -> Result<(), StoreError> {
    let (kept, error) = (report.kept(), side.doubts.first().map(String::as_str));
    let mut tx = ctx.store.begin().await?;
    tx.run_progress(run, &side.progress()).await?;
    tx.run_finish(run, RunEnd::new(report.status, &kept, error), ctx.now()).await?;
    tx.commit().await
}

/// One comparison under way.
struct Reading<'a> {
    ctx: &'a Context,
    source: &'a Source,
    options: &'a CompareOptions,
    window: Window,
    run: RunId,
    coverage: Coverage,
    /// The accounts of the runs that covered it, as far as they were looked up.
    runs: HashMap<RunId, Option<RunAccounts>>,
    /// The part of the span not compared yet. Windows come newest first, and requests are wider
    /// than their windows, so calls of a window that has ended are listed once more.
    open: Window,
    /// Calls the provider listed in it.
    listed: HashMap<ProviderCallId, Told>,
    /// Calls that the two sides have in different windows; each was judged where it was met first.
    moved: HashSet<ProviderCallId>,
    asking: Asking,
    completer: Completer,
    tally: Tally,
    /// Where every record went, as if this had been a run that writes.
    accounts: RunAccounts,
    pages: u64,
    windows_planned: u64,
    windows_proved: u64,
    windows_ended: u64,
    doubts: Vec<String>,
    /// Distinct calls of each side, counted where they came in, not where they were judged.
    provider_total: u64,
    database_total: u64,
}

impl<'a> Reading<'a> {
    async fn begin(
        ctx: &'a Context,
        source: &'a Source,
        options: &'a CompareOptions,
        window: Window,
        run: RunId,
    ) -> Result<Self, StoreError> {
        // As reading does: the narrower the requests, the less is read twice.
        if let Err(error) = source.connection.calibrate().await {
            tracing::warn!("Whether ranges are exact could not be asked: {error}");
        }
        let coverage = ctx.within(ctx.store.coverage_load(source.row.id)).await?;
        Ok(Self {
            ctx,
            source,
            options,
            window,
            run,
            coverage,
            runs: HashMap::new(),
            open: window,
            listed: HashMap::new(),
            moved: HashSet::new(),
            asking: Asking::new(ctx),
            completer: Completer::looking(),
            tally: Tally::default(),
            accounts: RunAccounts::default(),
            pages: 0,
            windows_planned: 0,
            windows_proved: 0,
            windows_ended: 0,
            doubts: Vec::new(),
            provider_total: 0,
            database_total: 0,
        })
    }

    /// Reads every window and compares each as it ends.
    async fn read(&mut self, lease: &Lease) -> Result<(), CompareError> {
        let now = self.ctx.now();
        let able = self.source.connection.capabilities();
        let planned = plan(&self.coverage, &able, self.source.row.since, Some(self.window), now);
        self.windows_planned = planned.len() as u64;
        let mut one_by_one = self.ctx.clone();
        one_by_one.settings.windows_beside = 1;
        let (out, mut fetched) = mpsc::channel(self.ctx.settings.pages_waiting);
        let stop = self.options.stop.child_token();
        let mut fetching = JoinSet::new();
        let (source, home) = (self.source.clone(), territories(&planned));
        fetching.spawn(fetch(one_by_one, source, home, Changes::none(), out, stop.clone()));
        let mut heartbeat = tokio::time::interval(self.ctx.settings.lease / 3);
        let read = loop {
            let next = tokio::select! {
                next = fetched.recv() => next,
                _ = heartbeat.tick() => {
                    let until = self.ctx.now() + self.ctx.settings.lease;
                    self.ctx.within(self.ctx.store.work_heartbeat(lease, until)).await?;
                    continue;
                }
            };
            let Some(next) = next else { break Ok(()) };
            if let Err(error) = self.take(next).await {
                break Err(error);
            }
            self.tell();
        };
        stop.cancel();
        fetching.shutdown().await;
        Ok(read?)
    }

    async fn take(&mut self, next: Fetched) -> Result<(), StoreError> {
        match next {
            Fetched::Page { listed, sightings, .. } => {
                self.pages += 1;
                self.accounts.listed += listed;
                let whole = self.completer.complete(self.ctx, self.source, sightings).await?;
                self.list(&whole.sightings);
            }
            Fetched::Split => self.windows_planned += 1,
            Fetched::Ended(ended) => {
                self.windows_ended += 1;
                let doubt = ended.doubt();
                match &doubt {
                    None => self.windows_proved += 1,
                    Some(doubt) => self.doubts.push(doubt.clone()),
                }
                let window = ended.territory.window;
                self.judge(window, doubt.as_deref(), ended.walked.is_err()).await?;
                // When nothing is left open, no further window comes.
                self.open = Window::new(self.window.from(), window.from()).unwrap_or(self.open);
            }
            Fetched::Said { .. } | Fetched::Written(_) => {}
        }
        Ok(())
    }

    fn list(&mut self, sightings: &[Sighting]) {
        for sighting in sightings {
            let record = &sighting.record;
            let home = self.source.home;
            let Ok(call) = self.source.connection.normalise(&record.bytes, home) else {
                self.accounts.set_aside += 1;
                continue;
            };
            let call = Told::from(call);
            let is_open = self.open.contains(call.at);
            if !is_open || self.listed.insert(call.id.clone(), call).is_some() {
                self.accounts.repeated += 1;
            }
        }
    }

    fn tell(&self) {
        if let Some(listener) = &self.options.progress {
            listener.send_replace(Progress {
                listed: self.accounts.listed,
                expected: self.accounts.listed,
                pages: self.pages,
                windows_planned: self.windows_planned,
                windows_ended: self.windows_ended,
            });
        }
    }

    fn status(&self, has_read: bool) -> RunStatus {
        let is_whole = self.windows_proved >= self.windows_planned;
        let was_stopped = self.options.stop.is_cancelled();
        match self.accounts.balance() {
            Err(_) => RunStatus::Unbalanced,
            Ok(()) if has_read && is_whole && !was_stopped => RunStatus::Success,
            Ok(()) if self.windows_proved > 0 => RunStatus::Partial,
            Ok(()) => RunStatus::Failed,
        }
    }

    fn progress(&self) -> RunProgress {
        RunProgress {
            accounts: self.accounts,
            skip_reasons: serde_json::json!(self.tally.reasons()).to_string(),
            pages: self.pages,
            windows_planned: self.windows_planned,
            windows_proved: self.windows_proved,
            ..RunProgress::default()
        }
    }
}
