//! By what an identity provider knows people, and their way there and back.

use domain::users::{EmailAddress, TRIP_MAX, UserRole};
use store::NewSession;
use testkit::{TestDb, on_both_databases};

use crate::samples::at;
use crate::users::{add, session, user};

async fn enter(db: &TestDb, user: i64, email: &str) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let email = EmailAddress::new(email).unwrap();
    let is_entered = tx.identity_enter(user, &email).await.unwrap();
    tx.commit().await.unwrap();
    is_entered
}

async fn link(db: &TestDb, user: i64, email: &str, names: (&str, &str)) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let email = EmailAddress::new(email).unwrap();
    let is_linked = tx.identity_link(user, &email, names, at(7)).await.unwrap();
    tx.commit().await.unwrap();
    is_linked
}

async fn by_address(db: &TestDb, email: &str) -> Option<i64> {
    let email = EmailAddress::new(email).unwrap();
    db.store.user_by_address(&email).await.unwrap().map(|row| row.user_id)
}

on_both_databases! {
    async fn an_address_is_one_users_until_it_is_taken_away(db) {
        let (ann, bob) = (add(&db, "ann", UserRole::Member).await, add(&db, "bob", UserRole::Member).await);
        assert!(enter(&db, ann, "Ann@Example.com").await);
        assert!(!enter(&db, bob, "ann@example.COM").await, "it is another's");
        assert!(enter(&db, ann, "ann@example.com").await && enter(&db, bob, "bob@example.com").await);
        assert!(!enter(&db, bob, "ann@example.com").await, "it is another's though they have one");
        assert_eq!((by_address(&db, "ANN@example.com").await, by_address(&db, "eve@example.com").await), (Some(ann), None));
        let all = db.store.identities_list().await.unwrap();
        assert_eq!(all.iter().map(|row| (row.user_id, row.email.as_str())).collect::<Vec<_>>(), [(ann, "ann@example.com"), (bob, "bob@example.com")]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.identity_take(ann).await.unwrap() && !tx.identity_take(ann).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.identity_of(ann).await.unwrap(), None);
        assert!(enter(&db, bob, "ann@example.com").await);
    }

    async fn whoever_is_linked_is_found_by_the_subject_and_no_longer_by_the_address(db) {
        let (ann, bob) = (add(&db, "ann", UserRole::Member).await, add(&db, "bob", UserRole::Member).await);
        let (email, names) = ("ann@example.com", ("https://login.example.com", "subject-1"));
        enter(&db, ann, email).await;
        enter(&db, bob, "bob@example.com").await;
        assert!(!link(&db, bob, email, names).await, "it is not theirs");
        assert!(link(&db, ann, "ANN@example.com", names).await);
        assert!(!link(&db, ann, email, (names.0, "subject-2")).await, "they are linked");
        let found = async |names: (&str, &str)| {
            let row = db.store.user_by_subject(names.0, names.1).await.unwrap();
            row.map(|row| row.user_id)
        };
        assert_eq!((found(names).await, by_address(&db, email).await), (Some(ann), None));
        assert_eq!(found((names.0, "SUBJECT-1")).await, None, "subjects are of their letters");
        assert_eq!(found(("https://other.example.com", names.1)).await, None);
        let row = db.store.identity_of(ann).await.unwrap().unwrap();
        assert_eq!((row.issuer.as_deref(), row.subject.as_deref(), row.linked_at), (Some(names.0), Some(names.1), Some(7)));
        assert!(db.attempt("UPDATE user_identities SET issuer = NULL").await.is_err(), "both or neither");
        let twice = "UPDATE user_identities SET issuer = 'https://login.example.com', subject = 'subject-1', linked_at = 1";
        assert!(db.attempt(twice).await.is_err(), "a subject is one user's");
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.identity_unlink(ann).await.unwrap() && !tx.identity_unlink(ann).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((found(names).await, by_address(&db, email).await), (None, Some(ann)));
        link(&db, ann, email, names).await;
        enter(&db, ann, "ann@example.org").await;
        assert_eq!((found(names).await, by_address(&db, "ann@example.org").await), (None, Some(ann)), "another address ends it");
    }

    async fn a_trip_ends_once_and_within_its_time(db) {
        let begin = async |hash: u8, now| {
            let mut tx = db.store.begin().await.unwrap();
            tx.trip_add(&[hash; 32], "/calls\0", now).await.unwrap();
            tx.commit().await.unwrap();
        };
        let end = async |hash: u8, now| {
            let mut tx = db.store.begin().await.unwrap();
            let next = tx.trip_end(&[hash; 32], now).await.unwrap();
            tx.commit().await.unwrap();
            next
        };
        begin(1, at(0)).await;
        begin(2, at(1)).await;
        let under_way = async |hash: u8, now| db.store.is_trip_under_way(&[hash; 32], now).await.unwrap();
        assert!(under_way(1, at(0)).await && !under_way(3, at(0)).await);
        let last = at(0) + TRIP_MAX;
        assert!(!under_way(1, last).await && under_way(2, last).await);
        assert_eq!(end(1, last).await, None, "it took too long");
        assert_eq!(end(2, last).await.as_deref(), Some("/calls\u{FFFD}"));
        assert_eq!(end(2, last).await, None, "once");
        begin(3, last).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 1, "the first is forgotten");
    }

    async fn whoever_comes_without_a_password_chooses_none(db) {
        let ann = add(&db, "ann", UserRole::Member).await;
        for (hash, has_password) in [(1, true), (2, false)] {
            let mut tx = db.store.begin().await.unwrap();
            let new = NewSession { secret_hash: [hash; 32], user: ann, address: "", agent: "", has_password };
            tx.session_add(&new, at(0)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(session(&db, hash).await.unwrap().must_change_password(), has_password);
        }
        let before = user(&db, "ann").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_try(&before, 5, Some(at(9))).await.unwrap());
        assert!(tx.user_came_in(ann, at(8)).await.unwrap());
        tx.commit().await.unwrap();
        let row = user(&db, "ann").await;
        assert_eq!((row.failures, row.locked_until, row.last_sign_in_at), (5, Some(9), Some(8)));
    }
}
