//! What a source lacks and why: the ledger's gaps, what is to be read again, and what is too quiet.
//!
//! Looking writes nothing and asks nobody; [`repair`] reads through the normal path.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    Capabilities, Lack, Lacking, LatestRun, Quiet, RunId, RunKind, Timestamp, WhyLacking, Window,
    judge_volume, lacking, volume_span, why_lacking,
};
use store::{RunRow, Scope, SourceRow, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::lateness::age;
use crate::sync::{RunReport, SyncError, SyncOptions, sync_in_turn};
use crate::{Context, Source};

/// Runs that are looked up because a gap names them; the others' gaps keep the ledger's word alone.
const RUNS_MAX: usize = 50;

/// Windows a repair reads at most.
const REPAIR_WINDOWS_MAX: usize = 200;

/// Quiet stretches a repair reads again at most.
const REPAIR_QUIET_MAX: usize = 10;

/// All that a source lacks.
#[derive(Debug, Clone, Default)]
pub struct Gaps {
    /// As of when: what came due later is the schedule's next work and no gap.
    pub as_of: Option<Timestamp>,
    /// Newest first.
    pub gaps: Vec<Gap>,
    /// Hours whose volume was judged.
    pub hours_judged: usize,
    /// Hours nobody can judge yet, because too few weeks before them are proved.
    pub hours_too_new: usize,
}

/// One span that lacks something.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The span.
    pub window: Window,
    /// What it lacks.
    pub what: What,
    /// The run that looked last, or should have.
    pub run: Option<RunId>,
    /// When it was looked at last.
    pub checked_at: Option<Timestamp>,
    /// Why, in a sentence.
    pub sentence: String,
}

/// What a span lacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// Its proof, for this reason.
    Proof(WhyLacking),
    /// Calls: there are unbelievably few.
    Calls(Quiet),
}

impl What {
    /// Its name on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Calls(_) => "too quiet",
            Self::Proof(why) => match why {
                WhyLacking::NeverRead => "never read",
                WhyLacking::UnderWay => "under way",
                WhyLacking::Refused => "refused",
                WhyLacking::Outage => "unreachable",
                WhyLacking::NotReadSince => "not read since",
                WhyLacking::NotReached => "not reached",
                WhyLacking::PossiblyTruncated => "possibly truncated",
                WhyLacking::Due => "to be read again",
            },
        }
    }

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proof(WhyLacking::NeverRead) => "never_read",
            Self::Proof(WhyLacking::UnderWay) => "under_way",
            Self::Proof(WhyLacking::Refused) => "refused",
            Self::Proof(WhyLacking::Outage) => "outage",
            Self::Proof(WhyLacking::NotReadSince) => "not_read_since",
            Self::Proof(WhyLacking::NotReached) => "not_reached",
            Self::Proof(WhyLacking::PossiblyTruncated) => "possibly_truncated",
            Self::Proof(WhyLacking::Due) => "due",
            Self::Calls(_) => "too_quiet",
        }
    }
}

/// Looks at what a source lacks. What came due within `grace` is left to the schedule.
pub async fn look(
    store: &Store,
    source: &SourceRow,
    capabilities: &Capabilities,
    grace: Duration,
    now: Timestamp,
) -> Result<Gaps, StoreError> {
    let as_of = now - grace;
    let coverage = store.coverage_load(source.id).await?;
    let lacking = lacking(&coverage, capabilities, source.since, as_of);
    let latest = store.runs_list(Some(source.id), 20).await?.into_iter().find(reads);
    let looked = runs_named(store, &lacking).await?;
    let mut gaps: Vec<Gap> = lacking
        .iter()
        .map(|lacking| explained(lacking, capabilities.lag, &looked, latest.as_ref()))
        .collect();
    if let Some(since) = store.set_up_get(source.id).await?.and_then(|row| row.paused_at) {
        tell_that_it_rests(&mut gaps, Timestamp::from_millis(since));
    }
    let mut found = Gaps { as_of: Some(as_of), ..Gaps::default() };
    if let Some(span) = volume_span(now, capabilities.lag) {
        let calls = store.volumes_by_hour(Scope::Operator, source.id, span).await?;
        let judged = judge_volume(&coverage, span, &calls);
        (found.hours_judged, found.hours_too_new) = (judged.hours, judged.too_new);
        gaps.extend(judged.quiet.into_iter().map(quiet));
    }
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.window));
    found.gaps = gaps;
    Ok(found)
}

/// Nobody is missing where somebody wanted it so.
fn tell_that_it_rests(gaps: &mut [Gap], since: Timestamp) {
    for gap in gaps {
        if matches!(gap.what, What::Proof(WhyLacking::NeverRead | WhyLacking::NotReadSince)) {
            gap.sentence = format!(
                "it rests since {since} and is not read by itself; let it go on, or read it once"
            );
        }
    }
}

