//! Tokens of the API, and requests that were named by whoever sent them.

use domain::access::{Role, Terms};
use domain::{AccountId, Timestamp};
use store::{KeptAnswer, KeyTaken, NewToken, TokenRow};
use testkit::{TestDb, on_both_databases};

use crate::samples::{account, at};

const HOUR: i64 = 3_600_000;

fn new(name: &str, hash: u8, role: Role) -> NewToken {
    NewToken {
        name: name.to_owned(),
        secret_hash: [hash; 32],
        role,
        may_write: true,
        expires_at: None,
    }
}

async fn add(db: &TestDb, new: &NewToken) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let added = tx.token_add(new, "ann", at(5)).await.unwrap();
    tx.commit().await.unwrap();
    added
}

async fn take(db: &TestDb, key: (i64, &str), hash: u8, now: Timestamp) -> KeyTaken {
    let mut tx = db.store.begin().await.unwrap();
    let taken = tx.idempotency_take(key, &[hash; 32], now).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

on_both_databases! {
    async fn a_token_is_found_by_the_hash_of_its_secret_with_its_terms(db) {
        let acme = account(&db.store, "acme").await;
        let member = NewToken {
            may_write: false, expires_at: Some(at(9)), ..new("crm\0", 2, Role::Member(acme))
        };
        assert!(add(&db, &new("ops", 1, Role::Operator)).await);
        assert!(add(&db, &member).await);
        let found = db.store.token_by_hash(&[2; 32]).await.unwrap().unwrap();
        assert_eq!(found.terms(), Terms {
            role: Role::Member(acme), may_write: false, expires_at: Some(at(9)), revoked_at: None,
        });
        assert_eq!((found.name.as_str(), found.account.as_deref()), ("crm\u{FFFD}", Some("acme")));
        assert_eq!((found.created_by.as_str(), found.created_at), ("ann", 5));
        let ops = db.store.token_by_name("ops").await.unwrap().unwrap();
        assert_eq!((ops.terms().role, ops.terms().may_write), (Role::Operator, true));
        assert_eq!(db.store.token_by_name("crm\0").await.unwrap(), Some(found.clone()));
        assert_eq!(db.store.token_by_hash(&[3; 32]).await.unwrap(), None);
        assert_eq!(db.store.token_by_name("OPS").await.unwrap(), None);
        assert_eq!(db.store.tokens_list().await.unwrap(), [found, ops]);
    }

    async fn a_name_is_given_out_once_also_after_it_was_taken_back(db) {
        assert!(add(&db, &new("ops", 1, Role::Operator)).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.token_revoke("ops", "bob", at(7)).await.unwrap());
        assert!(!tx.token_revoke("ops", "cat", at(8)).await.unwrap(), "it keeps who was first");
        assert!(!tx.token_revoke("none", "bob", at(7)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!add(&db, &new("ops", 2, Role::Operator)).await);
        let row = db.store.token_by_hash(&[1; 32]).await.unwrap().unwrap();
        assert_eq!((row.revoked_at, row.revoked_by.as_deref()), (Some(7), Some("bob")));
        assert_eq!(db.store.token_by_hash(&[2; 32]).await.unwrap(), None);
    }

    async fn a_token_of_no_account_or_with_a_known_secret_is_refused(db) {
        assert!(add(&db, &new("one", 1, Role::Operator)).await);
        for refused in [new("two", 1, Role::Operator), new("three", 3, Role::Member(AccountId(99)))] {
            let mut tx = db.store.begin().await.unwrap();
            assert!(tx.token_add(&refused, "ann", at(5)).await.unwrap_err().is_about_rows());
        }
        let role = "UPDATE api_tokens SET role = 'member'";
        assert!(db.attempt(role).await.is_err(), "a member without an account");
    }

    async fn when_a_token_was_used_is_written_once_a_minute(db) {
        assert!(add(&db, &new("ops", 1, Role::Operator)).await);
        let used = async |seconds: i64| -> TokenRow {
            let mut tx = db.store.begin().await.unwrap();
            tx.token_used(1, at(seconds * 1000)).await.unwrap();
            tx.commit().await.unwrap();
            db.store.token_by_name("ops").await.unwrap().unwrap()
        };
        assert!(db.store.token_by_name("ops").await.unwrap().unwrap().is_use_stale(at(0)));
        let row = used(10).await;
        assert_eq!(row.last_used_at, Some(10_000));
        assert!(!row.is_use_stale(at(69_999)) && row.is_use_stale(at(70_000)));
        assert_eq!(used(69).await.last_used_at, Some(10_000));
        assert_eq!(used(70).await.last_used_at, Some(70_000));
    }

    async fn an_account_for_which_there_is_a_token_is_tied(db) {
        let acme = account(&db.store, "acme").await;
        assert!(add(&db, &new("crm", 2, Role::Member(acme))).await);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.account_ties(acme).await.unwrap().tokens, 1);
    }

    async fn a_named_request_is_begun_once_and_answered_as_it_was(db) {
        let key = (1, "a\0");
        assert_eq!(take(&db, key, 7, at(0)).await, KeyTaken::Ours);
        assert_eq!(take(&db, key, 7, at(1)).await, KeyTaken::UnderWay);
        assert_eq!(take(&db, key, 8, at(1)).await, KeyTaken::Another);
        assert_eq!(take(&db, (2, "a\0"), 8, at(1)).await, KeyTaken::Ours, "another's names are its own");
        let answer = KeptAnswer { status: 201, body: b"\0{}\xff".to_vec() };
        let mut tx = db.store.begin().await.unwrap();
        tx.idempotency_answer(key, &answer).await.unwrap();
        tx.idempotency_free(key).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(take(&db, key, 7, at(HOUR)).await, KeyTaken::Answered(answer));
        assert_eq!(take(&db, key, 8, at(HOUR)).await, KeyTaken::Another);
        assert_eq!(take(&db, key, 8, at(24 * HOUR)).await, KeyTaken::Ours, "a day later it is free");
        assert_eq!(db.number("SELECT COUNT(*) FROM idempotency_keys").await, 2);
    }

    async fn a_named_request_that_died_or_came_to_nothing_may_begin_again(db) {
        assert_eq!(take(&db, (1, "a"), 7, at(0)).await, KeyTaken::Ours);
        assert_eq!(take(&db, (1, "a"), 7, at(HOUR / 6 - 1)).await, KeyTaken::UnderWay);
        assert_eq!(take(&db, (1, "a"), 8, at(HOUR / 6)).await, KeyTaken::Another);
        assert_eq!(take(&db, (1, "a"), 7, at(HOUR / 6)).await, KeyTaken::Ours);
        assert_eq!(take(&db, (1, "a"), 7, at(HOUR / 6)).await, KeyTaken::UnderWay);
        let mut tx = db.store.begin().await.unwrap();
        tx.idempotency_free((1, "a")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(take(&db, (1, "a"), 8, at(HOUR / 6)).await, KeyTaken::Ours);
    }
}
