//! What is demanded of a life, each wrong thing in a line.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{RunStatus, Timestamp, Window};
use engine::sync::RunReport;
use providers::ProbeOutcome;
use simulators::Truth;

use super::Script;
use crate::Rig;

/// Around the time a call has by one belief, it may lie by another.
const AROUND: Duration = Duration::from_hours(10);

const DAY: Duration = Duration::from_hours(24);

/// What is wrong with the report of one run.
pub(super) fn run(report: &RunReport) -> Vec<String> {
    let mut wrong = Vec::new();
    if report.accounts().balance().is_err() || report.status == RunStatus::Unbalanced {
        wrong.push(format!("the accounts of a run do not balance: {:?}", report.accounts()));
    }
    if !report.success && report.error.is_none() {
        wrong.push(format!("no word why a run is {:?}", report.status));
    }
    wrong
}

/// What is wrong with the calls: one that is missing, one that never was, one that is not as its
/// provider shows it.
///
/// Where a belief is turned round a call may be missing if the ledger or the examination says so,
/// since there are truths that nobody who asks this provider can know.
pub(super) async fn calls(
    rig: &Rig,
    script: &Script,
    deleted: &BTreeSet<String>,
    is_said: bool,
    last_read_at: Timestamp,
) -> Vec<String> {
    let (ours, theirs) = (rig.calls().await, rig.truth());
    let mut wrong = Vec::new();
    for id in ours.keys().filter(|id| !theirs.contains_key(*id) && !deleted.contains(*id)) {
        wrong.push(format!("{id} is stored, and there is no such call"));
    }
    if let Some(switch) = script.switch {
        let mut lost = if is_said { Vec::new() } else { lost_silently(rig).await };
        if switch.starts_with("hidden_status") {
            // Only a second enumeration of yesterday shows them, and nobody was there before.
            let first_day = (script.begins - DAY).floor_to(DAY).as_millis();
            lost.retain(|call| call.occurred_at >= first_day);
        }
        wrong.extend(lost.into_iter().map(|call| format!("lost silently: {call:?}")));
        return wrong;
    }
    for truth in theirs.values().filter(|truth| is_wanted(rig, truth)) {
        let Some(row) = ours.get(&truth.id) else {
            wrong.push(format!("lost: {truth:?}"));
            continue;
        };
        let duration = truth.duration.map(|seconds| i64::from(seconds) * 1000);
        let is_so = row.occurred_at == truth.occurred_at
            && row.duration_ms == duration
            && row.provider_agent_id == truth.agent_id;
        if !is_so {
            wrong.push(format!(
                "not as it is at the provider: {truth:?}, here at {}, {:?} ms, by {:?}",
                row.occurred_at, row.duration_ms, row.provider_agent_id
            ));
        }
    }
    wrong.extend(
        rig.gaps_as_of(last_read_at).await.into_iter().map(|gap| format!("never proved: {gap}")),
    );
    wrong
}

/// The calls that are missing although the ledger says of their time that it is covered.
pub(super) async fn lost_silently(rig: &Rig) -> Vec<Truth> {
    let (stored, gaps) = (rig.calls().await, rig.gaps().await);
    let is_open = |call: &Truth| {
        let at = Timestamp::from_millis(call.occurred_at);
        let around = Window::new(at - AROUND, at + AROUND);
        let around = around.expect("a span of hours is a window");
        gaps.iter().any(|gap| gap.from() < around.to() && around.from() < gap.to())
    };
    let truth = rig.truth().into_values().filter(|call| is_wanted(rig, call));
    truth.filter(|call| !stored.contains_key(&call.id) && !is_open(call)).collect()
}

/// Whether the examination says that something must be changed.
pub(super) async fn is_said_to_be_wrong(rig: &Rig) -> bool {
    let probes = engine::examine::examine(&rig.ctx, &rig.source).await;
    let probes = probes.expect("our own database works");
    probes.iter().any(|probe| probe.outcome == ProbeOutcome::Wrong)
}

/// Whether it lies in what was asked for: from the source's beginning to the lag.
fn is_wanted(rig: &Rig, call: &Truth) -> bool {
    let until = domain::Clock::now(&rig.clock) - rig.source.connection.capabilities().lag;
    let at = Timestamp::from_millis(call.occurred_at);
    rig.source.row.since <= at && at < until
}
