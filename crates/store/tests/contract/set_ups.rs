//! Sources that were set up in the dashboard, and sources that rest.

use store::{ChangedSetUp, NewSetUp};
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
        let changed = ChangedSetUp {
            source: two,
            version: 1,
            said: "{}",
            country: "AT",
            every_minutes: None,
            sealed: None,
        };
        assert!(!tx.set_up_change(&changed, "user olga", at(6)).await.unwrap(), "it has none");
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
        let changed = ChangedSetUp { source: one, ..changed };
        assert!(tx.set_up_change(&changed, "user ann", at(7)).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.set_up_get(one).await.unwrap().unwrap();
        assert_eq!((row.version, row.sealed.as_deref()), (Some(2), Some(new.sealed)), "it stays");
        assert_eq!((row.said.as_deref(), row.every_minutes), (Some("{}"), None));
        assert_eq!((row.country.as_deref(), row.changed_at), (Some("AT"), Some(7)));
        assert_eq!(row.changed_by.as_deref(), Some("user ann"));

        // What was made from an older one changes nothing.
        let mut tx = db.store.begin().await.unwrap();
        let sealed = Some([9].as_slice());
        assert!(!tx.set_up_change(&changed, "user bob", at(8)).await.unwrap());
        let newer = ChangedSetUp { version: 2, sealed, ..changed };
        assert!(tx.set_up_change(&newer, "user bob", at(9)).await.unwrap());
        tx.commit().await.unwrap();
        let row = db.store.set_up_get(one).await.unwrap().unwrap();
        assert_eq!((row.version, row.sealed.as_deref()), (Some(3), sealed));
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
