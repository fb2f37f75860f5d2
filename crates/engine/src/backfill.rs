//! History, newest first, in pieces. The ledger is the only memory: whoever begins again goes on.

use std::time::Duration;

use domain::{
    PastRun, Planned, Rhythm, RunKind, Timestamp, WhyThen, Window, next_run, plan, within,
};
use store::StoreError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::sync::{Progress, RunReport, SyncError, SyncOptions, past, sync_in_turn};
use crate::{Context, Source};

/// What one piece reads at most before new calls have their turn, so that they never wait for history.
const WINDOWS_PER_RUN: usize = 24;
const TIME_PER_RUN: Duration = Duration::from_mins(2);

/// What is to be read.
#[derive(Clone)]
pub struct Backfill {
    /// The history.
    pub span: Window,
    /// Windows to prove at most; the next backfill goes on.
    pub windows_max: Option<usize>,
    /// Read and judge one piece, and write nothing.
    pub is_dry_run: bool,
    /// How often the source is read anyway: what of that is due is read between pieces, for whoever
    /// reads it by itself finds it taken. None where the source rests.
    pub rhythm: Option<Rhythm>,
    /// Cancelled when somebody wants it to pause.
    pub stop: CancellationToken,
    /// Where each run tells how far it is.
    pub progress: Option<watch::Sender<Progress>>,
}

/// How far a backfill is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Runs so far.
    pub runs: u64,
    /// Windows proved so far.
    pub windows: u64,
    /// Windows left, as the ledger has them now.
    pub windows_left: u64,
    /// How much of the history is not proved.
    pub left: Duration,
    /// How much of it was not proved in the beginning.
    pub whole: Duration,
    /// Records listed so far.
    pub listed: u64,
    /// Calls it brought.
    pub new: u64,
    /// How long it has taken.
    pub took: Duration,
}

impl Pace {
    /// Records a second.
    pub fn listed_per_second(&self) -> f64 {
        self.listed as f64 / self.took.as_secs_f64().max(0.001)
    }

    /// How long the rest takes if it goes on like this; unknown before anything is proved.
    pub fn time_left(&self) -> Option<Duration> {
        let done = self.whole.saturating_sub(self.left);
        if done.is_zero() {
            return None;
        }
        let per = self.took.as_secs_f64() / done.as_secs_f64();
        Duration::try_from_secs_f64(per * self.left.as_secs_f64()).ok()
    }
}

/// How a backfill ended.
#[derive(Debug)]
pub struct Backfilled {
    /// How far it came.
    pub pace: Pace,
    /// Its last run; none when there was nothing to do.
    pub last: Option<RunReport>,
}

/// Reads what the ledger lacks of a history, piece by piece, until nothing is left, a piece proves
/// nothing, or somebody wants it to pause. `tell` is told after each piece.
pub async fn backfill(
    ctx: &Context,
    source: &Source,
    what: &Backfill,
    tell: &(dyn Fn(&RunReport, &Pace) + Sync),
) -> Result<Backfilled, SyncError> {
    let began = ctx.now();
    let mut planned = lacking(ctx, source, what.span, began).await?;
    let whole = length(&planned);
    let mut pace = Pace { whole, left: whole, ..Pace::default() };
    pace.windows_left = planned.len() as u64;
    let mut last = None;
    while !planned.is_empty() && !what.stop.is_cancelled() {
        let room = what
            .windows_max
            .map(|max| max.saturating_sub(usize::try_from(pace.windows).unwrap_or(usize::MAX)));
        if room == Some(0) {
            break;
        }
        let windows = room.unwrap_or(WINDOWS_PER_RUN).min(WINDOWS_PER_RUN);
        read_what_is_due(ctx, source, what).await?;
        let report = turn(ctx, source, what, windows).await?;
        planned = lacking(ctx, source, what.span, began).await?;
        pace.runs += 1;
        pace.windows += report.windows_proved;
        pace.windows_left = planned.len() as u64;
        pace.left = length(&planned);
        pace.listed += report.total_fetched;
        pace.new += report.new;
        pace.took = ctx.now().since(began);
        tell(&report, &pace);
        // What proved nothing would prove nothing again at once.
        let goes_on = report.windows_proved > 0 && !report.needs_person && !report.dry_run;
        last = Some(report);
        if !goes_on {
            break;
        }
    }
    Ok(Backfilled { pace, last })
}

/// New calls first, where the schedule wants them by now. What it left of a history can wait.
async fn read_what_is_due(
    ctx: &Context,
    source: &Source,
    what: &Backfill,
) -> Result<(), SyncError> {
    let Some(rhythm) = what.rhythm.as_ref().filter(|_| !what.is_dry_run) else { return Ok(()) };
    let past = past(ctx, source).await?.into_iter();
    let runs: Vec<PastRun> = past.map(|run| PastRun { has_more: false, ..run }).collect();
    let next = next_run(&runs, rhythm, ctx.now());
    // One that nothing has read by itself yet may be read by hand alone.
    if next.at > ctx.now() || next.why == WhyThen::First {
        return Ok(());
    }
    let options = SyncOptions {
        kind: RunKind::Auto,
        windows_max: Some(WINDOWS_PER_RUN),
        time_max: Some(TIME_PER_RUN),
        stop: what.stop.clone(),
        ..SyncOptions::manual()
    };
    sync_in_turn(ctx, source, options).await.map(drop)
}

/// What the ledger lacks of the span as of one instant, so that a backfill has an end though time
/// passes.
async fn lacking(
    ctx: &Context,
    source: &Source,
    span: Window,
    as_of: Timestamp,
) -> Result<Vec<Planned>, StoreError> {
    let coverage = ctx.within(ctx.store.coverage_load(source.row.id)).await?;
    let able = source.connection.capabilities();
    let widened = crate::lateness::widened(&ctx.store, source.row.id, able, as_of);
    let (capabilities, _) = ctx.within(widened).await?;
    Ok(within(plan(&coverage, &capabilities, source.row.since, None, as_of), span))
}

fn length(planned: &[Planned]) -> Duration {
    planned.iter().map(|next| next.window.length()).sum()
}

/// One run, once nobody else reads the source.
async fn turn(
    ctx: &Context,
    source: &Source,
    what: &Backfill,
    windows: usize,
) -> Result<RunReport, SyncError> {
    let options = SyncOptions {
        kind: RunKind::Backfill,
        within: Some(what.span),
        windows_max: Some(windows),
        time_max: Some(TIME_PER_RUN),
        is_dry_run: what.is_dry_run,
        stop: what.stop.clone(),
        progress: what.progress.clone(),
        ..SyncOptions::manual()
    };
    sync_in_turn(ctx, source, options).await
}
