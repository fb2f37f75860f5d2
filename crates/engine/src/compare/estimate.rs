//! What a comparison will cost, before it is made.

use std::time::Duration;

use domain::{RunKind, Window, plan};
use store::{RunRow, Scope, StoreError};

use crate::{Context, Source};

/// What a comparison will cost, as far as what is here tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Windows to be read.
    pub windows: u64,
    /// Calls of the source that are held in the span, whoever's they are: the whole list is read.
    pub calls: u64,
    /// How long it takes if it goes on as the latest runs did; unknown before anything was read.
    pub takes: Option<Duration>,
}

/// Looks at the ledger, the stored calls and the latest runs; asks no provider.
pub async fn estimate(
    ctx: &Context,
    source: &Source,
    window: Window,
) -> Result<Estimate, StoreError> {
    let coverage = ctx.within(ctx.store.coverage_load(source.row.id)).await?;
    let able = source.connection.capabilities();
    let planned = plan(&coverage, &able, source.row.since, Some(window), ctx.now());
    let hours = ctx.store.volumes_by_hour(Scope::Operator, source.row.id, window);
    let calls = ctx.within(hours).await?.iter().map(|(_, calls)| calls).sum();
    let runs = ctx.within(ctx.store.runs_list(Some(source.row.id), 50)).await?;
    let per_call = runs.iter().find_map(|run| pace(run, RunKind::Diagnostic));
    let per_call = per_call.or_else(|| runs.iter().find_map(|run| pace(run, RunKind::Manual)));
    let takes = per_call.map(|seconds| Duration::from_secs_f64(seconds * calls as f64));
    Ok(Estimate { windows: planned.len() as u64, calls, takes })
}

/// Seconds for each record of a run of this kind that read enough to tell.
fn pace(run: &RunRow, kind: RunKind) -> Option<f64> {
    const ENOUGH: i64 = 100;
    let took = run.finished_at? - run.started_at;
    let tells = run.kind == kind.as_str() && run.listed >= ENOUGH && took > 0;
    tells.then(|| took as f64 / 1000.0 / run.listed as f64)
}
