//! The audit log: an entry is written with what it tells of, or not at all.

use serde_json::json;
use store::{AuditRow, Author, Store};
use testkit::on_both_databases;

use crate::samples::at;

async fn entries(store: &Store) -> Vec<AuditRow> {
    store.audit_list(None, 100).await.unwrap()
}

on_both_databases! {
    async fn a_change_on_somebodys_behalf_is_entered_with_it(db) {
        let author = Author::new("user ann", "192.0.2.1", "Add an account\0", "/accounts", at(5));
        let store = db.store.on_behalf(author);
        let mut tx = store.begin().await.unwrap();
        tx.account_ensure("acme", at(5)).await.unwrap();
        assert_eq!(entries(&db.store).await, [], "nothing is entered that is not committed");
        tx.commit().await.unwrap();
        assert_eq!(entries(&db.store).await, [AuditRow {
            audit_id: 1,
            at: 5,
            who: "user ann".to_owned(),
            address: "192.0.2.1".to_owned(),
            what: "Add an account\u{FFFD}".to_owned(),
            target: "/accounts".to_owned(),
            detail: "{}".to_owned(),
        }]);
    }

    async fn a_change_that_is_given_up_is_not_entered(db) {
        let store = db.store.on_behalf(Author::new("user ann", "", "Add", "", at(5)));
        let mut tx = store.begin().await.unwrap();
        tx.account_ensure("acme", at(5)).await.unwrap();
        drop(tx);
        assert_eq!(entries(&db.store).await, []);
        assert_eq!(db.store.accounts_list().await.unwrap(), []);
        // It can be made again, and is entered then.
        store.begin().await.unwrap().commit().await.unwrap();
        assert_eq!(entries(&db.store).await.len(), 1);
    }

    async fn a_change_of_many_transactions_is_one_entry_that_says_what_it_is_about(db) {
        let store = db.store.on_behalf(Author::new("user ann", "", "Move", "/x", at(5)));
        let mut tx = store.begin().await.unwrap();
        tx.audit_about("account 7", &json!({ "calls": 3 }));
        tx.commit().await.unwrap();
        for clone in [store.clone(), store] {
            clone.begin().await.unwrap().commit().await.unwrap();
        }
        let entries = entries(&db.store).await;
        assert_eq!(entries.len(), 1);
        let told = (entries[0].target.as_str(), entries[0].detail.as_str());
        assert_eq!(told, ("account 7", r#"{"calls":3}"#));
    }

    async fn what_is_on_nobodys_behalf_is_not_entered(db) {
        let mut tx = db.store.begin().await.unwrap();
        tx.audit_about("account 7", &json!({}));
        tx.commit().await.unwrap();
        assert_eq!(entries(&db.store).await, []);
    }

    async fn the_log_is_read_newest_first_and_page_by_page(db) {
        for n in 1..=5 {
            let author = Author::new("user ann", "", &n.to_string(), "", at(n));
            db.store.on_behalf(author).begin().await.unwrap().commit().await.unwrap();
        }
        let read = async |before, count| -> Vec<i64> {
            let rows = db.store.audit_list(before, count).await.unwrap();
            rows.into_iter().map(|row| row.at).collect()
        };
        assert_eq!(read(None, 2).await, [5, 4]);
        assert_eq!(read(Some(4), 2).await, [3, 2]);
        assert_eq!(read(Some(1), 2).await, Vec::<i64>::new());
        assert_eq!(read(Some(i64::MAX), 9).await.len(), 5);
    }
}
