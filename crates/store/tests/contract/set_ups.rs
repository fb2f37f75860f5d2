//! Sources that were set up in the dashboard, and sources that rest.

use store::NewSetUp;
use testkit::on_both_databases;

use crate::samples::{at, source};

on_both_databases! {
    async fn a_set_up_is_kept_and_each_change_of_it_is_noticed(db) {
        let [one, two] = [source(&db.store, "one").await, source(&db.store, "two").await];
        let new = NewSetUp {
            source: one,
            said: r#"{"location_id":"loc \u0000"}"#,
            country: "DE",
            every_minutes: Some(9),
            sealed: &[0, 1, 255],
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.set_up_add(&new, "user olga", at(5)).await.unwrap();
        assert!(!tx.set_up_reseal(two, &[2], "user olga", at(6)).await.unwrap(), "it has none");
        tx.commit().await.unwrap();
        let rows = db.store.set_ups_list().await.unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
        let [first, second] = [&rows[0], &rows[1]];
        assert_eq!(first.said.as_deref(), Some(new.said));
        assert_eq!((first.country.as_deref(), first.every_minutes), (Some("DE"), Some(9)));
        assert_eq!(first.sealed.as_deref(), Some(new.sealed));
        assert_eq!((first.version, first.changed_at), (Some(1), Some(5)));
        assert_eq!((&second.said, &second.sealed, second.version), (&None, &None, None));

        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.set_up_reseal(one, &[9], "user ann", at(7)).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.set_up_get(one).await.unwrap().unwrap();
        assert_eq!((row.version, row.sealed), (Some(2), Some(vec![9])));
        assert_eq!((row.changed_at, row.changed_by.as_deref()), (Some(7), Some("user ann")));
        assert_eq!(db.store.set_up_get(domain::SourceId(99)).await.unwrap(), None);
    }

    async fn a_source_rests_since_it_was_first_wanted(db) {
        let id = source(&db.store, "one").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.source_pause(id, false, "ann", at(1)).await.unwrap());
        assert!(tx.source_pause(id, true, "ann", at(2)).await.unwrap());
        assert!(!tx.source_pause(id, true, "bob", at(3)).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.set_up_get(id).await.unwrap().unwrap();
        assert_eq!((row.paused_at, row.paused_by.as_deref()), (Some(2), Some("ann")));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.source_pause(id, false, "bob", at(4)).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.set_up_get(id).await.unwrap().unwrap();
        assert_eq!((row.paused_at, row.paused_by), (None, None));
    }
}
