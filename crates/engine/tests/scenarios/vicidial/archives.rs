//! Rows that move to archives while they are read (A21).

use std::sync::Arc;
use std::time::Duration;

use domain::{Country, ProviderCallId};
use providers::{ProbeOutcome, parts};
use simulators::vicidial::{Act, Settings};
use testkit::{RigSettings, on_both_databases};

use super::{HOUR, READS_LOG, Scene, small};

on_both_databases! {
    /// Rows that only the archive has are calls like others.
    async fn archived_rows_are_read(db) {
        let scene = Scene::set(db).await;
        scene.cluster.archive(scene.ago(48 * HOUR));
        scene.read_whole().await;
        scene.cluster.archive(scene.ago(0));
        let report = scene.rig.sync_all().await;
        assert_eq!((report.success, report.new), (true, 0), "{report:#?}");
    }

    /// The archiver moves everything between two statements of one slice.
    async fn rows_that_are_archived_while_they_are_read_are_read(db) {
        let scene = Scene::set(db).await;
        let (cluster, before) = (Arc::downgrade(&scene.cluster), scene.ago(0));
        let archive = move || {
            if let Some(cluster) = cluster.upgrade() {
                cluster.archive(before);
            }
        };
        scene.cluster.on(READS_LOG, 4, 1, Act::First(Box::new(archive)));
        scene.read_whole().await;
        let left = scene.cluster.run("SELECT COUNT(*) FROM vicidial_log").unwrap();
        assert_eq!(left[0][0].as_deref(), Some("0"), "the archiver never came");
    }

    /// A row is copied while its call goes on, and the copy never changes.
    async fn a_frozen_copy_never_wins(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.begin(scene.ago(HOUR), 5000);
        scene.cluster.copy_to_archive();
        scene.cluster.hang_up(&id, 300, "SALE");
        scene.read_whole().await;
        assert_eq!(scene.rig.calls().await[&id].status, "completed");
        let held = scene.record(&id).await.unwrap();

        // The live row goes, and with it the final status; what is held of it stays.
        scene.cluster.archive(scene.ago(0));
        let seen = scene.record(&id).await.unwrap();
        let kept = parts::merge(&held, seen.into());
        let call = scene.rig.source.connection.normalise(&kept, Country::US).unwrap();
        assert_eq!(call.status.as_str(), "completed");
        assert_eq!(call.duration, Some(Duration::from_mins(5)));
    }

    /// A call is read while it goes on, ends, and is moved to the archive before it is read again:
    /// what is held of it is older than what the archive has.
    async fn a_call_archived_before_its_end_was_read_gets_its_ending(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.begin(scene.ago(HOUR), 5000);
        assert!(scene.rig.sync().await.success);
        assert_eq!(scene.rig.calls().await[&id].status, "in_progress");
        scene.cluster.hang_up(&id, 300, "SALE");
        scene.cluster.archive(scene.ago(0));
        assert!(scene.rig.sync_all().await.success);
        let call = &scene.rig.calls().await[&id];
        assert_eq!((call.status.as_str(), call.duration_ms), ("completed", Some(300_000)));
        scene.rig.assert_equals_truth().await;
    }

    /// An archive that our user may not see looks like one that is not there: nothing that may lie
    /// in it is proved, no call is taken for gone, and once it can be seen the next run reads it.
    async fn an_archive_nobody_lets_us_see_proves_nothing(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let moved = scene.cluster.ids_of("vicidial_log").remove(0);
        scene.cluster.archive(scene.ago(24 * HOUR));
        scene.cluster.hide(&["vicidial_log_archive"]);
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
        assert!(report.error.unwrap().contains("vicidial_log_archive"));
        assert!(!scene.rig.calls().await.contains_key(&moved));
        let probe = scene.probe("tables").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        assert!(probe.sentence.contains("vicidial_log_archive"), "{probe:?}");
        let asked = scene.rig.source.connection.record(&ProviderCallId(moved)).await;
        assert!(asked.is_err_and(|error| error.needs_operator()), "it is not gone, it is unseen");

        scene.cluster.show("vicidial_log_archive");
        scene.read_whole().await;
        assert_eq!(scene.probe("tables").await.outcome, ProbeOutcome::Right);
    }

    /// The archiver says until when it has moved everything: what is younger lies in no archive.
    async fn what_is_younger_than_the_archives_is_proved_without_them(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let before = scene.ago(48 * HOUR);
        scene.cluster.archive(before);
        scene.cluster.note_archived(before);
        scene.cluster.hide(&["vicidial_log_archive", "vicidial_closer_log_archive"]);
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved > 0, "{report:#?}");
        let gaps = scene.rig.gaps().await;
        let is_old = |gap: &domain::Window| gap.from().as_millis() < before * 1000;
        assert!(!gaps.is_empty() && gaps.iter().all(is_old), "{gaps:?}");
    }

    /// An operator knows that nothing was ever archived.
    async fn archives_that_are_said_not_to_be_are_not_missed(db) {
        let keys = vec![("archives", "false".to_owned())];
        let scene =
            Scene::set_with(db, Settings::default(), RigSettings { keys, ..small() }).await;
        scene.cluster.hide(&["vicidial_log_archive", "vicidial_did_log_archive"]);
        scene.read_whole().await;
        assert_eq!(scene.probe("tables").await.outcome, ProbeOutcome::Right);
    }

    /// Inbound calls that reached no queue are in one table alone, and it may not be seen.
    async fn a_table_of_inbound_calls_nobody_lets_us_see_proves_nothing(db) {
        let hidden = ["vicidial_did_log", "vicidial_did_log_archive"];
        let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
        scene.cluster.hide(&hidden);
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
        assert_eq!(scene.probe("tables").await.outcome, ProbeOutcome::Wrong);
        for table in hidden {
            scene.cluster.show(table);
        }
        scene.read_whole().await;

        // Whoever wants no such calls need not let us see them.
        let keys = vec![("did_calls", "false".to_owned())];
        let settings = RigSettings { keys, name: "without", ..small() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        scene.cluster.hide(&hidden);
        assert!(scene.rig.sync().await.success);
        assert_eq!(scene.rig.gaps().await, []);
    }
}
