//! Recordings beside calls: one list for a window, late ones, deleted ones (A18, A19, A22).

use std::sync::Arc;

use domain::{Awaited, ProviderCallId};
use engine::view::versions;
use providers::parts;
use simulators::twilio::{Hand, Outcome, Settings};
use store::{CallKey, Scope};
use testkit::{Rig, TestDb, on_both_databases};

use super::{ago, awaits, read_whole, rig};
use crate::play::{DAY, HOUR, MINUTE};

/// An account that records every call on which somebody speaks.
fn recording() -> Settings {
    Settings { recorded_share: 1.0, ..Settings::default() }
}

async fn recorded(db: Arc<TestDb>, switches: Settings) -> (Rig, Hand) {
    rig(db, switches, &[]).await
}

/// The recordings that are kept of a call, by SID.
async fn kept(rig: &Rig, id: &str) -> Vec<String> {
    let key = CallKey { source: rig.source.row.id, id: ProviderCallId(id.to_owned()) };
    let all = versions(&rig.db.store, Scope::Operator, &key).await.unwrap();
    let parts = parts::read(&all.last().unwrap().raw).unwrap();
    let parts = parts.iter().filter(|(name, _)| name.starts_with("RE"));
    for (_, recording) in parts.clone() {
        for field in ["\"duration\":", "\"status\":", "\"channels\":2", "\"uri\":"] {
            assert!(recording.get().contains(field), "{field}");
        }
    }
    parts.map(|(name, _)| (*name).to_owned()).collect()
}

async fn has_recording(rig: &Rig, id: &str) -> bool {
    rig.calls().await[id].parts & store::parts::RECORDING != 0
}

/// Requests for the recordings of one call.
fn asked_by_call(rig: &Rig) -> usize {
    let requests = rig.provider.requests();
    let by_call = requests
        .iter()
        .filter(|it| it.path.contains("/Calls/") && it.path.ends_with("/Recordings.json"));
    by_call.count()
}

on_both_databases! {
    /// Every recorded call has its recordings, and no call was asked for by itself.
    async fn recordings_are_kept_beside_their_calls_and_listed_by_window(db) {
        let (rig, hand) = recorded(db, recording()).await;
        let sid = hand.add(ago(&rig, DAY * 3), Outcome::Completed);
        let busy = hand.add(ago(&rig, DAY * 3), Outcome::Busy);
        read_whole(&rig).await;
        assert!(!kept(&rig, &sid).await.is_empty() && has_recording(&rig, &sid).await);
        assert_eq!(kept(&rig, &busy).await, Vec::<String>::new());
        let calls = rig.calls().await;
        let with = calls.values().filter(|it| it.parts & store::parts::RECORDING != 0).count();
        assert!(with > calls.len() / 2, "{with} of {}", calls.len());
        assert_eq!(asked_by_call(&rig), 0);
        let lists = rig.provider.requests();
        let lists = lists.iter().filter(|it| it.path.ends_with("/Recordings.json")).count();
        assert!(lists < 10, "{lists} lists for two weeks");
        // Nothing new is nothing written.
        let again = rig.sync_all().await;
        assert!(again.success && again.updated == 0, "{again:#?}");
    }

    /// A recording that is listed long after its call is found when its window is read again.
    async fn a_recording_that_is_listed_late_is_found_by_a_tier(db) {
        let switches = Settings { recording_appears_after_seconds: 5 * 3600, ..recording() };
        let (rig, hand) = recorded(db, switches).await;
        let sid = hand.add(ago(&rig, HOUR), Outcome::Completed);
        read_whole(&rig).await;
        assert!(!has_recording(&rig, &sid).await);
        rig.clock.pass(HOUR * 25);
        read_whole(&rig).await;
        assert!(has_recording(&rig, &sid).await);
        assert_eq!(asked_by_call(&rig), 0, "it was not asked for by its SID");
    }

    /// A recording that is still made is kept as it is, and asked for until it is ready.
    async fn a_recording_that_is_not_ready_is_asked_for_by_its_call(db) {
        let switches = Settings { recording_ready_after_seconds: 33 * 3600, ..recording() };
        let (rig, hand) = recorded(db, switches).await;
        let sid = hand.add(ago(&rig, HOUR * 30), Outcome::Completed);
        read_whole(&rig).await;
        let id = ProviderCallId(sid.clone());
        assert_eq!(awaits(&rig, &id).await, Some(Awaited::Recording));
        assert!(!has_recording(&rig, &sid).await && !kept(&rig, &sid).await.is_empty());
        // Between two tiers and far from the newest window, so that only its SID brings it.
        rig.clock.pass(HOUR * 7);
        read_whole(&rig).await;
        assert!(has_recording(&rig, &sid).await);
        assert!(asked_by_call(&rig) > 0);
        assert_eq!(awaits(&rig, &id).await, None);
    }

    /// A recording deleted at Twilio is on no list any more; what was known of it stays.
    async fn a_deleted_recording_stays_beside_its_call(db) {
        let (rig, hand) = recorded(db, recording()).await;
        read_whole(&rig).await;
        let calls = rig.calls().await.into_iter();
        let mut with = calls.filter(|(_, call)| call.parts & store::parts::RECORDING != 0);
        let (sid, _) = with.next_back().unwrap();
        let before = kept(&rig, &sid).await;
        let gone = before[0].clone();
        hand.set(|settings| settings.deleted_recordings.push(gone));
        let again = rig.sync_all().await;
        assert!(again.success && again.updated == 0, "{again:#?}");
        assert_eq!(kept(&rig, &sid).await, before);
    }

    /// A key that may not list recordings still brings every call, and its right brings the rest.
    async fn calls_are_whole_where_recordings_may_not_be_listed(db) {
        let (rig, hand) = recorded(db, Settings { lists_recordings: false, ..recording() }).await;
        let sid = hand.add(ago(&rig, MINUTE * 90), Outcome::Completed);
        read_whole(&rig).await;
        assert!(!has_recording(&rig, &sid).await);
        hand.set(|settings| settings.lists_recordings = true);
        assert!(rig.sync_all().await.success);
        assert!(has_recording(&rig, &sid).await);
    }
}
