//! How late calls were found, as it is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Found, Lateness};
use testkit::on_both_databases;

use crate::samples::{at, source};

const DAY: i64 = 86_400_000;

on_both_databases! {
    async fn what_is_counted_adds_up_over_the_days_that_are_asked_for(db) {
        let (one, other) = (source(&db.store, "one").await, source(&db.store, "other").await);
        let hours = Duration::from_hours;
        let in_time = Found { is_late: false, tier: None, age: hours(1) };
        let late = Found { is_late: true, tier: Some(hours(2)), age: hours(3) };
        assert_eq!(db.store.lateness_load(one, at(0)).await.unwrap(), Lateness::default());
        for (when, found) in [
            (DAY, BTreeMap::from([(in_time, 5)])),
            (2 * DAY - 1, BTreeMap::from([(in_time, 7), (late, 1)])),
            (3 * DAY, BTreeMap::from([(late, 2)])),
        ] {
            let mut tx = db.store.begin().await.unwrap();
            tx.lateness_add(one, at(when), &found).await.unwrap();
            tx.reread_add(one, at(when), hours(2)).await.unwrap();
            tx.commit().await.unwrap();
        }
        let all = db.store.lateness_load(one, at(DAY + 5)).await.unwrap();
        assert_eq!(all.found, BTreeMap::from([(in_time, 12), (late, 3)]));
        assert_eq!(all.rereads, BTreeMap::from([(hours(2), 3)]));
        let last = db.store.lateness_load(one, at(2 * DAY)).await.unwrap();
        assert_eq!(last.found, BTreeMap::from([(late, 2)]));
        assert_eq!(db.store.lateness_load(other, at(0)).await.unwrap(), Lateness::default());
    }
}
