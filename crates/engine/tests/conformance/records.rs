//! Records nobody can read, and words nobody documented.

use std::collections::BTreeSet;

use simulators::faults::{BadRecord, UNKNOWN_WORD};
use testkit::{Rig, every_provider};

/// Spoils the record of one call of the middle and answers whose; `None` when this provider cannot
/// show any call so.
fn spoil_one(rig: &Rig, how: BadRecord) -> Option<String> {
    let mut calls: Vec<_> = rig.truth().into_values().collect();
    calls.sort_by_key(|call| call.occurred_at);
    let later = calls.drain(calls.len() / 2..);
    later.map(|call| call.id).find(|id| rig.provider.spoil(id, Some(how)))
}

/// One record is set aside whole and counted once, its neighbours are stored, and once it can be
/// read it is a call like any other.
async fn is_set_aside(rig: &Rig, how: BadRecord) {
    let Some(spoiled) = spoil_one(rig, how) else { return };
    let report = rig.sync().await;
    assert_eq!(report.set_aside, 1, "{report:#?}");
    assert_eq!(report.skip_reasons.get("set_aside"), Some(&1), "{report:#?}");
    let kept = rig.set_aside().await;
    assert_eq!(kept.len(), 1, "{kept:?}");
    let record: serde_json::Value = serde_json::from_str(&kept[0].1).unwrap();
    assert!(record.as_object().is_some_and(|fields| !fields.is_empty()), "not whole: {record}");
    let stored: BTreeSet<String> = rig.calls().await.into_keys().collect();
    let others: BTreeSet<String> = rig.truth().into_keys().filter(|id| *id != spoiled).collect();
    assert_eq!(stored, others, "its page went on");

    let again = rig.sync_all().await;
    assert_eq!((again.new, again.updated, again.set_aside), (0, 0, 1), "{again:#?}");
    assert_eq!(rig.set_aside().await.len(), 1, "the same record is kept once");

    assert!(rig.provider.spoil(&spoiled, None));
    let healed = rig.sync_all().await;
    assert_eq!((healed.new, healed.set_aside), (1, 0), "{healed:#?}");
    rig.assert_equals_truth().await;
}

every_provider! {
    /// It has nothing by which one could know which call it is.
    async fn a_record_without_an_id_is_set_aside_and_its_page_goes_on(rig) {
        is_set_aside(&rig, BadRecord::WithoutId).await;
    }

    /// It does not say when the call was. Not asked of ViciDial, which dates a row by several columns.
    async fn a_record_without_a_time_is_set_aside_and_its_page_goes_on(rig) {
        is_set_aside(&rig, BadRecord::NullCreatedAt).await;
    }

    /// It is no record at all.
    async fn a_record_that_is_none_is_set_aside_and_its_page_goes_on(rig) {
        let Some(spoiled) = spoil_one(&rig, BadRecord::NotAnObject) else { return };
        let report = rig.sync().await;
        assert_eq!(report.set_aside, 1, "{report:#?}");
        let kept: Vec<String> = rig.set_aside().await.into_iter().map(|(_, text)| text).collect();
        assert!(kept.len() == 1 && kept[0].contains("42"), "{kept:?}");
        assert_eq!(rig.calls().await.len(), rig.truth().len() - 1, "without {spoiled}");
    }

    /// A state, direction or kind that nobody documented is kept as it is, and no call is lost by it.
    async fn words_nobody_documented_are_kept(rig) {
        let odd = spoil_one(&rig, BadRecord::UnknownEnums).unwrap();
        let report = rig.sync().await;
        assert_eq!((report.new, report.set_aside), (rig.truth().len() as u64, 0), "{report:#?}");
        let record = rig.record_of(&odd).await.to_lowercase();
        assert!(record.contains(UNKNOWN_WORD), "the word is gone from {record}");
        let calls = rig.calls().await;
        match rig.provider.provider() {
            // One has no word for a call's state; the other's words are each site's own, and what a
            // call came to is read from other columns.
            "highlevel_voice_ai" | "vicidial" => {}
            _ => assert_eq!(calls[&odd].status, "unknown"),
        }
        assert!(report.success, "{report:#?}");
        assert_eq!(rig.gaps().await, []);
    }
}
