//! Rows that move to archives while they are read (A21).

use std::sync::Arc;
use std::time::Duration;

use domain::Country;
use providers::parts;
use simulators::vicidial::{Act, Settings};
use testkit::on_both_databases;

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
}
