//! Changes of calls since a bookmark: whoever follows them misses none, and sees no other's.

use std::time::Duration;

use domain::{
    AccountId, Because, Bookmark, CallStatus, ContactId, ContentHash, FoundBy, Placement, SourceId,
    WaitingReason,
};
use store::{ChangedCall, ChangedError, NewCall, Scope, Store, Tx};
use testkit::{Follower, Kind, TestDb, on_both_databases};
use tokio::task::JoinSet;

use crate::samples::{account, at, call, placed, source, write};

fn at_account(account: AccountId) -> Placement {
    let because = Because::AgentAssignment;
    Placement::Placed { account, agent: None, because, decided_by: None }
}

fn again(mut new: NewCall<'static>, version: i64) -> NewCall<'static> {
    new.version = version;
    new.content_hash = ContentHash::of(version.to_string().as_bytes());
    new
}

async fn moves(store: &Store, source: SourceId, to: Placement, ids: &[&str]) {
    let mut tx = store.begin().await.unwrap();
    tx.calls_move(source, to, ids).await.unwrap();
    tx.commit().await.unwrap();
}

/// Every change since the beginning, and where that is.
async fn all(store: &Store, scope: Scope) -> (Vec<ChangedCall>, Bookmark) {
    let page = store.calls_changed(scope, &Bookmark::default(), 1_000).await.unwrap();
    assert!(!page.has_more);
    (page.calls, page.next)
}

fn told(calls: &[ChangedCall]) -> Vec<(&str, bool)> {
    calls.iter().map(|it| (it.provider_call_id.as_str(), it.call.is_some())).collect()
}

/// Waits until somebody waits for a row that somebody else holds.
async fn somebody_waits(db: &TestDb) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async {
        while db.number(waiting).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waits).await.expect("somebody waits for it");
}

async fn writes(tx: &mut Tx, source: SourceId, id: &str) {
    tx.calls_write(source, 1, "poll", at(5), &[call(id, 7)]).await.unwrap();
}

