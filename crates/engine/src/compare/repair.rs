//! Repairing what a comparison found: read through the normal path, and compared again.

use std::collections::BTreeMap;

use domain::{Cause, ProviderCallId, Repairable, RunId, RunKind, Window, plan_repair};
use serde::Serialize;

use super::report::{CompareReport, Summary};
use super::{CompareError, CompareOptions, compare_after};
use crate::sync::{RunReport, SyncOptions, sync_in_turn};
use crate::{Context, Source};

/// Windows that are read in one repair, at most; the next repair goes on.
const WINDOWS_MAX: usize = 200;

/// What was repaired, and how it was before.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// The comparison that found it.
    pub before: Before,
    /// Calls that were asked for by their ids.
    pub calls_asked_for: u64,
    /// Windows that were read again.
    pub windows_read: u64,
    /// The runs that did it, and how each ended.
    pub runs: Vec<RepairRun>,
    /// What reading does not bring, and why.
    pub not_repaired: Vec<NotRepaired>,
    /// Windows and calls left to the next repair.
    pub left: u64,
}

/// The comparison before.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Before {
    /// The run it is recorded as.
    pub sync_log_id: RunId,
    /// Its numbers.
    pub summary: Summary,
    /// How many missing calls per cause.
    pub reason_breakdown: BTreeMap<&'static str, u64>,
    /// How many extra calls per cause.
    pub extra_breakdown: BTreeMap<&'static str, u64>,
}

/// A run that read something again.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepairRun {
    /// Its id.
    pub sync_log_id: Option<RunId>,
    /// How it ended.
    pub status: domain::RunStatus,
    /// Calls it brought.
    pub new: u64,
    /// Calls it changed.
    pub updated: u64,
    /// What kept it from being a success.
    pub error: Option<String>,
}

/// Differences that reading does not end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotRepaired {
    /// Their cause.
    pub reason: &'static str,
    /// How many.
    pub calls: u64,
    /// Why.
    pub why: &'static str,
}

/// Compares, reads what can be repaired, and compares again. Where nothing can be repaired, nothing
/// is read and the one comparison is the answer.
pub async fn compare_and_repair(
    ctx: &Context,
    source: &Source,
    options: CompareOptions,
) -> Result<CompareReport, CompareError> {
    let mut before = compare_after(ctx, source, &options, None).await?;
    let mut repair = Repair {
        before: Before {
            sync_log_id: before.sync_log_id,
            summary: before.summary.clone(),
            reason_breakdown: before.reason_breakdown.clone(),
            extra_breakdown: before.extra_breakdown.clone(),
        },
        calls_asked_for: 0,
        windows_read: 0,
        runs: Vec::new(),
        not_repaired: not_repaired(&before),
        left: 0,
    };
    let plan = plan_repair(repairable(&before), |window| requests(&before, window));
    let has_begun =
        (!plan.by_id.is_empty() || !plan.windows.is_empty()) && !options.stop.is_cancelled();
    if !has_begun {
        before.repair = Some(Box::new(repair));
        return Ok(before);
    }
    if !plan.by_id.is_empty() {
        repair.calls_asked_for = plan.by_id.len() as u64;
        let by_id = SyncOptions { calls: plan.by_id, ..reading(&options) };
        repair.runs.push(ended(&sync_in_turn(ctx, source, by_id).await?));
    }
    for window in plan.windows.iter().take(WINDOWS_MAX) {
        if options.stop.is_cancelled() {
            break;
        }
        let asked = SyncOptions { asked: Some(*window), ..reading(&options) };
        repair.runs.push(ended(&sync_in_turn(ctx, source, asked).await?));
        repair.windows_read += 1;
    }
    repair.left = plan.windows.len() as u64 - repair.windows_read;
    // The same span, though the clock has gone on since.
    let range = &before.summary.date_range;
    let window = Window::new(range.from, range.to).ok();
    let again = CompareOptions { window, ..options };
    compare_after(ctx, source, &again, Some(repair)).await
}

fn reading(options: &CompareOptions) -> SyncOptions {
    let (stop, progress) = (options.stop.clone(), options.progress.clone());
    SyncOptions { kind: RunKind::Repair, stop, progress, ..SyncOptions::manual() }
}

fn ended(run: &RunReport) -> RepairRun {
    RepairRun {
        sync_log_id: run.sync_log_id,
        status: run.status,
        new: run.new,
        updated: run.updated,
        error: run.error.clone(),
    }
}

/// The named differences that reading may end.
fn repairable(report: &CompareReport) -> Vec<Repairable> {
    let missing = report.missing_calls.iter().filter_map(|call| {
        let cause = Cause::named(call.reason)?;
        let id = ProviderCallId(call.call_id.clone());
        let repairable = Repairable { id, at: call.call_date, cause: Some(cause) };
        cause.why_not_repaired().is_none().then_some(repairable)
    });
    let differing = report.differing_calls.iter().map(|call| {
        let id = ProviderCallId(call.call_id.clone());
        Repairable { id, at: call.call_date, cause: None }
    });
    missing.chain(differing).collect()
}

fn not_repaired(report: &CompareReport) -> Vec<NotRepaired> {
    let missing = report.reason_breakdown.iter().filter_map(|(reason, calls)| {
        let why = Cause::named(reason)?.why_not_repaired()?;
        Some(NotRepaired { reason, calls: *calls, why })
    });
    let extra = report.extra_breakdown.iter().map(|(reason, calls)| {
        let why = Cause::named(reason).and_then(Cause::why_not_repaired);
        let why = why.unwrap_or("the call is here, and reading takes nothing away");
        NotRepaired { reason, calls: *calls, why }
    });
    missing.chain(extra).collect()
}

/// How many requests reading a window takes, by what the comparison met: its share of the pages,
/// and one for the total beside them.
fn requests(report: &CompareReport, window: Window) -> u64 {
    let range = &report.summary.date_range;
    let whole = range.to.since(range.from).as_millis().max(1);
    let pages = u128::from(report.summary.pages_fetched) * window.length().as_millis() / whole;
    u64::try_from(pages).unwrap_or(u64::MAX).saturating_add(2)
}
