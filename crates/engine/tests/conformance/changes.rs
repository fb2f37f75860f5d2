//! Records that come late, change, come twice or go.

use std::time::Duration;

use domain::Window;
use engine::compare::{CompareOptions, CompareReport, compare};
use testkit::{Rig, every_provider};

/// Both sides of all of the source's history.
async fn compared(rig: &Rig) -> CompareReport {
    let options = CompareOptions {
        window: Window::new(rig.source.row.since, rig.ctx.now()).ok(),
        ..CompareOptions::default()
    };
    compare(&rig.ctx, &rig.source, options).await.unwrap()
}

every_provider! {
    /// Late and changed records are found once their window is read again.
    async fn late_and_changed_records_are_found_by_the_tiers(rig) {
        rig.sync().await;
        let now = rig.ctx.now();
        let late = rig.provider.add((now - Duration::from_hours(30)).as_millis());
        // Not one the last tier has settled already.
        let newest = rig.truth().into_values().max_by_key(|call| call.occurred_at).unwrap();
        let changed = newest.id;
        assert!(rig.provider.change(&changed));
        for wait in [Duration::from_hours(25), Duration::from_hours(24 * 8)] {
            rig.clock.pass(wait);
            assert!(rig.sync().await.success);
        }
        rig.assert_equals_truth().await;
        let calls = rig.calls().await;
        assert!(calls.contains_key(&late), "a late call was not found");
        let all = rig.sync_all().await;
        assert_eq!((all.new, all.updated), (0, 0), "the tiers had left something: {all:#?}");
    }

    /// What was read and is gone at the provider stays here: nobody knows why it is gone.
    async fn a_deleted_record_stays_here(rig) {
        rig.sync().await;
        let gone = rig.truth().into_keys().next().unwrap();
        assert!(rig.provider.remove(&gone));
        assert!(!rig.truth().contains_key(&gone), "the simulator still shows it");
        rig.sync_all().await;
        assert!(rig.calls().await.contains_key(&gone), "a call was deleted here");
    }

    /// A call that is deleted is named by a comparison, by its own id; when it is back it is the same
    /// call, counted once.
    async fn a_deleted_record_is_named_and_its_return_is_no_new_call(rig) {
        rig.sync().await;
        let all = rig.truth().len();
        let oldest = rig.truth().into_values().min_by_key(|call| call.occurred_at).unwrap();
        assert!(rig.provider.remove(&oldest.id));
        let deleted = compared(&rig).await;
        let extra: Vec<&str> = deleted.extra_calls.iter().map(|call| &*call.call_id).collect();
        assert_eq!(extra, [&*oldest.id], "{deleted:#?}");
        assert_eq!(deleted.extra_breakdown.get("lost_at_provider"), Some(&1), "{deleted:#?}");

        assert!(rig.provider.restore(&oldest.id));
        let back = rig.sync_all().await;
        assert!(back.success, "{back:#?}");
        assert_eq!((back.new, rig.calls().await.len()), (0, all), "{back:#?}");
        assert_eq!(compared(&rig).await.extra_calls.len(), 0);
        rig.assert_equals_truth().await;
    }

    /// Reading the same again writes nothing and counts nothing as new.
    async fn reading_again_changes_nothing(rig) {
        let first = rig.sync().await;
        assert!(first.success, "{first:#?}");
        assert_eq!(first.new, rig.truth().len() as u64);
        let again = rig.sync_all().await;
        assert!(again.success, "{again:#?}");
        assert_eq!((again.new, again.updated), (0, 0), "{again:#?}");
        assert_eq!(again.unchanged, first.new);
    }
}
