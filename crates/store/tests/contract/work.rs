//! Claims: one holder at a time, and a fence against the former one.

use store::{Claim, Lease, Store, StoreError};
use testkit::on_both_databases;

use crate::samples::at;

async fn claim(store: &Store, holder: &str, until: i64, now: i64) -> Option<Lease> {
    match store.work_claim("k", holder, "reads", at(until), at(now)).await.unwrap() {
        Claim::Granted(lease) => Some(lease),
        Claim::Held { what, .. } => {
            assert_eq!(what, "reads");
            None
        }
    }
}

on_both_databases! {
    async fn whether_work_is_held_is_known_without_claiming_it(db) {
        let held = |now| db.store.work_held("k", at(now));
        assert_eq!(held(1).await.unwrap(), None);
        let lease = claim(&db.store, "a", 10, 1).await.unwrap();
        assert_eq!(held(9).await.unwrap(), Some(at(10)));
        assert_eq!(held(10).await.unwrap(), None);
        db.store.work_release(&lease).await.unwrap();
        assert_eq!(held(9).await.unwrap(), None);
    }

    /// Who told it has told another since, if they live: a clock that was set right is no reason to wait.
    async fn a_lease_of_a_clock_that_was_days_ahead_is_nobodys(db) {
        let day = i64::from(24 * 60 * 60 * 1000);
        let ahead = claim(&db.store, "a", 3 * day, 3 * day - 10).await.unwrap();
        assert_eq!(db.store.work_held("k", at(2 * day)).await.unwrap(), Some(at(3 * day)));
        assert!(claim(&db.store, "b", 2 * day + 10, 2 * day).await.is_none());
        assert_eq!(db.store.work_held("k", at(2 * day - 1)).await.unwrap(), None);
        claim(&db.store, "b", 2 * day + 10, 2 * day - 1).await.unwrap();
        assert!(db.store.work_heartbeat(&ahead, at(3 * day)).await.is_err());
    }

    async fn of_two_claimants_one_wins(db) {
        let other = db.open_again().await;
        let (a, b) = tokio::join!(claim(&db.store, "a", 10, 1), claim(&other, "b", 10, 1));
        assert!(a.is_some() != b.is_some());
        other.close().await;
    }

    async fn a_lease_that_ran_out_is_taken_over_and_the_former_holder_is_fenced_out(db) {
        let former = claim(&db.store, "a", 10, 1).await.unwrap();
        assert!(claim(&db.store, "b", 20, 9).await.is_none());
        let taken = claim(&db.store, "b", 20, 10).await.unwrap();
        assert_eq!((former.fence, taken.fence), (1, 2));

        let mut tx = db.store.begin().await.unwrap();
        let lost = tx.work_extend(&former, at(99)).await;
        assert!(matches!(lost, Err(StoreError::LeaseLost { .. })));
        let lost = tx.work_describe(&former, "x").await;
        assert!(matches!(lost, Err(StoreError::LeaseLost { .. })));
        drop(tx);
        assert!(db.store.work_heartbeat(&former, at(99)).await.is_err());
        db.store.work_release(&former).await.unwrap();
        assert!(claim(&db.store, "c", 30, 19).await.is_none(), "b still holds it");

        db.store.work_heartbeat(&taken, at(50)).await.unwrap();
        assert!(claim(&db.store, "c", 60, 49).await.is_none());
        db.store.work_release(&taken).await.unwrap();
        assert_eq!(claim(&db.store, "c", 60, 49).await.unwrap().fence, 3);
    }
}
