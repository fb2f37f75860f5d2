//! Row B9: rows the database refuses cost themselves and nothing else, and are never forgotten.

use domain::RunStatus;
use engine::sync::RunReport;
use testkit::{Stage, on_both_databases};

use crate::keeping::{assert_books_are_true, assert_ledger_is_true, small_windows};

on_both_databases! {
    /// B9: one bad row is one failed record.
    async fn a_refused_call_is_counted_as_failed_and_all_others_are_stored(db) {
        one_refused_row_costs_one_row(Stage::set(db, small_windows(120)).await, "calls").await;
    }

    /// B9: a call whose record cannot be kept is not kept either: both or neither.
    async fn a_refused_observation_is_counted_as_failed_and_all_others_are_stored(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        one_refused_row_costs_one_row(stage, "observations").await;
    }

    /// B9: an update that was refused lies in a window that was proved long ago; the proof no
    /// longer holds, so the window is read again without anybody asking.
    async fn a_refused_update_of_a_settled_call_is_not_forgotten(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        assert!(stage.sync().await.success);
        let id = middle(&stage);
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration = 4711));
        stage.db.refuse_call("observations", &id).await;
        let report = stage.sync_all().await;
        assert_failed_once(&report);
        assert_eq!(report.unchanged, 119);
        let gaps = stage.gaps().await;
        assert_eq!(gaps.len(), 1, "{gaps:?}");

        stage.db.stop_refusing("observations").await;
        let healed = stage.sync().await;
        assert!(healed.success, "{healed:#?}");
        assert_eq!(healed.updated, 1);
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_books_are_true(&stage).await;
    }

    /// B9: while the record of one call is refused, the disk fills up at the next one. The run
    /// still ends with accounts that balance.
    async fn a_full_disk_while_a_bad_row_is_being_isolated_ends_the_run_in_words(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let ids: Vec<String> = stage.truth().into_keys().collect();
        stage.db.refuse_call("calls", &ids[60]).await;
        stage.db.fill_up_at("calls", &ids[61]).await;
        let failed = crate::keeping::sync_as(&stage.ctx, &stage).await.unwrap_err();
        assert!(failed.to_string().contains("no room left"), "{failed}");
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!(run.status, "failed", "{run:?}");
        assert!(run.error.as_deref().unwrap().contains("no room left"), "{run:?}");
        run.accounts().balance().unwrap();
        assert_books_are_true(&stage).await;

        stage.db.stop_refusing("calls").await;
        stage.db.free_up("calls").await;
        let healed = stage.sync().await;
        assert!(healed.success, "{healed:#?}");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
    }
}

async fn one_refused_row_costs_one_row(stage: Stage, table: &str) {
    let id = middle(&stage);
    stage.db.refuse_call(table, &id).await;
    let report = stage.sync().await;
    assert_failed_once(&report);
    assert_eq!((report.status, report.new), (RunStatus::Partial, 119));
    let named = report.logs.iter().find(|line| line.level == "error" && line.message.contains(&id));
    assert!(named.is_some(), "no line names {id}: {:#?}", report.logs);
    let ours = stage.calls().await;
    assert_eq!((ours.len(), ours.contains_key(&id)), (119, false));
    assert_books_are_true(&stage).await;
    assert_only_window_of(&stage, &id).await;

    // Nothing was mended: the next run fails just so, and still doubles nothing.
    let again = stage.sync().await;
    assert_failed_once(&again);
    assert_eq!(again.new, 0);
    assert_books_are_true(&stage).await;

    stage.db.stop_refusing(table).await;
    let healed = stage.sync().await;
    assert!(healed.success, "{healed:#?}");
    assert_eq!(healed.new, 1);
    stage.assert_equals_truth().await;
    stage.assert_no_gaps().await;
    assert_books_are_true(&stage).await;
}

fn assert_failed_once(report: &RunReport) {
    assert!(!report.success, "{report:#?}");
    assert_eq!(report.error_count, 1);
    assert_eq!(report.accounts().failed, 1);
    report.accounts().balance().unwrap();
}

/// The one thing that is not proved is the window of the refused call.
async fn assert_only_window_of(stage: &Stage, id: &str) {
    assert_ledger_is_true(stage).await;
    let at = domain::Timestamp::from_millis(stage.truth()[id].created_at);
    let gaps = stage.gaps().await;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].contains(at), "{gaps:?} without {at}");
    assert!(gaps[0].length().as_secs() <= 3 * 86_400, "{gaps:?}");
}

fn middle(stage: &Stage) -> String {
    let ids: Vec<String> = stage.truth().into_keys().collect();
    ids[ids.len() / 2].clone()
}
