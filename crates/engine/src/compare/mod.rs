//! Comparing: the other side and the database over a span, every difference with its cause.
//!
//! It changes no call, and of the ledger only that what was settled and found to be alike is called
//! *compared*. It reads windows one after another, so that memory does not grow with the span, and
//! records itself as a run of kind *diagnostic*.

mod conclude;
mod error;
mod estimate;
mod file;
mod judge;
pub(crate) mod latest;
mod paired;
mod reading;
mod repair;
mod report;
mod sources;
mod tally;
mod whose;

use std::time::Duration;

use domain::{RunId, RunKind, Timestamp, Tolerances, Window};
use store::{AccountRow, Claim, Lease, RunEnd, RunProgress, SourceRow, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use error::CompareError;
pub use estimate::{Estimate, estimate};
pub use file::{Columns, FileFound, FileSide, FileTrouble, NotColumns, Shape, compare_with_file};
pub use latest::{Latest, latest};
pub use paired::PairingFound;
pub use repair::{Before, NotRepaired, Repair, RepairRun, compare_and_repair};
pub use report::{
    AgentAnalysis, CompareReport, DifferingCall, FieldDifference, ListTotals, OneSided, Proofs,
    Summary, UnassignedAgent,
};
pub use sources::{SourceBeside, compare_with_source};

use crate::lease::keep;
use crate::sync::{Progress, work_key};
use crate::{Context, Source};
use conclude::Ended;
use judge::Judge;
use reading::Reading;
use whose::Whose;

/// How far back a comparison looks when nobody says.
pub const USUAL_SPAN: Duration = Duration::from_hours(30 * 24);

/// What to compare.
#[derive(Clone, Default)]
pub struct CompareOptions {
    /// The span; else the usual one, up to what the provider can prove by now.
    pub window: Option<Window>,
    /// Only the calls that the rules give to this account; else the source's, whoever's they are.
    pub account: Option<AccountRow>,
    /// How far apart two words may lie and still be the same.
    pub tolerances: Tolerances,
    /// Whether the report has the other side's own record of each call that is missing or differs.
    pub keeps_raw: bool,
    /// Cancelled when somebody wants it to stop.
    pub stop: CancellationToken,
    /// Where it tells how far it is.
    pub progress: Option<watch::Sender<Progress>>,
}

/// Compares a source with its provider.
pub async fn compare(
    ctx: &Context,
    source: &Source,
    options: CompareOptions,
) -> Result<CompareReport, CompareError> {
    compare_after(ctx, source, &options, None).await
}

/// Compares once something was repaired, or for the first time.
async fn compare_after(
    ctx: &Context,
    source: &Source,
    options: &CompareOptions,
    repair: Option<Repair>,
) -> Result<CompareReport, CompareError> {
    let now = ctx.now();
    let window = span(source, options, now)?;
    let whose = Whose::load(ctx, &source.row, options.account.as_ref()).await?;
    let lease = claim(ctx, &source.row, now).await?;
    let work = Box::pin(leased(ctx, source, options, whose, window, &lease, repair));
    under(ctx, &lease, &source.row, work).await
}

/// What can be compared of what was asked for: nothing younger than the provider's lag. An account
/// is compared from the date it counts calls from.
pub fn span(
    source: &Source,
    options: &CompareOptions,
    now: Timestamp,
) -> Result<Window, CompareError> {
    span_of(&source.row, source.connection.capabilities().lag, options, now)
}

/// The same, of a source whose provider's list is whole after so long.
fn span_of(
    source: &SourceRow,
    lag: Duration,
    options: &CompareOptions,
    now: Timestamp,
) -> Result<Window, CompareError> {
    let provable = now - lag;
    let counts_from = options.account.as_ref().and_then(|account| account.calls_reset_at);
    let (from, to) = match options.window {
        Some(window) => (window.from(), window.to().min(provable)),
        None => (counts_from.unwrap_or(now - USUAL_SPAN).max(source.since), provable),
    };
    if from >= now {
        return Err(CompareError::Future { from, now });
    }
    Window::new(from, to).map_err(|_nothing| CompareError::TooYoung { from })
}

async fn claim(ctx: &Context, source: &SourceRow, now: Timestamp) -> Result<Lease, CompareError> {
    let key = format!("compare/{}", source.id);
    let until = now + ctx.settings.lease;
    let claim = ctx.store.work_claim(&key, &ctx.holder, "another comparison", until, now);
    match ctx.within(claim).await? {
        Claim::Granted(lease) => Ok(lease),
        Claim::Held { what, .. } => {
            Err(CompareError::AlreadyRunning { source_name: source.name.clone(), what })
        }
    }
}

/// Compares under a lease. What breaks off is ended at once, as far as the database lets us; else the
/// next comparison of this source says that it stopped.
async fn under(
    ctx: &Context,
    lease: &Lease,
    source: &SourceRow,
    work: impl Future<Output = Result<CompareReport, CompareError>>,
) -> Result<CompareReport, CompareError> {
    let to_its_end = async {
        let compared = work.await;
        let Some(error) = compared.as_ref().err().map(ToString::to_string) else {
            return compared;
        };
        if let Err(second) = ctx.within(break_off(ctx, lease, source, &error)).await {
            tracing::warn!(source = %source.name, "How a comparison of {} ended could not be written: {second}", source.name);
        }
        compared
    };
    keep(ctx, lease, to_its_end).await
}

async fn break_off(
    ctx: &Context,
    lease: &Lease,
    source: &SourceRow,
    error: &str,
) -> Result<(), StoreError> {
    let mut tx = ctx.store.begin().await?;
    tx.work_extend(lease, ctx.now() + ctx.settings.lease).await?;
    tx.comparison_break_off(source.id, error, ctx.now()).await?;
    tx.commit().await
}

async fn leased(
    ctx: &Context,
    source: &Source,
    options: &CompareOptions,
    whose: Whose,
    window: Window,
    lease: &Lease,
    repair: Option<Repair>,
) -> Result<CompareReport, CompareError> {
    let began = ctx.now();
    let run = ctx.within(start(ctx, &source.row, &whose, window, None)).await?;
    let lag = source.connection.capabilities().lag;
    let judge = Judge::new(ctx, &source.row, whose, lag, options.tolerances).await?;
    let mut side = Reading::begin(ctx, source, options, judge, (run, window)).await;
    // Of what was half judged no report is made: whoever breaks off says why, and is begun anew.
    side.read().await?;
    let ended = Ended {
        run,
        window,
        provider: source.row.provider,
        status: side.status(),
        pages: side.pages,
        windows: side.windows_planned,
        windows_proved: side.windows_proved,
        totals: side.totals,
        doubts: &side.doubts,
        took: ctx.now().since(began),
    };
    let mut report = conclude::report(&side.judge, &ended);
    report.repair = repair.map(Box::new);
    let proved = report.proves_all().then_some((window, began));
    ctx.within(finish(ctx, lease, &side.judge, &report, proved)).await?;
    Ok(report)
}

async fn start(
    ctx: &Context,
    source: &SourceRow,
    whose: &Whose,
    window: Window,
    with: Option<&str>,
) -> Result<RunId, StoreError> {
    let now = ctx.now();
    let parameters = serde_json::json!({
        "source": source.name, "provider": source.provider.as_str(),
        "account": whose.account().map(|account| &account.name),
        "with": with, "from": window.from(), "to": window.to(),
    });
    let mut tx = ctx.store.begin().await?;
    tx.runs_abandon(source.id, true, now).await?;
    let run = tx.run_start(source.id, RunKind::Diagnostic, &parameters.to_string(), now).await?;
    tx.commit().await?;
    Ok(run)
}

async fn finish(
    ctx: &Context,
    lease: &Lease,
    judge: &Judge<'_>,
    report: &CompareReport,
    proved: Option<(Window, Timestamp)>,
) -> Result<(), StoreError> {
    let (kept, error) = (report.kept(), report.doubts.first().map(String::as_str));
    let summary = &report.summary;
    let progress = RunProgress {
        accounts: judge.accounts,
        skip_reasons: serde_json::json!(judge.tally.reasons()).to_string(),
        pages: summary.pages_fetched,
        windows_planned: summary.windows,
        windows_proved: summary.windows_proved,
        ..RunProgress::default()
    };
    let mut tx = ctx.store.begin().await?;
    // Whoever took it over has ended this run, and what has ended is never told otherwise.
    tx.work_extend(lease, ctx.now() + ctx.settings.lease).await?;
    let run = report.sync_log_id;
    // The end first: only a run that is called unbalanced may have accounts that do not balance.
    tx.run_finish(run, RunEnd::new(report.status, &kept, error), ctx.now()).await?;
    tx.run_progress(run, &progress).await?;
    if let Some((window, began)) = proved {
        tx.work_hold(&work_key(judge.source.id)).await?;
        tx.coverage_compared(judge.source.id, window, began).await?;
    }
    tx.commit().await
}
