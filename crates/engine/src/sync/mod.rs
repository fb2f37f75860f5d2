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
mod write;

use std::time::Duration;

use domain::{
    Planned, ProviderCallId, RunId, RunKind, Territory, Tiers, Timestamp, Unseen, Watch,
    territories, unseen,
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

use crate::agents::{AgentsError, agents_fetch};
use crate::ingest::RulesAt;
use crate::lease::keep;
use crate::legs::{CALLS_PER_RUN, CaughtUp, catch_up};
use crate::{Context, Source, contacts};
use prepare::Packing;
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

/// What a run will read.
struct Survey {
    planned: Vec<Planned>,
    /// Windows left to the next run.
    left: u64,
    unseen: Option<Unseen>,
    watch: Watch,
    tiers: Tiers,
}

/// What placement and planning must know before the first page.
async fn survey(
    ctx: &Context,
    source: &Source,
    options: &SyncOptions,
    log: &mut RunLog,
) -> Result<Survey, StoreError> {
    let started = ctx.now();
    // Calls an interrupted change left where they were move before anything is counted.
    ctx.within(crate::place::resume(&ctx.store, source.row.id, started)).await?;
    let earlier = catch_up(ctx, source, CALLS_PER_RUN).await?;
    if earlier != CaughtUp::default() {
        let rest = if earlier.is_more { "; older ones follow with the next runs" } else { "" };
        let sentence = format!(
            "Read the other names and campaigns of {} calls stored before these were kept, {} could not be read{rest}",
            earlier.read, earlier.unreadable
        );
        log.info(ctx.now(), Phase::Init, sentence, Some(ctx.now().since(started)));
    }
    let agents = agents_fetch(ctx, source).await;
    let now = ctx.now();
    match agents {
        Ok(fetched) => {
            let sentence = fetched.sentence();
            log.info(now, Phase::Init, sentence, Some(now.since(started)));
        }
        Err(AgentsError::Store(error)) => return Err(error),
        // Calls do not wait to be read until somebody knows their agents; they wait to be placed.
        Err(AgentsError::Provider(error)) => {
            let sentence =
                format!("Agents could not be listed, so calls of new ones wait: {error}");
            log.warn(now, Phase::Init, sentence);
        }
    }
    let calibrated = match options.calls.as_slice() {
        [] => source.connection.calibrate().await,
        _ => Ok(None),
    };
    match calibrated {
        Ok(Some(probe)) => {
            log.info(ctx.now(), Phase::Init, probe.sentence.clone(), None);
            ctx.within(crate::examine::keep(ctx, source, &[probe])).await?;
        }
        Ok(None) => {}
        // Requests stay as wide as they are; whether they can be answered, reading will tell.
        Err(error) => {
            log.warn(ctx.now(), Phase::Init, format!("Ranges could not be tried out: {error}"));
        }
    }
    let coverage = ctx.within(ctx.store.coverage_load(source.row.id)).await?;
    let able = source.connection.capabilities();
    let (capabilities, wider) =
        ctx.within(crate::lateness::widened(&ctx.store, source.row.id, able, now)).await?;
    for widened in &wider {
        log.info(now, Phase::Date, crate::lateness::sentence(widened), None);
    }
    let mut planned = options.plan(&coverage, &capabilities, source.row.since, now);
    let left = planned.len().saturating_sub(options.windows_max.unwrap_or(usize::MAX));
    // The newest come first; whoever runs next finds the others where they are, in the ledger.
    planned.truncate(planned.len() - left);
    log.info(now, Phase::Date, options::plan_sentence(&planned, options), None);
    let unseen = unseen(&coverage, &planned);
    let watch = Watch::new(&coverage, &planned, capabilities.lag);
    Ok(Survey { planned, left: left as u64, unseen, watch, tiers: capabilities.tiers })
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
    stop: CancellationToken,
) {
    let read = changes::read(&ctx, &source, unseen, &out, &stop).await;
    let goes_on = fetch(ctx.clone(), source.clone(), home, read, out.clone(), stop.clone()).await;
    // What is asked for by id is put beside what is held, so that must be what was just read.
    let (told, written) = oneshot::channel();
    if goes_on && out.send(Fetched::Written(told)).await.is_ok() && written.await.is_ok() {
        revisit::revisit(&ctx, &source, &out, &stop).await;
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
    let (their_ctx, their_source) = (ctx.clone(), source.clone());
    if options.calls.is_empty() {
        stages.spawn(fetch_all(their_ctx, their_source, home, unseen, fetched, stop.clone()));
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
