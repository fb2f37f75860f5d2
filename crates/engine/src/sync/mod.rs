//! Reading a source: plan, fetch, prepare, write, conclude.
//!
//! ```text
//! plan ─▶ fetch ─▶ prepare ─▶ write
//!         windows   look up,   one transaction for some pages: calls, ledger,
//!         beside    read,      run, lease
//!         each      place,
//!         other     pack
//! ```
//! The three run beside each other with bounded queues between them, so that the provider's
//! budget is the only thing to wait for.

mod changes;
mod dry;
mod fetch;
mod import;
mod lease;
mod log;
mod options;
mod organisation;
mod prepare;
mod report;
mod revisit;
mod survey;
mod write;

use std::time::Duration;

use domain::{
    NextRun, PastRun, ProviderCallId, Rhythm, RunId, RunKind, Territory, Timestamp, Unseen,
    look_at, territories,
};
use store::{Lease, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use changes::Changes;
pub(crate) use fetch::fetch;
pub use fetch::{Ended, Fetched};
pub(crate) use import::Ours;
pub use import::{ImportOptions, import};
pub(crate) use lease::key as work_key;
pub use log::{Phase, RunLog};
pub use options::{Progress, SyncOptions};
pub use organisation::{BusinessReport, OrganisationReport};
pub use report::{ReportLine, RunReport};

use crate::ingest::RulesAt;
use crate::lease::keep;
use crate::{Context, Source, contacts};
use prepare::Packing;
use survey::{Survey, survey};
use write::Writer;

/// Why a run could not begin, or could not write down how it ended.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else is reading this source.
    #[error(
        "{what} is already reading `{source_name}`. Wait for it to finish, or look at it with `everycall runs`"
    )]
    AlreadyRunning {
        /// Which source.
        source_name: String,
        /// Who.
        what: String,
    },
}

/// Reads a source: what a person asked for, or whatever the ledger lacks.
///
/// Everything that goes wrong at the provider is in the report, and in the ledger as a gap; an
/// error means that our own database could not be used.
pub async fn sync(
    ctx: &Context,
    source: &Source,
    options: SyncOptions,
) -> Result<RunReport, SyncError> {
    if options.is_dry_run {
        return dry::sync_dry(ctx, source, options).await;
    }
    let lease = lease::claim(ctx, source).await?;
    let report = keep(ctx, &lease, sync_leased(ctx, source, &options, &lease)).await?;
    contacts::after_run(ctx, source).await;
    Ok(report)
}

/// The same for the schedule: only where nobody else has the source, and where it is still due once it
/// is ours, for every worker wakes at the same instant. None where it is not.
pub async fn sync_when_due(
    ctx: &Context,
    source: &Source,
    rhythm: &Rhythm,
    options: SyncOptions,
    is_due: impl FnOnce(NextRun) -> bool + Send,
) -> Result<Option<RunReport>, SyncError> {
    let Some(lease) = lease::claim_now(ctx, source).await? else { return Ok(None) };
    let leased = async {
        let runs = past(ctx, source).await?;
        // The lease is ours: whoever has left a run without an end is dead.
        if !is_due(look_at(&runs, rhythm, None, ctx.now())) {
            return Ok(None);
        }
        sync_leased(ctx, source, &options, &lease).await.map(Some)
    };
    let report = keep(ctx, &lease, leased).await?;
    if report.is_some() {
        contacts::after_run(ctx, source).await;
    }
    Ok(report)
}

/// Runs the schedule looks back at: more failures than this make no pause longer.
pub const LOOK_BACK: i64 = 12;

/// The runs that decide when a source is read next.
pub(crate) async fn past(ctx: &Context, source: &Source) -> Result<Vec<PastRun>, StoreError> {
    ctx.within(ctx.store.runs_of_schedule(source.row.id, LOOK_BACK)).await
}

/// How often, and at what distance, a source is asked for that somebody else is reading.
const TURNS_MAX: u32 = 60;
const TURN: Duration = Duration::from_secs(5);

/// The same for work that takes several runs: where somebody else is reading the source, it waits
/// for its turn, some minutes at most.
pub async fn sync_in_turn(
    ctx: &Context,
    source: &Source,
    options: SyncOptions,
) -> Result<RunReport, SyncError> {
    let mut turns = 0;
    loop {
        match sync(ctx, source, options.clone()).await {
            Err(SyncError::AlreadyRunning { .. })
                if turns < TURNS_MAX && !options.stop.is_cancelled() =>
            {
                turns += 1;
                ctx.wait.wait(TURN).await;
            }
            ended => return ended,
        }
    }
}

