//! People who sign in, their accounts and their sessions.

use domain::users::{SESSION_IDLE_MAX, SESSION_MAX, UserName, UserRole};
use domain::{AccountId, Timestamp};
use store::{NewPassword, NewSession, NewUser, SessionUser, UserRow};
use testkit::{TestDb, on_both_databases};

use crate::samples::{account, at};

fn name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

async fn add_as(db: &TestDb, text: &str, role: UserRole, is_first: bool) -> Option<i64> {
    let (name, password_hash, is_temporary) = (&name(text), "$argon2id$x", true);
    let mut tx = db.store.begin().await.unwrap();
    let new = NewUser { name, role, password_hash, is_temporary, is_first };
    let added = tx.user_add(&new, "root\0", at(5)).await.unwrap();
    tx.commit().await.unwrap();
    added
}

pub async fn add(db: &TestDb, text: &str, role: UserRole) -> i64 {
    add_as(db, text, role, false).await.unwrap()
}

pub async fn user(db: &TestDb, text: &str) -> UserRow {
    db.store.user_by_name(&name(text)).await.unwrap().unwrap()
}

fn password(hash: &str) -> NewPassword<'_> {
    NewPassword { hash, is_temporary: false, instead_of: None }
}

async fn sign_in(db: &TestDb, user: i64, hash: u8, now: Timestamp) {
    let mut tx = db.store.begin().await.unwrap();
    let (secret_hash, address, agent) = ([hash; 32], "192.0.2.1", "Firefox\0");
    let new = NewSession { secret_hash, user, address, agent, has_password: true };
    tx.session_add(&new, now).await.unwrap();
    tx.commit().await.unwrap();
}

pub async fn session(db: &TestDb, hash: u8) -> Option<SessionUser> {
    db.store.session_by_hash(&[hash; 32]).await.unwrap()
}