on_both_databases! {
    async fn every_way_a_call_changes_is_one_change_for_whoever_follows(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        let acme = account(store, "acme").await;
        let mut follower = Follower::new(Scope::Operator);
        macro_rules! changes {
            ($what:literal, |$tx:ident| $change:expr) => {{
                let mut $tx = store.begin().await.unwrap();
                $change.await.unwrap();
                $tx.commit().await.unwrap();
                assert_eq!(follower.read(store, 50).await, (1, false), $what);
                assert_eq!(follower.wrong(store).await, Vec::<String>::new(), $what);
                let before = follower.since().clone();
                assert_eq!(follower.read(store, 50).await, (0, false), "{} is told once", $what);
                assert_eq!(follower.since(), &before, "nothing new moves nothing");
            }};
        }
        let ids = ["a".to_owned()];
        let first = [call("a", 7)];
        changes!("new", |tx| tx.calls_write(source, 1, "poll", at(5), &first));
        let changed = [again(call("a", 8), 2)];
        changes!("changed", |tx| tx.calls_write(source, 1, "poll", at(6), &changed));
        let mut stale = again(call("a", 9), 3);
        (stale.is_stale, stale.status_heard) = (true, Some(CallStatus::Ringing));
        let stale = [stale];
        changes!("contradicted", |tx| tx.calls_write(source, 1, "poll", at(7), &stale));
        changes!("placed", |tx| tx.calls_move(source, at_account(acme), &["a"]));
        let with = Some((ContactId(1), FoundBy::Phone));
        changes!("with a contact", |tx| tx.calls_link(source, with, &ids));
        changes!("of a campaign", |tx| tx.calls_campaigns_set(source, &[("a", "spring")]));
        changes!("erased", |tx| tx.calls_erase(source, &ids, b"{}", at(9)));
        let waits = Placement::Waiting { agent: None, reason: WaitingReason::NoAgentIdInCall };
        changes!("waiting again", |tx| tx.calls_move(source, waits, &["a"]));
    }

    async fn what_changes_nothing_makes_no_revision(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_write(source, 1, "poll", at(5), &[]).await.unwrap();
        tx.calls_move(source, at_account(AccountId(1)), &[]).await.unwrap();
        tx.calls_link(source, None, &[]).await.unwrap();
        tx.calls_campaigns_set(source, &[]).await.unwrap();
        tx.calls_erase(source, &[], b"{}", at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let mut dropped = db.store.begin().await.unwrap();
        writes(&mut dropped, source, "a").await;
        drop(dropped);
        assert_eq!(db.number("SELECT COUNT(*) FROM revisions").await, 0);
        assert_eq!(all(&db.store, Scope::Operator).await, (vec![], Bookmark::default()));
    }

    async fn a_call_that_leaves_an_account_is_told_to_it_without_a_word_more(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        let (acme, other) = (account(store, "acme").await, account(store, "other").await);
        let mut members = [acme, other].map(|of| Follower::new(Scope::Account(of)));
        let calls = [placed(acme, call("moved", 1)), placed(acme, call("read again", 2)),
            placed(acme, call("stays", 3)), placed(other, call("theirs", 4)), call("nobody's", 5)];
        write(store, source, &calls).await;
        for (member, ids) in members.iter_mut().zip([vec!["moved", "read again", "stays"], vec!["theirs"]]) {
            member.catch_up(store, 2).await;
            assert_eq!(member.ids(), ids);
        }
        moves(store, source, at_account(other), &["moved"]).await;
        // A later record may say that another agent handled it.
        write(store, source, &[again(placed(other, call("read again", 2)), 2)]).await;
        let page = store.calls_changed(Scope::Account(acme), members[0].since(), 9).await.unwrap();
        assert_eq!(told(&page.calls), [("moved", false), ("read again", false)]);
        for member in &mut members {
            assert_eq!(member.catch_up(store, 1).await, 2);
            assert_eq!(member.wrong(store).await, Vec::<String>::new());
        }
        // Operators see one call that changed, and nothing that left.
        let (everything, _) = all(store, Scope::Operator).await;
        assert_eq!(everything.len(), 5);
        assert!(everything.iter().all(|changed| changed.call.is_some()));
    }

    async fn a_call_that_came_back_is_told_as_it_is_and_not_as_gone(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        let (acme, other) = (account(store, "acme").await, account(store, "other").await);
        write(store, source, &[placed(acme, call("a", 1)), placed(acme, call("b", 1))]).await;
        let mut member = Follower::new(Scope::Account(acme));
        member.catch_up(store, 5).await;
        moves(store, source, at_account(other), &["a"]).await;
        moves(store, source, at_account(acme), &["a"]).await;
        // There and back within one transaction.
        let mut tx = store.begin().await.unwrap();
        tx.calls_move(source, at_account(other), &["b"]).await.unwrap();
        tx.calls_move(source, at_account(acme), &["b"]).await.unwrap();
        tx.calls_move(source, at_account(other), &["b"]).await.unwrap();
        tx.calls_move(source, at_account(acme), &["b"]).await.unwrap();
        tx.commit().await.unwrap();
        let page = store.calls_changed(Scope::Account(acme), member.since(), 9).await.unwrap();
        assert_eq!(told(&page.calls), [("a", true), ("b", true)]);
        let (theirs, _) = all(store, Scope::Account(other)).await;
        assert_eq!(told(&theirs), [("a", false), ("b", false)]);
    }

    async fn pages_of_any_length_tell_every_change_once(db) {
        let (store, sources) = (&db.store, [source(&db.store, "one").await, source(&db.store, "two").await]);
        let acme = account(store, "acme").await;
        for source in sources {
            let some: Vec<_> = (0..7).map(|n| placed(acme, call(&format!("c{n}"), n))).collect();
            write(store, source, &some).await;
            write(store, source, &[call("", 1), call("nul\0inside", 2), call("ключ 📞", 3)]).await;
            moves(store, source, at_account(account(store, "other").await), &["c1", "c2"]).await;
        }
        for (scope, calls) in [(Scope::Operator, 20), (Scope::Account(acme), 14)] {
            for count in [1, 2, 3, 5, 19, 20, 50] {
                let mut follower = Follower::new(scope);
                assert_eq!(follower.catch_up(store, count).await, calls, "by {count}");
                assert_eq!(follower.wrong(store).await, Vec::<String>::new(), "by {count}");
                assert_eq!(follower.since().to_string(), "r1_1.3_2.3", "by {count}");
            }
        }
    }

    async fn a_source_with_many_changes_keeps_no_other_waiting(db) {
        let store = &db.store;
        let (busy, quiet) = (source(store, "busy").await, source(store, "quiet").await);
        let many: Vec<_> = (0..50).map(|n| call(&format!("b{n:02}"), n)).collect();
        write(store, busy, &many).await;
        write(store, quiet, &[call("q", 1)]).await;
        let mut follower = Follower::new(Scope::Operator);
        assert_eq!(follower.read(store, 10).await, (10, true));
        assert_eq!(follower.read(store, 10).await, (10, true));
        assert!(follower.ids().contains(&"q"), "{:?}", follower.ids());
        assert_eq!(follower.catch_up(store, 10).await, 31);
    }

    async fn calls_that_were_stored_before_there_were_revisions_are_told_first(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        let many: Vec<_> = (0..30).map(|n| call(&format!("c{n:02}"), n)).collect();
        write(store, source, &many).await;
        db.execute("UPDATE calls SET revision = 0; DELETE FROM revisions;").await;
        let mut follower = Follower::new(Scope::Operator);
        assert_eq!(follower.read(store, 7).await, (7, true));
        // One that was told and one that was not.
        write(store, source, &[again(call("c03", 3), 2), again(call("c20", 3), 2)]).await;
        assert_eq!(follower.catch_up(store, 7).await, 24);
        assert_eq!(follower.wrong(store).await, Vec::<String>::new());
    }

    async fn a_bookmark_that_is_ahead_of_the_database_is_refused(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        write(store, source, &[call("a", 1)]).await;
        for text in ["r1_1.2", "r1_9.1", "r1_1.9223372036854775807.6161"] {
            let since: Bookmark = text.parse().unwrap();
            let error = store.calls_changed(Scope::Operator, &since, 5).await.unwrap_err();
            assert!(matches!(error, ChangedError::Ahead), "{text}: {error}");
        }
    }

    async fn of_a_source_in_which_nothing_was_ever_its_own_no_account_is_told_that_it_is_ahead(db) {
        let (store, source) = (&db.store, source(&db.store, "s").await);
        let mut accounts = Vec::new();
        for name in ["has calls", "had one", "never had any"] {
            accounts.push(account(store, name).await);
        }
        write(store, source, &[placed(accounts[0], call("a", 1)), placed(accounts[1], call("b", 1))]).await;
        moves(store, source, at_account(accounts[0]), &["b"]).await;
        let since: Bookmark = "r1_1.9".parse().unwrap();
        for (account, is_told) in accounts.into_iter().zip([true, true, false]) {
            let read = store.calls_changed(Scope::Account(account), &since, 5).await;
            assert_eq!(matches!(read, Err(ChangedError::Ahead)), is_told, "{account}: {read:?}");
            assert!(is_told || read.is_ok_and(|page| page.next == since));
        }
    }

    async fn changes_of_many_sources_are_read_together(db) {
        let store = &db.store;
        for n in 0..205 {
            let source = source(store, &format!("s{n}")).await;
            write(store, source, &[call("a", n)]).await;
        }
        for count in [50, 500] {
            let mut follower = Follower::new(Scope::Operator);
            assert_eq!(follower.catch_up(store, count).await, 205);
            assert_eq!(follower.wrong(store).await, Vec::<String>::new());
        }
    }
}

/// The later one has to wait until the former is seen, or a reader in between would pass over it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_who_write_one_source_are_seen_in_the_order_of_their_revisions() {
    TestDb::run(Kind::Postgres, |db| async move {
        let source = source(&db.store, "s").await;
        let mut follower = Follower::new(Scope::Operator);
        let mut first = db.store.begin().await.unwrap();
        writes(&mut first, source, "first").await;
        let store = db.store.clone();
        let mut second = JoinSet::new();
        second.spawn(async move {
            let mut second = store.begin().await.unwrap();
            writes(&mut second, source, "second").await;
            second.commit().await.unwrap();
        });
        somebody_waits(&db).await;
        assert_eq!(follower.read(&db.store, 5).await, (0, false));
        first.commit().await.unwrap();
        follower.read(&db.store, 5).await;
        assert!(follower.ids().contains(&"first"));
        second.join_all().await;
        follower.read(&db.store, 5).await;
        assert_eq!(follower.ids(), ["first", "second"]);
        assert_eq!(follower.since().to_string(), "r1_1.2");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_begins_first_and_commits_last_is_not_passed_over() {
    TestDb::run(Kind::Postgres, |db| async move {
        let source = source(&db.store, "s").await;
        let mut follower = Follower::new(Scope::Operator);
        let mut early = db.store.begin().await.unwrap();
        assert!(early.calls_known(source, &["late"]).await.unwrap().is_empty());
        write(&db.store, source, &[call("soon", 1)]).await;
        assert_eq!(follower.read(&db.store, 5).await, (1, false));
        writes(&mut early, source, "late").await;
        assert_eq!(follower.read(&db.store, 5).await, (0, false));
        early.commit().await.unwrap();
        assert_eq!(follower.read(&db.store, 5).await, (1, false));
        assert_eq!(follower.ids(), ["late", "soon"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_two_sources_do_not_wait_for_each_other() {
    TestDb::run(Kind::Postgres, |db| async move {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let mut follower = Follower::new(Scope::Operator);
        let mut slow = db.store.begin().await.unwrap();
        writes(&mut slow, one, "slow").await;
        write(&db.store, two, &[call("fast", 1)]).await;
        assert_eq!(follower.read(&db.store, 5).await, (1, false));
        slow.commit().await.unwrap();
        assert_eq!(follower.read(&db.store, 5).await, (1, false));
        assert_eq!(follower.ids(), ["slow", "fast"]);
    })
    .await;
}