/// Comparisons and files read nothing that could be missing.
fn reads(run: &RunRow) -> bool {
    run.kind != RunKind::Diagnostic.as_str() && run.kind != RunKind::Import.as_str()
}

async fn runs_named(
    store: &Store,
    lacking: &[Lacking],
) -> Result<BTreeMap<RunId, RunRow>, StoreError> {
    let mut runs = BTreeMap::new();
    for run in lacking.iter().filter_map(|lacking| lacking.run) {
        if runs.len() < RUNS_MAX && !runs.contains_key(&run) {
            runs.extend(store.run_get(run).await?.map(|row| (run, row)));
        }
    }
    Ok(runs)
}

fn explained(
    lacking: &Lacking,
    lag: Duration,
    looked: &BTreeMap<RunId, RunRow>,
    latest: Option<&RunRow>,
) -> Gap {
    let by = lacking.run.and_then(|run| looked.get(&run));
    let why = why_lacking(lacking, lag, by.and_then(as_latest), latest.and_then(as_latest));
    let sentence = sentence(lacking, why, latest);
    let is_unread = lacking.lack == Lack::Unread;
    let run = lacking.run.or(latest.filter(|_| is_unread).map(|run| RunId(run.run_id)));
    let (window, checked_at) = (lacking.window, lacking.checked_at);
    Gap { window, what: What::Proof(why), run, checked_at, sentence }
}

fn as_latest(run: &RunRow) -> Option<LatestRun> {
    Some(LatestRun {
        run: RunId(run.run_id),
        started_at: Timestamp::from_millis(run.started_at),
        status: run.status.parse().ok()?,
        needs_person: run.needs_person != 0,
    })
}

fn sentence(lacking: &Lacking, why: WhyLacking, latest: Option<&RunRow>) -> String {
    let run = latest.map_or_else(String::new, |run| format!("run {}", run.run_id));
    let error = || latest.and_then(|run| run.error.clone()).unwrap_or_default();
    match (&lacking.lack, why) {
        (Lack::Unreachable(why), WhyLacking::Refused) => format!("the provider refused us: {why}"),
        (Lack::Unreachable(why), _) => format!("the provider could not be asked: {why}"),
        (Lack::PossiblyTruncated(why), _) => format!("not proved whole: {why}"),
        (Lack::Due(tier), _) => {
            format!("{} old and not read again yet, and providers change records", age(*tier))
        }
        (Lack::Unread, WhyLacking::NeverRead) => "no run has read this source yet".to_owned(),
        (Lack::Unread, WhyLacking::UnderWay) => {
            format!("{run} is under way, or its process died; nothing read is lost")
        }
        (Lack::Unread, WhyLacking::Refused) => format!("the provider refused {run}: {}", error()),
        (Lack::Unread, WhyLacking::Outage) => format!("{run} failed: {}", error()),
        (Lack::Unread, WhyLacking::NotReadSince) => {
            let since = latest.map(|run| Timestamp::from_millis(run.started_at));
            let since = since.map_or_else(String::new, |since| format!(" since {since}"));
            format!("nothing was read{since}; is `everycall serve` or `everycall work` running?")
        }
        (Lack::Unread, _) => "runs read the newest first and have not come to it yet".to_owned(),
    }
}

fn quiet(quiet: Quiet) -> Gap {
    let sentence = format!(
        "{} where {} are usual at these hours of the week (median of {} weeks). The provider's \
         list was read and proved whole: there were no more, so look at the source of the calls",
        if quiet.calls == 1 { "1 call".to_owned() } else { format!("{} calls", quiet.calls) },
        quiet.usual,
        quiet.weeks,
    );
    let (run, checked_at) = (None, None);
    Gap { window: quiet.window, what: What::Calls(quiet), run, checked_at, sentence }
}

/// Reads what is lacking: all that the ledger lacks, and quiet stretches once more. Bounded; the
/// ledger keeps what is left. Where somebody else is reading the source, it waits for its turn.
pub async fn repair(
    ctx: &Context,
    source: &Source,
    gaps: &Gaps,
    stop: &CancellationToken,
) -> Result<Vec<RunReport>, SyncError> {
    let mut reports = Vec::new();
    let options =
        || SyncOptions { kind: RunKind::Repair, stop: stop.clone(), ..SyncOptions::manual() };
    if gaps.gaps.iter().any(|gap| matches!(gap.what, What::Proof(_))) {
        let options = SyncOptions { windows_max: Some(REPAIR_WINDOWS_MAX), ..options() };
        reports.push(sync_in_turn(ctx, source, options).await?);
    }
    let is_quiet = |gap: &&Gap| matches!(gap.what, What::Calls(_));
    for gap in gaps.gaps.iter().filter(is_quiet).take(REPAIR_QUIET_MAX) {
        if stop.is_cancelled() {
            break;
        }
        let options = SyncOptions { asked: Some(gap.window), ..options() };
        reports.push(sync_in_turn(ctx, source, options).await?);
    }
    Ok(reports)
}
