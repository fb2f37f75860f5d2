//! Which call a row is: keys that are rewritten, leads that are merged or gone (A19, B1).

use domain::Country;
use simulators::Simulated as _;
use simulators::vicidial::Settings;
use testkit::on_both_databases;

use super::{HOUR, Scene, small};

on_both_databases! {
    /// The primary key of a manual call is rewritten when it ends.
    async fn a_rewritten_key_is_the_same_call(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.read_whole().await;
        scene.cluster.rewrite_key(&id);
        let report = scene.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 1), "{report:#?}");
        scene.rig.assert_equals_truth().await;
        assert!(scene.record(&id).await.is_some());
    }

    /// Other programs know a call under the key it had before it ended: what they say of it is found
    /// by its lead and its second, and nothing of another call is.
    async fn a_call_under_a_new_key_keeps_what_others_wrote_of_it(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.talk(scene.ago(HOUR), 5000);
        let before = scene.record(&id).await.unwrap();
        let before = scene.rig.source.connection.normalise(&before, Country::US).unwrap();
        scene.cluster.rewrite_key(&id);
        let twin = scene.cluster.twin(&id).unwrap();
        scene.read_whole().await;
        let listed = scene.listed().await;
        let after = scene.rig.source.connection.normalise(&listed[&id], Country::US).unwrap();
        assert!(before.recording.is_some() && before.from.is_some());
        assert_eq!((&after.recording, &after.from), (&before.recording, &before.from));
        let talked = |call: &domain::Call| call.extracted.as_ref().unwrap()["talk_seconds"].clone();
        assert_eq!(talked(&after), talked(&before));
        assert_eq!(scene.record(&id).await.unwrap(), listed[&id]);
        let twin = scene.record(&twin).await.unwrap();
        let twin = scene.rig.source.connection.normalise(&twin, Country::US).unwrap();
        assert_ne!(twin.aliases, after.aliases);
    }

    /// An agent merges the lead of a call into another.
    async fn a_merged_lead_is_the_same_call(db) {
        let scene = Scene::set(db).await;
        scene.read_whole().await;
        let id = scene.cluster.ids_of("vicidial_closer_log").pop().unwrap();
        scene.cluster.merge_lead(&id, 4242);
        let report = scene.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 1), "{report:#?}");
        let record = scene.record(&id).await.unwrap();
        let call = scene.rig.source.connection.normalise(&record, Country::US).unwrap();
        assert_eq!(call.contact.unwrap().provider_contact_id, "4242");
    }

    /// The cleanup job deletes a row: here it stays, and by id nobody knows it.
    async fn a_deleted_row_stays_here(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.read_whole().await;
        assert!(scene.cluster.remove(&id));
        assert!(scene.rig.sync_all().await.success);
        assert!(scene.rig.calls().await.contains_key(&id));
        assert_eq!(scene.record(&id).await, None);
    }

    /// A list is reset and leads go; their calls do not.
    async fn a_call_whose_lead_is_gone_is_read(db) {
        let scene = Scene::set(db).await;
        for id in scene.cluster.ids_of("vicidial_log") {
            scene.cluster.delete_lead(&id);
        }
        scene.read_whole().await;
    }

    /// The second half of the oldest mistake: one lead, one second, two calls.
    async fn two_calls_of_one_lead_in_one_second_stay_two(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let one = scene.cluster.dial(scene.ago(HOUR), 5000);
        let other = scene.cluster.twin(&one).unwrap();
        scene.read_whole().await;
        let calls = scene.rig.calls().await;
        assert!(calls.contains_key(&one) && calls.contains_key(&other));
        let (one, other) = (scene.record(&one).await.unwrap(), scene.record(&other).await.unwrap());
        assert_ne!(one, other);
        assert_eq!(scene.rig.sync_all().await.updated, 0);
    }

    /// By list or by id, what is read of a call is the same to the byte.
    async fn a_call_is_the_same_by_list_and_by_id(db) {
        let scene = Scene::set(db).await;
        let listed = scene.listed().await;
        assert_eq!(listed.len(), scene.rig.truth().len());
        for (id, bytes) in listed {
            assert_eq!(scene.record(&id).await.unwrap(), bytes, "{id}");
        }
    }
}
