//! The schedule at work, on a clock that moves when somebody waits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, RunStatus, Timestamp};
use engine::Context;
use engine::sync::RunReport;
use engine::worker::{Happened, Scheduled, WorkerSettings, work};
use simulators::NewCall;
use simulators::faults::{On, What};
use testkit::{Stage, on_both_databases};
use tokio_util::sync::CancellationToken;

use crate::play::*;

const EVERY: Duration = Duration::from_mins(5);

/// Lets the schedule work until `count` runs have ended. Between runs, `meanwhile` happens.
async fn scheduled(
    stage: &Stage,
    ctx: &Context,
    settings: WorkerSettings,
    count: usize,
    meanwhile: impl Fn(usize) + Send + Sync + 'static,
) -> Vec<RunReport> {
    let stop = CancellationToken::new();
    let source = Scheduled { source: stage.source.clone(), every: EVERY };
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (kept, stopping) = (Arc::clone(&reports), stop.clone());
    let tell = move |happened| {
        let Happened::Ran { report, .. } = happened else { panic!("{happened:?}") };
        let mut reports = kept.lock().unwrap();
        reports.push(*report);
        meanwhile(reports.len());
        if reports.len() == count {
            stopping.cancel();
        }
    };
    work(ctx, vec![source], &settings, stop, Arc::new(tell)).await;
    std::mem::take(&mut reports.lock().unwrap())
}

/// When each run began, in minutes after the first.
async fn beginnings(stage: &Stage) -> Vec<u64> {
    let mut runs = stage.db.store.runs_list(Some(stage.source.row.id), 99).await.unwrap();
    runs.reverse();
    let at = |millis| Timestamp::from_millis(millis);
    let first = at(runs[0].started_at);
    runs.iter().map(|run| at(run.started_at).since(first).as_secs() / 60).collect()
}

on_both_databases! {
    /// New calls come by themselves, every five minutes.
    async fn a_source_is_read_at_its_interval_and_new_calls_come_by_themselves(db) {
        let stage = Arc::new(stage(db, |_| {}).await);
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let here = Arc::clone(&stage);
        let reports = scheduled(&stage, &stage.ctx, settings, 4, move |_| {
            let now = here.clock.now().as_millis();
            here.simulator.mutate(|world| world.insert(NewCall::at(now - 1000)));
        }).await;
        assert!(reports.iter().all(|report| report.success), "{reports:#?}");
        assert_eq!(beginnings(&stage).await, [0, 5, 10, 15]);
        assert_eq!(reports[0].new, CALLS as u64);
        // What is younger than the provider's lag comes with a later run.
        assert!(reports[1..].iter().map(|report| report.new).sum::<u64>() >= 1);
        let kinds = stage.db.store.runs_list(None, 9).await.unwrap();
        assert!(kinds.iter().all(|run| run.kind == "auto"));
    }

    /// A long history is read in pieces, the newest first, without a pause between them.
    async fn history_is_read_in_bounded_runs_and_at_once(db) {
        let stage = Arc::new(stage(db, |it| it.world.days = 90).await);
        let settings = WorkerSettings { windows_max: 1, ..WorkerSettings::default() };
        let reports = scheduled(&stage, &stage.ctx, settings, 12, |_| {}).await;
        let left: Vec<u64> = reports.iter().map(|report| report.windows_left).collect();
        let pieces = left.iter().position(|left| *left == 0).unwrap() + 1;
        assert!(pieces > 2, "one window a run: {left:?}");
        assert!(left[..pieces].windows(2).all(|two| two[1] + 1 == two[0]), "{left:?}");
        assert!(reports.iter().all(|report| report.windows_planned <= 1), "{reports:#?}");
        // All of them at once, and the next one after the interval.
        assert_eq!(beginnings(&stage).await[..=pieces], [vec![0; pieces], vec![5]].concat());
        stage.assert_equals_truth().await;
    }

    /// A provider that is away is asked again soon, then less often; then all is well (A27).
    async fn failed_runs_are_tried_again_at_growing_intervals(db) {
        let stage = Arc::new(stage(db, |it| it.tuning.retry.attempts_max = 1).await);
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let here = Arc::clone(&stage);
        let reports = scheduled(&stage, &stage.ctx, settings, 5, move |ended| {
            if ended == 3 {
                here.simulator.faults().clear();
            }
        }).await;
        let statuses: Vec<_> = reports.iter().map(|report| report.status).collect();
        let (failed, fine) = (RunStatus::Failed, RunStatus::Success);
        assert_eq!(statuses, [failed, failed, failed, fine, fine]);
        assert_eq!(beginnings(&stage).await, [0, 1, 3, 7, 12]);
        stage.assert_equals_truth().await;
    }

    /// A provider that refuses us is left alone for hours, and a restart tries at once.
    async fn a_refusal_that_only_a_person_can_mend_stops_the_asking(db) {
        let stage = Arc::new(stage(db, |_| {}).await);
        let no = r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::status(401, no)));
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let reports = scheduled(&stage, &stage.ctx, settings.clone(), 2, |_| {}).await;
        assert!(reports.iter().all(|report| report.needs_person), "{reports:#?}");
        assert_eq!(beginnings(&stage).await, [0, 360]);
        // Its gap stays visible, and what to change is said.
        assert!(!stage.gaps().await.is_empty());
        let last = stage.db.store.runs_list(None, 1).await.unwrap().pop().unwrap();
        assert!(last.error.is_some_and(|error| error.contains("Make a new private")));
        stage.simulator.faults().clear();
        let again = scheduled(&stage, &stage.ctx, settings, 1, |_| {}).await;
        assert!(again[0].success);
        assert_eq!(beginnings(&stage).await, [0, 360, 360]);
    }
}
