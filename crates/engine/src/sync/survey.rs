//! What a run must know before the first page: agents, ranges, and what the ledger lacks.

use std::future::Future;

use domain::{Planned, RunKind, Tiers, Unseen, Watch, portion, unseen};
use store::StoreError;

use super::{Phase, RunLog, SyncOptions, options};
use crate::agents::{AgentsError, agents_fetch};
use crate::legs::{CALLS_PER_RUN, CaughtUp, catch_up};
use crate::{Context, Source};

/// Windows that a run of the schedule asks for though the provider last answered in vain: what it says
/// of them is the same every five minutes, mostly.
const DOUBTFUL_MAX: usize = 4;

/// What a run will read.
pub(super) struct Survey {
    pub planned: Vec<Planned>,
    /// Windows left to the next run.
    pub left: u64,
    pub unseen: Option<Unseen>,
    pub watch: Watch,
    pub tiers: Tiers,
}

/// What placement and planning must know before the first page.
pub(super) async fn survey(
    ctx: &Context,
    source: &Source,
    options: &SyncOptions,
    log: &mut RunLog,
) -> Result<Survey, StoreError> {
    let started = ctx.now();
    // Calls an interrupted change left where they were move before anything is counted.
    crate::place::resume_for(ctx, source.row.id).await?;
    let earlier = catch_up(ctx, source, CALLS_PER_RUN).await?;
    if earlier != CaughtUp::default() {
        let rest = if earlier.is_more { "; older ones follow with the next runs" } else { "" };
        let sentence = format!(
            "Read the other names and campaigns of {} calls stored before these were kept, {} could not be read{rest}",
            earlier.read, earlier.unreadable
        );
        log.info(ctx.now(), Phase::Init, sentence, Some(ctx.now().since(started)));
    }
    // A provider that is slow to answer keeps nobody from stopping us.
    unless_stopped(options, know_agents(ctx, source, log)).await?;
    if options.calls.is_empty() {
        unless_stopped(options, try_ranges(ctx, source, log)).await?;
    }
    plan(ctx, source, options, log).await
}

async fn unless_stopped(
    options: &SyncOptions,
    work: impl Future<Output = Result<(), StoreError>>,
) -> Result<(), StoreError> {
    tokio::select! {
        biased;
        () = options.stop.cancelled() => Ok(()),
        done = work => done,
    }
}

async fn know_agents(ctx: &Context, source: &Source, log: &mut RunLog) -> Result<(), StoreError> {
    let started = ctx.now();
    let agents = agents_fetch(ctx, source).await;
    let now = ctx.now();
    match agents {
        Ok(fetched) => {
            log.info(now, Phase::Init, fetched.sentence(), Some(now.since(started)));
        }
        Err(AgentsError::Store(error)) => return Err(error),
        // Calls do not wait to be read until somebody knows their agents; they wait to be placed.
        Err(AgentsError::Provider(error)) => {
            let sentence =
                format!("Agents could not be listed, so calls of new ones wait: {error}");
            log.warn(now, Phase::Init, sentence);
        }
    }
    Ok(())
}

async fn try_ranges(ctx: &Context, source: &Source, log: &mut RunLog) -> Result<(), StoreError> {
    match source.connection.calibrate().await {
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
    Ok(())
}

async fn plan(
    ctx: &Context,
    source: &Source,
    options: &SyncOptions,
    log: &mut RunLog,
) -> Result<Survey, StoreError> {
    let now = ctx.now();
    let coverage = ctx.within(ctx.store.coverage_load(source.row.id)).await?;
    let able = source.connection.capabilities();
    let (capabilities, wider) =
        ctx.within(crate::lateness::widened(&ctx.store, source.row.id, able, now)).await?;
    for widened in &wider {
        log.info(now, Phase::Date, crate::lateness::sentence(widened), None);
    }
    let planned = options.plan(&coverage, &capabilities, source.row.since, now);
    // Whoever runs next finds the others where they are, in the ledger.
    let doubtful_max = if options.kind == RunKind::Auto { DOUBTFUL_MAX } else { usize::MAX };
    let (planned, left) = portion(planned, options.windows_max, doubtful_max);
    log.info(now, Phase::Date, options::plan_sentence(&planned, options), None);
    let unseen = unseen(&coverage, &planned);
    let watch = Watch::new(&coverage, &planned, capabilities.lag);
    Ok(Survey { planned, left, unseen, watch, tiers: capabilities.tiers })
}
