//! How many calls an account has, found by the index of its calls.

use domain::Timestamp;
use store::NewCall;
use testkit::on_both_databases;

use crate::samples::{account, at, call, placed, source, write};

on_both_databases! {
    async fn calls_of_an_account_are_counted_by_source_and_status(db) {
        let [one, two] = [source(&db.store, "one").await, source(&db.store, "two").await];
        let [acme, other] = [account(&db.store, "acme").await, account(&db.store, "other").await];
        let mut calls: Vec<NewCall> = (0..5).map(|n| placed(acme, call(&format!("a{n}"), n))).collect();
        calls.extend((0..3).map(|n| placed(other, call(&format!("b{n}"), n))));
        calls.push(call("c", 9));
        write(&db.store, one, &calls).await;
        write(&db.store, two, &[placed(acme, call("a9", 77))]).await;
        let own = db.store.account_calls(acme).await.unwrap();
        let told: Vec<_> = own
            .iter()
            .map(|row| (row.source, row.name.as_str(), row.calls, row.oldest, row.newest))
            .collect();
        assert_eq!(told, [(one, "one", 5, at(0), at(4)), (two, "two", 1, at(77), at(77))]);
        assert_eq!(db.store.account_calls(other).await.unwrap().len(), 1);
        let went = db.store.account_statuses(acme, at(3)).await.unwrap();
        assert_eq!(went, [("completed".to_owned(), 3)]);
        assert!(db.store.account_statuses(acme, Timestamp::MAX).await.unwrap().is_empty());
        let plan = db.store.account_calls_plan(acme).await.unwrap().join("\n");
        assert!(plan.contains("calls_of_account"), "{plan}");
        for all in ["SCAN calls", "Seq Scan on calls", "calls_by_time"] {
            assert!(!plan.contains(all), "{plan}");
        }
    }
}