on_both_databases! {
    async fn a_user_is_found_by_name_in_any_case(db) {
        let ann = add(&db, "Ann@Example.com", UserRole::Member).await;
        add(&db, "bob", UserRole::Operator).await;
        let row = user(&db, "ANN@example.COM").await;
        assert_eq!((row.user_id, row.name.as_str()), (ann, "Ann@Example.com"));
        assert_eq!((row.role().unwrap(), row.password_is_temporary), (UserRole::Member, 1));
        assert_eq!((row.created_at, row.created_by.as_str()), (5, "root\u{FFFD}"));
        assert_eq!((row.failures, row.locked_until, row.disabled_at), (0, None, None));
        assert_eq!(add_as(&db, "ANN@EXAMPLE.COM", UserRole::Operator, false).await, None);
        assert_eq!(db.store.user_get(ann).await.unwrap(), Some(row));
        assert_eq!(db.store.user_by_name(&name("ann")).await.unwrap(), None);
        let names = db.store.users_list().await.unwrap().into_iter().map(|row| row.name);
        assert_eq!(names.collect::<Vec<_>>(), ["Ann@Example.com", "bob"]);
        assert!(db.attempt("UPDATE users SET role = 'admin'").await.is_err());
    }

    async fn only_one_user_is_the_first(db) {
        assert!(add_as(&db, "ann", UserRole::Operator, true).await.is_some());
        assert_eq!(add_as(&db, "bob", UserRole::Operator, true).await, None);
        assert!(add_as(&db, "bob", UserRole::Operator, false).await.is_some());
    }

    async fn of_two_tries_at_once_one_is_counted(db) {
        let ann = add(&db, "ann", UserRole::Member).await;
        let before = user(&db, "ann").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_try(&before, 1, Some(at(60))).await.unwrap());
        assert!(!tx.user_try(&before, 1, None).await.unwrap(), "it looked before the first counted");
        tx.commit().await.unwrap();
        let row = user(&db, "ann").await;
        assert_eq!((row.failures, row.locked_until), (1, Some(60)));
        assert!(row.is_locked(at(59)) && !row.is_locked(at(60)));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_unlock(ann).await.unwrap());
        assert!(!tx.user_unlock(ann).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((user(&db, "ann").await.failures, user(&db, "ann").await.locked_until), (0, None));
    }

    async fn whoever_signs_in_has_no_failures_any_more(db) {
        add(&db, "ann", UserRole::Member).await;
        let before = user(&db, "ann").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.user_try(&before, 7, Some(at(60))).await.unwrap();
        assert!(tx.user_signed_in(&before, at(9)).await.unwrap());
        tx.commit().await.unwrap();
        let row = user(&db, "ann").await;
        assert_eq!((row.failures, row.locked_until, row.last_sign_in_at), (0, None, Some(9)));
    }

    async fn another_password_takes_locks_away(db) {
        let ann = add(&db, "ann", UserRole::Member).await;
        let before = user(&db, "ann").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.user_try(&before, 7, Some(at(60))).await.unwrap();
        assert!(tx.user_password(ann, password("$argon2id$y"), at(9)).await.unwrap());
        tx.commit().await.unwrap();
        let row = user(&db, "ann").await;
        assert_eq!((row.password_hash.as_str(), row.password_is_temporary), ("$argon2id$y", 0));
        assert_eq!((row.password_changed_at, row.failures, row.locked_until), (9, 0, None));
    }

    async fn nobody_comes_in_by_a_password_that_is_no_longer_theirs_or_once_they_are_shut_out(db) {
        let ann = add(&db, "ann", UserRole::Member).await;
        let before = user(&db, "ann").await;
        let mut tx = db.store.begin().await.unwrap();
        let other = NewPassword { instead_of: Some("$argon2id$z"), ..password("$argon2id$w") };
        assert!(!tx.user_password(ann, other, at(8)).await.unwrap(), "theirs is another");
        let new = NewPassword { instead_of: Some(&before.password_hash), ..password("$argon2id$y") };
        assert!(tx.user_password(ann, new, at(9)).await.unwrap());
        assert!(!tx.user_password(ann, new, at(9)).await.unwrap(), "it was changed meanwhile");
        assert!(!tx.user_signed_in(&before, at(10)).await.unwrap());
        tx.commit().await.unwrap();
        let now = user(&db, "ann").await;
        assert_eq!((now.password_hash.as_str(), now.last_sign_in_at), ("$argon2id$y", None));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_signed_in(&now, at(11)).await.unwrap());
        assert!(tx.user_came_in(ann, at(11)).await.unwrap());
        assert!(tx.user_disable(ann, Some(at(12))).await.unwrap());
        assert!(!tx.user_signed_in(&now, at(13)).await.unwrap());
        assert!(!tx.user_came_in(ann, at(13)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(user(&db, "ann").await.last_sign_in_at, Some(11));
    }

    async fn a_user_is_shut_out_once_and_let_in_once(db) {
        let ann = add(&db, "ann", UserRole::Operator).await;
        let bob = add(&db, "bob", UserRole::Operator).await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.operators_besides(ann).await.unwrap(), 1);
        assert!(tx.user_disable(bob, Some(at(7))).await.unwrap());
        assert!(!tx.user_disable(bob, Some(at(8))).await.unwrap(), "it keeps since when");
        assert_eq!(tx.operators_besides(ann).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(user(&db, "bob").await.disabled_at, Some(7));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_disable(bob, None).await.unwrap());
        assert!(!tx.user_disable(bob, None).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(user(&db, "bob").await.disabled_at, None);
    }

    async fn a_member_is_given_accounts_and_an_account_that_is_given_is_tied(db) {
        let (acme, elm) = (account(&db.store, "acme").await, account(&db.store, "Elm").await);
        let ann = add(&db, "ann", UserRole::Member).await;
        let mut tx = db.store.begin().await.unwrap();
        for given in [acme, elm] {
            assert!(tx.user_grant(ann, given).await.unwrap());
        }
        assert!(!tx.user_grant(ann, acme).await.unwrap());
        assert_eq!(tx.account_ties(acme).await.unwrap().users, 1);
        tx.commit().await.unwrap();
        let named = async |user| -> Vec<String> {
            let rows = db.store.user_accounts(user).await.unwrap();
            rows.into_iter().map(|row| row.account).collect()
        };
        assert_eq!(named(Some(ann)).await, ["Elm", "acme"]);
        assert_eq!(named(None).await, ["Elm", "acme"]);
        assert!(named(Some(ann + 1)).await.is_empty());
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_revoke(ann, acme).await.unwrap());
        assert!(!tx.user_revoke(ann, acme).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(named(Some(ann)).await, ["Elm"]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.user_grant(ann, AccountId(99)).await.unwrap_err().is_about_rows());
    }

    async fn a_session_is_found_by_the_hash_of_its_secret_with_its_user(db) {
        let acme = account(&db.store, "acme").await;
        let ann = add(&db, "ann", UserRole::Member).await;
        sign_in(&db, ann, 1, at(10)).await;
        let found = session(&db, 1).await.unwrap();
        assert_eq!((found.user_id, found.name.as_str()), (ann, "ann"));
        assert_eq!((found.role().unwrap(), found.account_id), (UserRole::Member, None));
        assert_eq!(session(&db, 2).await, None);
        let look = async || {
            let mut tx = db.store.begin().await.unwrap();
            tx.session_look_at(found.session_id, acme).await.unwrap();
            tx.commit().await.unwrap();
            session(&db, 1).await.unwrap().account_id
        };
        assert_eq!(look().await, None, "it is not theirs to look at");
        let mut tx = db.store.begin().await.unwrap();
        tx.user_grant(ann, acme).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(look().await, Some(acme.0));
        let mut tx = db.store.begin().await.unwrap();
        tx.user_revoke(ann, acme).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(session(&db, 1).await.unwrap().account_id, None, "it was taken from them");
    }

    async fn a_session_holds_while_it_is_used_and_its_user_is_let_in(db) {
        let ann = add(&db, "ann", UserRole::Member).await;
        sign_in(&db, ann, 1, at(0)).await;
        let row = session(&db, 1).await.unwrap();
        assert!(row.holds(at(0)) && !row.holds(at(0) + SESSION_IDLE_MAX));
        assert!(!row.is_use_stale(at(59_999)) && row.is_use_stale(at(60_000)));
        let seen = async |now| {
            let mut tx = db.store.begin().await.unwrap();
            tx.session_seen(row.session_id, now).await.unwrap();
            tx.commit().await.unwrap();
            db.store.sessions_list(ann).await.unwrap()[0].last_seen_at
        };
        assert_eq!(seen(at(59_999)).await, 0);
        assert_eq!(seen(at(60_000)).await, 60_000);
        assert!(session(&db, 1).await.unwrap().holds(at(0) + SESSION_IDLE_MAX));
        let mut tx = db.store.begin().await.unwrap();
        tx.user_disable(ann, Some(at(1))).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!session(&db, 1).await.unwrap().holds(at(2)));
    }

    async fn sessions_are_ended_one_or_all_and_old_ones_are_forgotten(db) {
        let (ann, bob) = (add(&db, "ann", UserRole::Member).await, add(&db, "bob", UserRole::Member).await);
        for hash in 1..=3 {
            sign_in(&db, ann, hash, at(i64::from(hash))).await;
        }
        sign_in(&db, bob, 4, at(4)).await;
        let listed = db.store.sessions_list(ann).await.unwrap();
        let begun: Vec<i64> = listed.iter().map(|row| row.created_at).collect();
        assert_eq!(begun, [3, 2, 1]);
        let told = (listed[0].address.as_str(), listed[0].agent.as_str());
        assert_eq!(told, ("192.0.2.1", "Firefox\u{FFFD}"));
        let mut tx = db.store.begin().await.unwrap();
        tx.session_end(listed[0].session_id).await.unwrap();
        assert_eq!(tx.sessions_end(ann, listed[1].session_id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(db.store.sessions_list(ann).await.unwrap(), [listed[1].clone()]);
        assert!(session(&db, 4).await.is_some(), "another's go on");
        sign_in(&db, bob, 5, at(4) + SESSION_MAX).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM sessions").await, 1);
    }
}