async fn sync_leased(
    ctx: &Context,
    source: &Source,
    options: &SyncOptions,
    lease: &Lease,
) -> Result<RunReport, SyncError> {
    let mut log = RunLog::new(&source.row.name);
    let parameters = options.parameters(source);
    let begun = start(ctx, source, options.kind, &parameters, lease, &mut log);
    let run = ctx.within(begun).await?;
    let mut writer = Writer::new(ctx, source, options, lease, run, log);
    let has_read = match read(&mut writer).await {
        Ok(error) => writer.after_assigning().await.map(|()| error),
        Err(error) => Err(error),
    };
    match has_read {
        Ok(error) => writer.conclude(error, options.stop.is_cancelled()).await,
        Err(error) => Err(writer.give_up(error).await.into()),
    }
}

/// Begins the run, and ends those whose process died.
async fn start(
    ctx: &Context,
    source: &Source,
    kind: RunKind,
    parameters: &str,
    lease: &Lease,
    log: &mut RunLog,
) -> Result<RunId, StoreError> {
    let now = ctx.now();
    let mut tx = ctx.store.begin().await?;
    let abandoned = tx.runs_abandon(source.row.id, false, now).await?;
    let run = tx.run_start(source.row.id, kind, parameters, now).await?;
    tx.work_describe(lease, &format!("run {run}")).await?;
    if abandoned > 0 {
        let sentence = format!(
            "{abandoned} earlier run(s) of {} had stopped without saying why; this run goes on where they stopped",
            source.row.name
        );
        log.warn(now, Phase::Init, sentence);
    }
    log.info(now, Phase::Init, format!("Run {run} of {} begins", source.row.name), None);
    tx.run_log_add(run, &log.take()).await?;
    tx.commit().await?;
    Ok(run)
}

/// Only the calls a run was asked for by their ids.
async fn fetch_calls(
    ctx: Context,
    source: Source,
    calls: Vec<(ProviderCallId, Timestamp)>,
    out: mpsc::Sender<Fetched>,
    stop: CancellationToken,
) {
    revisit::ask(&ctx, &source, &calls, &out, &stop).await;
}

/// What changed, then windows, then the calls that were not complete when they were last seen.
async fn fetch_all(
    ctx: Context,
    source: Source,
    home: Vec<Territory>,
    unseen: Option<Unseen>,
    out: mpsc::Sender<Fetched>,
    until: Option<Timestamp>,
    stop: CancellationToken,
) {
    let read = changes::read(&ctx, &source, unseen, &out, &stop).await;
    let fetched = fetch(ctx.clone(), source.clone(), home, read, out.clone(), until, stop.clone());
    let goes_on = fetched.await;
    // What is asked for by id is put beside what is held, so that must be what was just read.
    let (told, written) = oneshot::channel();
    if goes_on && out.send(Fetched::Written(told)).await.is_ok() && written.await.is_ok() {
        revisit::revisit(&ctx, &source, &out, until, &stop).await;
    }
}

/// The pipeline: fetching and preparing run beside the writer until every window has ended.
/// Returns the first thing, if any, that kept a window from being proved.
async fn read(writer: &mut Writer<'_>) -> Result<Option<String>, StoreError> {
    let (ctx, source, options) = (writer.ctx, writer.source, writer.options);
    let Survey { planned, left, unseen, watch, tiers } =
        survey(ctx, source, options, &mut writer.log).await?;
    writer.watch(watch, tiers);
    writer.assign_waiting().await?;
    let (version, rules) = ctx.within(ctx.store.rules_load(source.row.id)).await?;
    let rules = RulesAt { version, rules };
    let packing = Packing::load(ctx, source).await?;
    let stop = options.stop.child_token();
    let (fetched, to_prepare) = mpsc::channel(ctx.settings.pages_waiting);
    let (prepared, to_write) = mpsc::channel(ctx.settings.pages_waiting);

    let mut stages = JoinSet::new();
    let home: Vec<Territory> = territories(&planned);
    let until = options.time_max.map(|longest| ctx.now() + longest);
    let (their_ctx, their_source) = (ctx.clone(), source.clone());
    if options.calls.is_empty() {
        stages.spawn(fetch_all(
            their_ctx,
            their_source,
            home,
            unseen,
            fetched,
            until,
            stop.clone(),
        ));
    } else {
        let calls = options.calls.clone();
        stages.spawn(fetch_calls(their_ctx, their_source, calls, fetched, stop.clone()));
    }
    stages.spawn(prepare::prepare_all(
        ctx.clone(),
        source.clone(),
        rules.clone(),
        packing,
        to_prepare,
        prepared,
    ));
    writer.plan(planned.len() as u64, left);
    let written = writer.write_all(to_write, rules).await;
    // Whether the writer came to its end or failed: nothing more is worth fetching.
    stop.cancel();
    stages.shutdown().await;
    written
}
