//! A run that writes nothing: the same reading and the same judgement, without the last step.

use domain::{Conclusion, RunId, conclude, plan, territories, unseen};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::changes;
use super::fetch::{Fetched, fetch};
use super::report::RunReport;
use super::write::Tally;
use super::{SyncError, SyncOptions};
use crate::ingest::{Codec, Committed, Completer, RulesAt, foresee, prepare};
use crate::{Context, Source};

/// No run has this id, so nothing counts as brought by this very run.
const NO_RUN: RunId = RunId(-1);

/// The agents a run would know by now. Where they cannot be listed, a run would go on as well.
async fn agents_listed(source: &Source) -> Vec<String> {
    let listed = source.connection.agents().await;
    let listed = listed.inspect_err(|error| tracing::warn!("Agents could not be listed: {error}"));
    listed.unwrap_or_default().agents.into_iter().map(|agent| agent.provider_agent_id).collect()
}

pub(super) async fn sync_dry(
    ctx: &Context,
    source: &Source,
    options: SyncOptions,
) -> Result<RunReport, SyncError> {
    let started = ctx.now();
    // A run would go on without an answer as well; reading shows what is wrong.
    if let Err(error) = source.connection.calibrate().await {
        tracing::warn!("Whether ranges are exact could not be asked: {error}");
    }
    let coverage = ctx.store.coverage_load(source.row.id).await?;
    let capabilities = source.connection.capabilities();
    let planned = plan(&coverage, &capabilities, source.row.since, options.asked, started);
    let (version, rules) = ctx.store.rules_load(source.row.id).await?;
    let rules = RulesAt { version, rules: rules.knowing(agents_listed(source).await) };
    let codec = Codec::plain();
    let completer = Completer::looking();

    let (out, mut fetched) = mpsc::channel(ctx.settings.pages_waiting);
    let stop = options.stop.child_token();
    let mut fetching = JoinSet::new();
    let home = territories(&planned);
    let unseen = unseen(&coverage, &planned);
    let (one, other) = (ctx.clone(), source.clone());
    fetching.spawn(async move {
        let read = changes::read(&one, &other, unseen, &out, &stop).await;
        fetch(one, other, home, read, out, stop).await
    });

    let windows_planned = planned.len() as u64;
    let what = Conclusion { windows_planned, ..Conclusion::default() };
    let mut tally = Tally { what, ..Tally::default() };
    let mut error = None;
    while let Some(next) = fetched.recv().await {
        match next {
            Fetched::Page { listed, sightings, .. } => {
                tally.accounts.listed += listed;
                tally.pages += 1;
                let (sightings, _) = completer.complete(ctx, source, sightings).await?;
                let mut batch = prepare(ctx, source, &rules, &codec, sightings).await?;
                foresee(ctx, source, &mut batch).await?;
                tally.add(&Committed::foreseen(NO_RUN, &batch));
            }
            Fetched::Said { .. } | Fetched::Written(_) => {}
            Fetched::Split => tally.what.windows_planned += 1,
            Fetched::Ended(ended) => match ended.doubt() {
                None => tally.what.windows_proved += 1,
                Some(doubt) => error = error.or(Some(doubt)),
            },
        }
    }
    while fetching.join_next().await.is_some() {}
    let was_cancelled = options.stop.is_cancelled();
    tally.what.was_cancelled = was_cancelled;
    tally.what.has_erred = error.is_some();
    let status = conclude(&tally.accounts, tally.what);
    let took = ctx.now().since(started);
    let connection = &source.connection;
    Ok(RunReport::new(None, &tally, status, error, was_cancelled, took, connection))
}
