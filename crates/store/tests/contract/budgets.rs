//! The shares of a credential: of two that read the same, one writes.

use store::BudgetRow;
use testkit::on_both_databases;

use crate::samples::at;

on_both_databases! {
    async fn of_two_that_read_the_same_writing_one_writes(db) {
        let other = db.open_again().await;
        assert_eq!(db.store.budget_load("a").await.unwrap(), None);
        let (one, two) = tokio::join!(
            db.store.budget_save("a", 0, "one", at(1)),
            other.budget_save("a", 0, "two", at(1)),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert!(one != two);
        let written = if one { "one" } else { "two" };
        let row = db.store.budget_load("a").await.unwrap().unwrap();
        assert_eq!(row, BudgetRow { writing: 1, shares: written.to_owned() });

        let (one, two) = tokio::join!(
            db.store.budget_save("a", 1, "three", at(2)),
            other.budget_save("a", 1, "four", at(2)),
        );
        assert!(one.unwrap() != two.unwrap());
        assert_eq!(other.budget_load("a").await.unwrap().unwrap().writing, 2);
        assert!(!db.store.budget_save("a", 1, "late", at(3)).await.unwrap());
        assert_eq!(db.store.budget_load("b").await.unwrap(), None);
        other.close().await;
    }

    async fn the_first_key_that_is_offered_stays(db) {
        let other = db.open_again().await;
        let (one, two) = tokio::join!(db.store.budget_key(b"one"), other.budget_key(b"two"));
        let one = one.unwrap();
        assert_eq!(one, two.unwrap());
        assert_eq!(db.store.budget_key(b"three").await.unwrap(), one);
        other.close().await;
    }
}
