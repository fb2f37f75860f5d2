//! An ending never goes back, and what contradicts it stays visible (B4, B5).

use domain::ProviderCallId;
use engine::view::versions;
use simulators::vicidial::Settings;
use store::{CallFilter, CallKey, Scope};
use testkit::on_both_databases;

use super::{HOUR, Scene, small};

/// A call that has ended, and is read.
async fn ended(db: std::sync::Arc<testkit::TestDb>) -> (Scene, String) {
    let scene = Scene::set_with(db, Settings::default(), small()).await;
    let id = scene.cluster.begin(scene.ago(HOUR), 5000);
    scene.cluster.hang_up(&id, 90, "NA");
    scene.read_whole().await;
    let call = &scene.rig.calls().await[&id];
    assert_eq!((call.status.as_str(), call.duration_ms), ("no_answer", Some(90_000)));
    (scene, id)
}

async fn in_conflict(scene: &Scene) -> Vec<String> {
    let (store, source) = (&scene.rig.db.store, scene.rig.source.row.id);
    let filter = CallFilter { is_in_conflict: true, ..CallFilter::default() };
    let calls = store.calls_list(Scope::Operator, &filter, 99).await.unwrap();
    let count = store.calls_in_conflict(Scope::Operator, source).await.unwrap();
    assert_eq!(count, calls.len() as i64);
    calls.into_iter().map(|call| call.provider_call_id).collect()
}

on_both_databases! {
    /// A page from before the call ended comes after it: nothing the call holds is overwritten, the
    /// older record is kept as an observation, and the contradiction is shown until it is gone.
    async fn an_older_observation_never_overwrites_an_ending(db) {
        let (scene, id) = ended(db).await;
        let held = scene.rig.calls().await[&id].clone();
        scene.cluster.set(&id, "status = 'INCALL', end_epoch = NULL, length_in_sec = NULL");
        let report = scene.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 1), "{report:#?}");
        let call = scene.rig.calls().await[&id].clone();
        assert_eq!((&call.status, call.duration_ms), (&held.status, held.duration_ms));
        assert_eq!((&call.placement, &call.reason), (&held.placement, &held.reason));
        assert_eq!((call.status_heard.as_deref(), call.version), (Some("in_progress"), 2));
        let key = CallKey { source: scene.rig.source.row.id, id: ProviderCallId(id.clone()) };
        let kept = versions(&scene.rig.db.store, Scope::Operator, &key).await.unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(in_conflict(&scene).await, std::slice::from_ref(&id));

        // Hearing it again is nothing new.
        let again = scene.rig.sync_all().await;
        assert_eq!((again.new, again.updated), (0, 0), "{again:#?}");
        // The provider says what it had said, and contradicts itself no more.
        scene.cluster.hang_up(&id, 90, "NA");
        assert_eq!(scene.rig.sync_all().await.updated, 1);
        let call = scene.rig.calls().await[&id].clone();
        assert_eq!((&call.status, call.status_heard), (&held.status, None));
        assert_eq!(in_conflict(&scene).await, Vec::<String>::new());
    }

    /// Another ending than the one that was told: the first stays, the rest of the record is taken,
    /// and both are shown.
    async fn two_different_endings_are_a_conflict_that_a_person_sees(db) {
        let (scene, id) = ended(db).await;
        scene.cluster.set(&id, "status = 'B', length_in_sec = 120");
        assert_eq!(scene.rig.sync_all().await.updated, 1);
        let call = scene.rig.calls().await[&id].clone();
        assert_eq!((call.status.as_str(), call.duration_ms), ("no_answer", Some(120_000)));
        assert_eq!(call.status_heard.as_deref(), Some("busy"));
        assert_eq!(in_conflict(&scene).await, [id]);
    }

    /// A call that goes on gets its ending, and that is no conflict.
    async fn a_call_that_ends_is_no_conflict(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.begin(scene.ago(HOUR), 5000);
        assert!(scene.rig.sync().await.success);
        assert_eq!(scene.rig.calls().await[&id].status, "in_progress");
        scene.cluster.hang_up(&id, 90, "NA");
        scene.rig.sync_all().await;
        let call = scene.rig.calls().await[&id].clone();
        assert_eq!((call.status.as_str(), call.status_heard), ("no_answer", None));
        assert_eq!(in_conflict(&scene).await, Vec::<String>::new());
    }
}
