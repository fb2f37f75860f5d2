//! Repairing what a comparison found: as few requests as bring it, and compared again.

use engine::compare::{CompareOptions, CompareReport, compare_and_repair};
use testkit::{Stage, on_both_databases};

use super::{causes, lose};
use crate::play::*;

/// Compares all of the history, repairs, and compares again.
async fn repaired(stage: &Stage) -> CompareReport {
    let window = domain::Window::new(stage.source.row.since, stage.ctx.now()).ok();
    let options = CompareOptions { window, ..CompareOptions::default() };
    let report = compare_and_repair(&stage.ctx, &stage.source, options).await.unwrap();
    assert!(report.balances(), "{report:#?}");
    report
}

/// How often a single call was asked for.
fn asked_by_id(stage: &Stage) -> usize {
    let is_one = |path: &str| path.contains("/call-logs/");
    stage.simulator.requests().iter().filter(|request| is_one(&request.path)).count()
}

on_both_databases! {
    /// Calls that are gone here and one that changed there are asked for by their ids, each once;
    /// then nothing is missing, and the report has before and after.
    async fn calls_are_repaired_by_their_ids(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        lose(&stage, 2).await;
        let kept = stage.calls().await.into_keys().next_back().unwrap();
        stage.simulator.mutate(|world| world.edit(&kept, |call| call.duration += 40));
        let asked = asked_by_id(&stage);
        let report = repaired(&stage).await;
        assert_eq!(asked_by_id(&stage) - asked, 3, "each call once");
        let repair = report.repair.as_ref().unwrap();
        assert_eq!((repair.calls_asked_for, repair.windows_read, repair.left), (3, 0, 0));
        assert_eq!(repair.before.reason_breakdown["filtering_or_sync_issue"], 2);
        assert_eq!((repair.runs[0].new, repair.runs[0].updated), (2, 1));
        assert_eq!((causes(&report), report.summary.differing), (String::new(), 0));
        stage.assert_equals_truth().await;
        let kept = stage.db.store.run_get(report.sync_log_id).await.unwrap().unwrap();
        assert!(kept.response.unwrap().contains("\"before\""));
        let by = stage.db.store.run_get(repair.runs[0].sync_log_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(by.kind, "repair");
    }

    /// Where the ledger lacks a window, the window is read, and the gap is gone with the calls.
    async fn a_window_nobody_read_is_read(db) {
        let stage = stage(db, |_| {}).await;
        let report = repaired(&stage).await;
        let repair = report.repair.as_ref().unwrap();
        assert_eq!(repair.before.reason_breakdown["window_not_fetched"], CALLS as u64);
        assert!(repair.windows_read > 0 && repair.calls_asked_for == 0);
        assert_eq!(causes(&report), "");
        stage.assert_equals_truth().await;
    }

    /// Doing it twice is doing it once: where nothing is to be repaired, nothing is read.
    async fn repairing_again_reads_nothing(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        lose(&stage, 2).await;
        repaired(&stage).await;
        let runs = stage.db.store.runs_list(None, 100).await.unwrap().len();
        let again = repaired(&stage).await;
        assert!(again.repair.unwrap().runs.is_empty());
        let now = stage.db.store.runs_list(None, 100).await.unwrap();
        assert_eq!(now.len(), runs + 1, "one comparison and nothing else");
    }

    /// What reading cannot bring says why.
    async fn what_cannot_be_repaired_says_why(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let id = stage.truth().into_keys().next().unwrap();
        assert!(stage.simulator.mutate(|world| world.delete(&id)));
        let report = repaired(&stage).await;
        let left = &report.repair.as_ref().unwrap().not_repaired;
        assert_eq!((left[0].reason, left[0].calls), ("lost_at_provider", 1));
        assert!(left[0].why.contains("nothing that could be read"));
        assert!(stage.calls().await.contains_key(&id), "it stays here");
    }
}
