//! What is written at the provider after a call was read, however old the call is (A1, A13, A18).

use std::sync::Arc;

use simulators::highlevel_conversations::Settings;
use testkit::{RigSettings, TestDb, on_both_databases};

use super::{Scene, ended, quiet, scene, scene_of};
use crate::play::{DAY, HOUR, MINUTE};

/// More calls than twenty pages hold, read once.
async fn many_calls(db: Arc<TestDb>) -> Scene {
    let settings = RigSettings { calls: 320, ..RigSettings::default() };
    let scene = scene_of(db, quiet(), settings, |_, _| ()).await;
    scene.read_whole().await;
    scene
}

/// Changes so many calls, the oldest first; all are older than whatever is read again by itself.
fn change_oldest(scene: &Scene, calls: usize) {
    let mut all: Vec<_> = scene.rig.truth().into_values().collect();
    all.sort_by_key(|call| call.occurred_at);
    for call in &all[..calls] {
        assert!(scene.rig.provider.change(&call.id));
    }
}

fn asked_for_changes(scene: &Scene) -> usize {
    let requests = scene.rig.provider.requests();
    requests.iter().filter(|it| it.query.contains("sortBy=updatedAt")).count()
}

on_both_databases! {
    /// Somebody edits 250 old calls at once, which is 25 pages of changes.
    async fn however_many_calls_change_the_next_run_has_them_all(db) {
        let scene = many_calls(db).await;
        scene.rig.clock.pass(HOUR);
        change_oldest(&scene, 250);
        let report = scene.read_whole().await;
        // A few more have their words by now.
        assert_eq!(report.new, 0, "{report:#?}");
        assert!(report.updated >= 250, "{report:#?}");
        let changed = scene.rig.calls().await.into_values().filter(|call| call.version > 1);
        assert!(changed.count() >= 250);
    }

    /// A first load reads everything, so there is no change to look for.
    async fn a_first_load_looks_for_no_changes(db) {
        let scene = many_calls(db).await;
        assert_eq!(asked_for_changes(&scene), 0);
        scene.rig.clock.pass(HOUR);
        scene.read_whole().await;
        assert_eq!(asked_for_changes(&scene), 1, "one page reaches what is known");
    }

    /// A run that reaches its bound says so, proves nothing newer, and a later run goes all the
    /// way.
    async fn more_changes_than_one_run_reads_are_said_and_keep_the_position(db) {
        let scene = many_calls(db).await;
        scene.rig.clock.pass(HOUR);
        change_oldest(&scene, 45);
        let bounded = scene.told(|told| told.changes_pages_max = 3);
        let report = scene.read(&bounded).await;
        ended(&report, &["3 pages", "Set `changes_pages_max` higher"]);
        assert!(!scene.rig.gaps().await.is_empty());
        let report = scene.read_whole().await;
        assert_eq!(report.updated, 15, "thirty of them were kept before");
    }

    /// A call is edited in the first days of an outage that is longer than any window.
    async fn changes_of_a_long_outage_are_read_to_its_beginning(db) {
        let scene = scene(db, quiet(), |_, _| ()).await;
        scene.read_whole().await;
        let old = scene.rig.truth().into_values().min_by_key(|call| call.occurred_at).unwrap();
        let before = scene.rig.calls().await[&old.id].version;
        scene.rig.clock.pass(DAY);
        assert!(scene.rig.provider.change(&old.id));
        scene.rig.clock.pass(DAY * 40);
        let report = scene.read_whole().await;
        assert!(report.windows_planned > 1, "{report:#?}");
        assert_eq!(scene.rig.calls().await[&old.id].version, before + 1);
    }

    /// A call is put in with an old date, and is indexed only after a run has proved what came later.
    async fn what_is_indexed_late_is_found_by_the_overlap(db) {
        let settings = Settings { written_after_seconds: 3600, ..quiet() };
        let scene = scene(db, settings, |_, _| ()).await;
        scene.read_whole().await;
        scene.rig.clock.pass(HOUR);
        let late = scene.rig.provider.add((scene.settings.now - DAY * 12).as_millis());
        scene.rig.clock.pass(MINUTE * 30);
        assert!(scene.rig.sync().await.success);
        assert!(!scene.rig.calls().await.contains_key(&late), "it is not indexed yet");
        scene.rig.clock.pass(HOUR);
        let report = scene.rig.sync().await;
        assert!(report.success && scene.rig.calls().await.contains_key(&late), "{report:#?}");
        scene.rig.assert_equals_truth().await;
    }

    /// An order that is ignored shows once a call that is not the newest was written last.
    async fn an_order_that_is_ignored_proves_no_changes(db) {
        let settings = Settings { ignored_parameters: vec!["sortBy".to_owned()], ..quiet() };
        let scene = scene(db, settings, |_, _| ()).await;
        scene.read_whole().await;
        let mut calls: Vec<_> = scene.rig.truth().into_values().collect();
        calls.sort_by_key(|call| call.occurred_at);
        scene.rig.clock.pass(HOUR);
        assert!(scene.rig.provider.change(&calls[calls.len() - 3].id));
        scene.rig.clock.pass(HOUR);
        let report = scene.rig.sync().await;
        ended(&report, &["in the order of last writing", "`reads_changes`"]);
        let told = scene.told(|told| told.reads_changes = false);
        let report = scene.read(&told).await;
        assert!(report.success, "{report:#?}");
    }
}
