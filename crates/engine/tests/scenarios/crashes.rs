//! Rows B6 and B10: a process that dies, a run that fails or is stopped, and what of it stays.

use std::sync::Arc;
use std::time::Duration;

use domain::RunStatus;
use engine::sync::{SyncOptions, sync};
use simulators::{On, What};
use testkit::{KilledAfter, Stage, on_both_databases};

use crate::keeping::{
    CALLS, assert_books_are_true, at_request, killed_at, let_leases_run_out, meanwhile, restarted,
    small_windows, sync_as,
};

on_both_databases! {
    /// B6: killed at its first request for calls, then at its second, and so on until one lives.
    async fn a_process_killed_at_any_request_loses_nothing_and_counts_nothing_twice(db) {
        let stage = Stage::set(db, small_windows(150)).await;
        let mut kills = 0;
        let last = loop {
            stage.simulator.faults().clear();
            let bell = at_request(&stage, kills + 1);
            let ended = killed_at(&bell, &restarted(&stage, kills), &stage).await;
            assert_books_are_true(&stage).await;
            if let Some(report) = ended {
                break report;
            }
            kills += 1;
            let_leases_run_out(&stage);
        };
        assert!(kills > 4, "only {kills} runs were killed");
        assert!(last.success, "{last:#?}");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(stage.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, 150);
    }

    /// B6: killed between any two steps, in the middle of transactions too.
    async fn a_process_killed_at_any_step_loses_nothing_and_counts_nothing_twice(db) {
        let stage = Stage::set(db, small_windows(150)).await;
        let (mut steps, mut kills) = (3, 0);
        let last = loop {
            let ctx = restarted(&stage, kills);
            let work = Box::pin(sync_as(&ctx, &stage));
            let ended = KilledAfter { steps, work }.await;
            assert_books_are_true(&stage).await;
            if let Some(report) = ended {
                break report.unwrap();
            }
            kills += 1;
            steps += 4;
            let_leases_run_out(&stage);
        };
        assert!(kills > 4, "only {kills} runs were killed");
        assert!(last.success, "{last:#?}");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(stage.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, 150);
    }

    /// A run nobody ended is ended by the next one, in words.
    async fn a_run_whose_process_was_killed_is_closed_by_the_next_with_a_sentence(db) {
        let stage = Stage::set(db, small_windows(100)).await;
        let bell = at_request(&stage, 6);
        assert!(killed_at(&bell, &restarted(&stage, 1), &stage).await.is_none());
        let killed = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!(killed.status, "in_progress");

        let report = sync_as(&restarted(&stage, 2), &stage).await.unwrap();
        assert!(report.success, "{report:#?}");
        let said = report.logs.iter().any(|line| line.message.contains("1 earlier run(s)"));
        assert!(said, "{:#?}", report.logs);
        let runs = stage.db.store.runs_list(None, 9).await.unwrap();
        let killed = runs.iter().find(|run| run.run_id == killed.run_id).unwrap();
        assert_eq!(killed.status, "failed");
        assert!(killed.finished_at.is_some());
        let error = killed.error.as_deref().unwrap();
        assert!(error.contains("stopped without saying why"), "{error}");
        assert!(killed.hint.as_deref().unwrap().contains("the next run reads the rest"));
        killed.accounts().balance().unwrap();
    }

    /// B10: the provider fails for good in the middle; what came before stays, and the ledger
    /// says exactly what is left.
    async fn a_run_that_fails_keeps_its_good_pages_and_names_what_is_left(db) {
        let stage = Stage::set(db, small_windows(200)).await;
        let broken = What::status(500, "{}");
        stage.simulator.faults().add(On::path(CALLS).from_nth(24).forever().gives(broken));
        let report = stage.sync().await;
        assert!(!report.success);
        assert_eq!(report.status, RunStatus::Partial, "{report:#?}");
        assert!(report.error.is_some());
        report.accounts().balance().unwrap();
        let kept = stage.calls().await.len() as u64;
        assert!((10..200).contains(&kept), "{kept} calls were kept");
        assert_eq!(kept, report.new);
        assert_books_are_true(&stage).await;
        let gaps = stage.gaps().await;
        assert!(!gaps.is_empty());
        let is_left = |at| gaps.iter().any(|gap| gap.contains(domain::Timestamp::from_millis(at)));
        let ours = stage.calls().await;
        let lacking = stage.truth().into_values().filter(|call| !ours.contains_key(&call.id));
        assert!(lacking.into_iter().all(|call| is_left(call.created_at)));

        stage.simulator.faults().clear();
        let again = stage.sync().await;
        assert!(again.success, "{again:#?}");
        assert_eq!(again.new, 200 - kept);
        assert!(again.windows_planned < report.windows_planned, "only what is left is read");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
    }

    /// Ctrl-C: the run ends, says so, keeps what it has, and the next one goes on.
    async fn a_run_that_is_stopped_says_so_and_is_gone_on_with(db) {
        let stage = Stage::set(db, small_windows(200)).await;
        let options = SyncOptions::manual();
        let stop = options.stop.clone();
        let run = stage.sync_with(options);
        let report = meanwhile(&stage, 12, run, async { stop.cancel() }).await;
        assert!(report.was_cancelled && !report.success);
        assert_eq!(report.status, RunStatus::Partial, "{report:#?}");
        assert!(report.error.is_none(), "being stopped is no error: {report:#?}");
        let said = &report.logs.last().unwrap().message;
        assert!(said.starts_with("[COMPLETE] Stopped on request; what was read is kept"), "{said}");
        report.accounts().balance().unwrap();
        assert_eq!(stage.calls().await.len() as u64, report.new);
        assert!(report.new > 0);
        assert_books_are_true(&stage).await;

        stage.simulator.faults().clear();
        let began = stage.ctx.now();
        let again = stage.sync().await;
        assert!(again.success, "{again:#?}");
        assert_eq!(stage.ctx.now().since(began), Duration::ZERO, "a stopped run gives its lease back");
        assert_eq!(again.new, 200 - report.new);
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
    }

    /// Stopped before it began: nothing was asked for, nothing is claimed.
    async fn a_run_stopped_before_its_first_page_proves_nothing(db) {
        let stage = Stage::set(Arc::clone(&db), small_windows(60)).await;
        let options = SyncOptions::manual();
        options.stop.cancel();
        let report = sync(&stage.ctx, &stage.source, options).await.unwrap();
        assert!(report.was_cancelled && !report.success);
        assert_eq!(report.status, RunStatus::Failed);
        assert_eq!(db.number("SELECT COUNT(*) FROM coverage").await, 0);
        assert!(stage.sync().await.success);
        stage.assert_equals_truth().await;
    }
}
