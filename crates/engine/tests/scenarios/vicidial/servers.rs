//! A server that is locked, cut off, behind, or closed to us (A15, A24, A29).

use std::sync::Arc;
use std::time::Duration;

use domain::{RunStatus, Window};
use providers::ProbeOutcome;
use simulators::vicidial::{Act, Settings};
use testkit::{RigSettings, on_both_databases};

use super::{HOUR, READS_LOG, Scene, small};

on_both_databases! {
    /// Locks that are waited for, statements broken off, lines cut: the same slice again, or less.
    async fn locks_and_cut_lines_lose_nothing(db) {
        let scene = Scene::set(db).await;
        scene.cluster.on(READS_LOG, 1, 2, Act::Refuse(1205));
        scene.cluster.on("FROM `vicidial_list`", 0, 1, Act::Refuse(1969));
        scene.cluster.on(READS_LOG, 5, 2, Act::Cut);
        scene.cluster.on("FROM `vicidial_log_archive`", 2, 1, Act::Refuse(2013));
        scene.read_whole().await;
    }

    /// A table that stays locked is a gap, and then healed.
    async fn a_locked_table_is_a_gap_and_then_healed(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.on(READS_LOG, 0, 40, Act::Refuse(1205));
        let report = scene.rig.sync().await;
        assert!(!report.success, "{report:#?}");
        assert!(!scene.rig.gaps().await.is_empty());
        let mut runs = 0;
        while !scene.rig.sync().await.success {
            runs += 1;
            assert!(runs < 20, "the lock is gone, and reading does not come to an end");
        }
        scene.rig.assert_equals_truth().await;
    }

    /// A right that is taken away is no empty list.
    async fn a_revoked_right_is_not_an_empty_list(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.revoke();
        let report = scene.rig.sync().await;
        assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
        assert!(report.error.unwrap().contains("GRANT SELECT"));
        assert!(!scene.rig.gaps().await.is_empty());
    }

    /// What a replica has not applied yet it cannot list: nothing of it is proved empty, and it is
    /// read once the replica has caught up.
    async fn a_lagging_replica_proves_no_empty_window(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(Some(7200));
        let asked_at = scene.rig.ctx.now();
        let report = scene.rig.sync().await;
        assert!(report.success, "{report:#?}");
        let probe = scene.probe("replica").await;
        assert!(probe.sentence.contains("7200 s behind"), "{probe:?}");
        let proved_until = asked_at - Duration::from_hours(2) - Duration::from_mins(15);
        let ledger = scene.rig.db.store.coverage_load(scene.rig.source.row.id).await.unwrap();
        let young = Window::new(proved_until + Duration::from_secs(1), asked_at).unwrap();
        assert_eq!(ledger.gaps(young), [young], "what the replica lacks counts as proved");

        // Now it applies what happened an hour ago.
        let late = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.cluster.follow(Some(0));
        let report = scene.rig.sync().await;
        assert!(report.success && scene.rig.calls().await.contains_key(&late), "{report:#?}");
        scene.rig.assert_equals_truth().await;
    }

    /// Replication that has stopped says no number: nothing is proved, whatever is asked for.
    async fn a_stopped_replica_proves_nothing(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(None);
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
        assert_eq!(scene.probe("replica").await.outcome, ProbeOutcome::Wrong);
        assert!(!scene.rig.gaps().await.is_empty());
        scene.cluster.follow(Some(0));
        scene.read_whole().await;
    }

    /// A server that may be written to and does not tell our user whether it follows another may be
    /// an hour behind: what is as young is not proved, and what comes late is found.
    async fn a_server_that_tells_nothing_is_taken_to_be_behind(db) {
        let keys = vec![("is_primary", "false".to_owned())];
        let scene =
            Scene::set_with(db, Settings::default(), RigSettings { keys, ..small() }).await;
        for question in ["SLAVE STATUS", "SLAVES STATUS", "REPLICA STATUS"] {
            scene.cluster.on(question, 0, usize::MAX, Act::Refuse(1227));
        }
        let may_be_written_to = "SELECT 0".to_owned();
        scene.cluster.on("read_only", 0, usize::MAX, Act::Instead(may_be_written_to));
        let (asked_at, behind) = (scene.rig.ctx.now(), scene.ago(50 * 60));
        let report = scene.rig.sync().await;
        assert!(report.success, "{report:#?}");
        let probe = scene.probe("replica").await;
        assert_eq!(probe.outcome, ProbeOutcome::Notable, "{probe:?}");
        let proved_until = asked_at - Duration::from_mins(75);
        let ledger = scene.rig.db.store.coverage_load(scene.rig.source.row.id).await.unwrap();
        let young = Window::new(proved_until + Duration::from_secs(1), asked_at).unwrap();
        assert_eq!(ledger.gaps(young), [young], "what the server may lack counts as proved");

        // It applies a call of that time an hour late.
        scene.rig.clock.pass(Duration::from_mins(10));
        let late = scene.cluster.dial(behind, 5000);
        scene.rig.clock.pass(Duration::from_mins(90));
        let report = scene.rig.sync().await;
        assert!(report.success && scene.rig.calls().await.contains_key(&late), "{report:#?}");
        scene.rig.assert_equals_truth().await;
    }

    /// A replica that stops in the middle of a window has not proved it.
    async fn a_replica_that_stops_while_it_is_read_proves_nothing(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(Some(0));
        let stopped = "SELECT NULL AS Seconds_Behind_Master";
        // Asked when the run begins, before its first window, and then after it.
        scene.cluster.on("SHOW ALL SLAVES STATUS", 2, usize::MAX, Act::Instead(stopped.to_owned()));
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
    }

    /// Another program locks a table for a minute: everybody waits, the server breaks statements
    /// off, and nothing is lost.
    async fn a_table_locked_for_a_minute_loses_nothing(db) {
        for code in [1969, 1205, 2013] {
            let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
            let clock = scene.rig.clock.clone();
            let opens_at = scene.rig.ctx.now() + Duration::from_mins(1);
            let holds = move || {
                // Each statement waits until the server breaks it off.
                clock.pass(Duration::from_secs(5));
                domain::Clock::now(&clock) < opens_at
            };
            scene.cluster.on("FROM `vicidial_log`", 0, usize::MAX, Act::While(Box::new(holds), code));
            let mut runs = 0;
            while !scene.rig.sync().await.success {
                runs += 1;
                assert!(runs < 20, "the lock is gone, and reading does not come to an end");
            }
            scene.rig.assert_equals_truth().await;
        }
    }
}
