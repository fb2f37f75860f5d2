//! Whatever is true of a provider where its documentation is silent, no call is lost silently.

use std::sync::Arc;
use std::time::Duration;

use domain::{Timestamp, Window};
use providers::ProbeOutcome;
use simulators::Truth;
use testkit::{Rig, RigSettings, TestDb, of_every_provider};

/// Around the time a call has by one belief, it may lie by another.
const AROUND: Duration = Duration::from_hours(10);

/// The calls that are missing although the ledger says of their time that it is covered.
async fn lost_silently(rig: &Rig) -> Vec<String> {
    let (stored, gaps) = (rig.calls().await, rig.gaps().await);
    let is_open = |call: &Truth| {
        let at = Timestamp::from_millis(call.occurred_at);
        let around = Window::new(at - AROUND, at + AROUND).unwrap();
        gaps.iter().any(|gap| gap.from() < around.to() && around.from() < gap.to())
    };
    let truth = rig.truth().into_values();
    let lost = truth.filter(|call| !stored.contains_key(&call.id) && !is_open(call));
    lost.map(|call| call.id).collect()
}

/// Whether the examination says that something must be changed.
async fn is_said_to_be_wrong(rig: &Rig) -> bool {
    let probes = engine::examine::examine(&rig.ctx, &rig.source).await.unwrap();
    probes.iter().any(|probe| probe.outcome == ProbeOutcome::Wrong)
}

/// Reads a provider one of whose beliefs is turned round until its last tier, and answers what is
/// wrong with it.
async fn read_under(db: Arc<TestDb>, provider: &str, switch: &'static str) -> Vec<String> {
    let settings = RigSettings {
        calls: 60,
        days: 5,
        switch: Some(switch),
        name: switch,
        ..RigSettings::default()
    };
    let rig = Rig::set(db, provider, &settings).await;
    let mut reports = vec![rig.sync().await];
    // What no list shows, a second enumeration of yesterday may.
    let is_said = !lost_silently(&rig).await.is_empty() && is_said_to_be_wrong(&rig).await;
    for wait in [Duration::from_hours(25), Duration::from_hours(24 * 8)] {
        rig.clock.pass(wait);
        reports.push(rig.sync().await);
    }
    let lost = if is_said { Vec::new() } else { lost_silently(&rig).await };
    let mut wrong: Vec<String> = lost.iter().map(|id| format!("{id} is lost silently")).collect();
    let (stored, truth) = (rig.calls().await, rig.truth());
    let extra = stored.keys().filter(|id| !truth.contains_key(*id));
    wrong.extend(extra.map(|id| format!("{id} is stored, and there is no such call")));
    for report in reports.iter().filter(|report| !report.success && report.error.is_none()) {
        wrong.push(format!("no word why it is {:?}", report.status));
    }
    wrong
}

of_every_provider! {
    /// Each belief turned round, alone.
    async fn under_every_belief_no_call_is_lost_silently(db, provider) {
        let switches = simulators::switches(provider);
        assert!(!switches.is_empty());
        let mut found = Vec::new();
        for switch in switches {
            let wrong = read_under(Arc::clone(&db), provider, switch).await;
            found.extend(wrong.into_iter().map(|wrong| format!("{switch}: {wrong}")));
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
