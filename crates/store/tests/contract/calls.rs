//! Calls: known, written, listed, placed again; and their observations.

use domain::{AccountId, CallStatus, ContentHash, Phone, ProviderCallId, SourceId};
use store::{CallFilter, CallKey, Scope, Store};
use testkit::on_both_databases;

use crate::samples::{account, at, call, observation, placed, source, write};

fn key(source: SourceId, id: &str) -> CallKey {
    CallKey { source, id: ProviderCallId(id.to_owned()) }
}

/// Every id of a list, read in pages.
async fn ids(store: &Store, scope: Scope, mut filter: CallFilter, page: i64) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let rows = store.calls_list(scope, &filter, page).await.unwrap();
        let Some(last) = rows.last() else { return all };
        filter.after = Some((last.occurred_at, last.provider_call_id.clone()));
        all.extend(rows.into_iter().map(|row| row.provider_call_id));
    }
}

on_both_databases! {
    async fn as_many_calls_are_known_as_were_written(db) {
        for count in [0, 1, 511, 512, 513, 1500] {
            let source = source(&db.store, &format!("of {count}")).await;
            let names: Vec<String> = (0..count).map(|n| format!("c{n}")).collect();
            let calls: Vec<_> = names.iter().map(|name| call(name, 7)).collect();
            write(&db.store, source, &calls).await;
            let mut asked: Vec<&str> = names.iter().map(String::as_str).collect();
            asked.push("nobody");
            let known = db.store.calls_known(source, &asked).await.unwrap();
            assert_eq!(known.len(), count);
            assert!(calls.iter().all(|c| {
                known[&c.call.provider_call_id.0].content_hash == c.content_hash
            }));
        }
        let source = source(&db.store, "of 1").await;
        assert!(db.store.calls_known(source, &[]).await.unwrap().is_empty());
    }

    async fn of_an_older_record_only_that_it_was_seen_is_written(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "other").await);
        let mine = account(&db.store, "Maple").await;
        write(&db.store, one, &[placed(mine, call("a", 7)), call("b", 8)]).await;
        write(&db.store, other, &[call("a", 7)]).await;
        let mut stale = call("a", 9);
        (stale.version, stale.is_stale) = (2, true);
        stale.content_hash = ContentHash::of(b"older");
        stale.status_heard = Some(CallStatus::Ringing);
        write(&db.store, one, &[stale]).await;
        let held = db.store.call_get(Scope::Operator, &key(one, "a")).await.unwrap().unwrap();
        assert_eq!((held.occurred_at, held.placement.as_str(), held.version), (7, "placed", 2));
        assert_eq!(held.status_heard.as_deref(), Some("ringing"));
        let known = &db.store.calls_known(one, &["a"]).await.unwrap()["a"];
        assert_eq!(known.content_hash, ContentHash::of(b"older"));
        assert_eq!((known.status, known.is_provisional), (CallStatus::Completed, false));

        for (scope, expected) in [
            (Scope::Operator, 1), (Scope::Account(mine), 1), (Scope::Account(AccountId(99)), 0),
        ] {
            assert_eq!(db.store.calls_in_conflict(scope, one).await.unwrap(), expected);
        }
        assert_eq!(db.store.calls_in_conflict(Scope::Operator, other).await.unwrap(), 0);
        let filter = CallFilter { is_in_conflict: true, ..CallFilter::default() };
        assert_eq!(ids(&db.store, Scope::Operator, filter, 5).await, ["a"]);
        // A later record without a contradiction takes it away.
        let mut again = placed(mine, call("a", 7));
        again.version = 3;
        write(&db.store, one, &[again]).await;
        assert_eq!(db.store.calls_in_conflict(Scope::Operator, one).await.unwrap(), 0);
    }

    async fn calls_are_found_by_how_their_ids_begin(db) {
        let source_id = source(&db.store, "s").await;
        let names = ["vl-17-5-1", "vl-17-5-2", "vl-17-55-1", "vl-17-5", "VL-17-5-1", "vl-17-5-\u{e9}"];
        let calls: Vec<_> = names.iter().map(|name| call(name, 7)).collect();
        write(&db.store, source_id, &calls).await;
        let other = source(&db.store, "other").await;
        write(&db.store, other, &[call("vl-17-5-9", 7)]).await;
        let found = |start: &'static str| db.store.calls_beginning(source_id, start);
        let expected = ["vl-17-5-1", "vl-17-5-2", "vl-17-5-\u{e9}"];
        assert_eq!(found("vl-17-5-").await.unwrap(), expected);
        assert_eq!(found("vl-17-55-").await.unwrap(), ["vl-17-55-1"]);
        assert!(found("vl-18-").await.unwrap().is_empty());
    }

    async fn a_call_written_again_keeps_how_it_became_known(db) {
        let source = source(&db.store, "s").await;
        write(&db.store, source, &[call("a", 7)]).await;
        let mut changed = call("a", 8);
        changed.version = 2;
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_write(source, 2, "webhook", at(9), &[changed]).await.unwrap();
        let known = tx.calls_known(source, &["a"]).await.unwrap().remove("a").unwrap();
        tx.commit().await.unwrap();
        assert_eq!((known.version, known.changed_run), (2, 2));
        let row = db.store.call_get(Scope::Operator, &key(source, "a")).await.unwrap().unwrap();
        assert_eq!((row.first_seen_at, row.changed_at, row.occurred_at), (5, 9, 8));
        assert_eq!(row.first_seen_by, "poll");
    }

    async fn a_dropped_transaction_leaves_nothing(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_write(source, 1, "poll", at(5), &[call("a", 7)]).await.unwrap();
        tx.observations_add(source, 1, "poll", at(5), &[observation("a", 1, b"{}")]).await.unwrap();
        drop(tx);
        assert!(db.store.calls_known(source, &["a"]).await.unwrap().is_empty());
        assert_eq!(db.number("SELECT COUNT(*) FROM observations").await, 0);
    }

    async fn ids_of_any_kind_come_back_as_asked(db) {
        let source = source(&db.store, "s").await;
        let long = "x".repeat(2000);
        let names = ["", "ключ 📞", "nul\0inside", "it's \"quoted\"", long.as_str()];
        let calls: Vec<_> = names.iter().map(|name| call(name, i64::MAX - 1)).collect();
        write(&db.store, source, &calls).await;
        let known = db.store.calls_known(source, &names).await.unwrap();
        for name in names {
            assert!(known.contains_key(name), "{name:?}");
            let row = db.store.call_get(Scope::Operator, &key(source, name)).await.unwrap().unwrap();
            assert_eq!(row.provider_call_id, name.replace('\0', "\u{FFFD}"));
        }
    }

    async fn a_raw_record_keeps_its_bytes(db) {
        let source = source(&db.store, "s").await;
        write(&db.store, source, &[call("a\0", 1)]).await;
        let mut tx = db.store.begin().await.unwrap();
        let rows = [observation("a\0", 2, b"two"), observation("a\0", 1, b"\0\xff")];
        tx.observations_add(source, 4, "poll", at(i64::MIN), &rows).await.unwrap();
        tx.commit().await.unwrap();
        let seen = db.store.observations_of(Scope::Operator, &key(source, "a\0")).await.unwrap();
        let raws: Vec<&[u8]> = seen.iter().map(|row| row.raw.as_slice()).collect();
        assert_eq!(raws, [b"\0\xff".as_slice(), b"two"]);
        assert_eq!((seen[0].seen_at, seen[0].run_id), (i64::MIN, 4));
    }

    async fn a_content_observed_twice_is_refused(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        let twice = [observation("a", 1, b"x"), observation("a", 1, b"x")];
        let error = tx.observations_add(source, 1, "poll", at(1), &twice).await.unwrap_err();
        assert!(error.is_about_rows(), "{error}");
    }

    async fn many_observations_are_all_kept(db) {
        let source = source(&db.store, "s").await;
        let rows: Vec<_> = (1..=1500).map(|n| observation("a", n, b"x")).collect();
        let mut tx = db.store.begin().await.unwrap();
        tx.observations_add(source, 1, "poll", at(1), &[]).await.unwrap();
        tx.observations_add(source, 1, "poll", at(1), &rows).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM observations").await, 1500);
    }

    async fn pages_show_every_call_once_over_equal_times(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let calls: Vec<_> = (0..23).map(|n| call(&format!("c{n:02}"), n / 10)).collect();
        write(&db.store, one, &calls).await;
        write(&db.store, two, &calls[..7]).await;
        let mut expected: Vec<String> = (0..23).rev().map(|n| format!("c{n:02}")).collect();
        for page in [1, 2, 3, 50] {
            let filter = CallFilter { source: Some(one), ..CallFilter::default() };
            assert_eq!(ids(&db.store, Scope::Operator, filter, page).await, expected);
        }
        expected.extend((0..7).map(|n| format!("c{n:02}")));
        expected.sort_unstable_by(|a, b| b.cmp(a));
        for page in [1, 2, 3, 50] {
            let all = ids(&db.store, Scope::Operator, CallFilter::default(), page).await;
            assert_eq!(all, expected, "twins in two sources, by {page}");
        }
    }

    async fn pages_of_an_account_show_twins_of_two_sources_too(db) {
        let sources = [source(&db.store, "one").await, source(&db.store, "two").await];
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        for source in sources {
            let mine = (0..9).map(|n| placed(acme, call(&format!("c{n}"), n / 4)));
            let theirs = (0..9).map(|n| placed(other, call(&format!("d{n}"), n / 4)));
            write(&db.store, source, &mine.chain(theirs).collect::<Vec<_>>()).await;
        }
        let mut expected: Vec<String> = (0..9).flat_map(|n| [format!("c{n}"), format!("c{n}")]).collect();
        expected.reverse();
        for page in [1, 2, 3, 7, 50] {
            let all = ids(&db.store, Scope::Account(acme), CallFilter::default(), page).await;
            assert_eq!(all, expected, "by {page}");
            let placed = CallFilter { placement: Some("placed".to_owned()), ..CallFilter::default() };
            assert_eq!(ids(&db.store, Scope::Account(acme), placed, page).await, expected);
        }
    }

    async fn texts_are_ordered_by_their_bytes(db) {
        let source = source(&db.store, "s").await;
        let calls: Vec<_> = ["a", "B", "é", "_", "z"].map(|id| call(id, 1)).into();
        write(&db.store, source, &calls).await;
        let all = ids(&db.store, Scope::Operator, CallFilter::default(), 2).await;
        assert_eq!(all, ["é", "z", "a", "_", "B"]);
    }

    async fn a_filter_narrows_by_time_and_placement(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let calls = [call("a", 1), placed(acme, call("b", 2)), call("c", 3)];
        write(&db.store, source, &calls).await;
        let waiting = CallFilter { placement: Some("waiting".to_owned()), ..CallFilter::default() };
        assert_eq!(ids(&db.store, Scope::Operator, waiting, 1).await, ["c", "a"]);
        let half_open = CallFilter { from: Some(at(1)), to: Some(at(3)), ..CallFilter::default() };
        assert_eq!(ids(&db.store, Scope::Operator, half_open, 5).await, ["b", "a"]);
    }

    async fn a_number_is_found_on_either_side_in_any_year_of_every_source(db) {
        const DAY: i64 = 86_400_000;
        let (one, other) = (source(&db.store, "one").await, source(&db.store, "other").await);
        let acme = account(&db.store, "acme").await;
        let with = |id: &'static str, day: i64, from: &str, to: &str| {
            let mut new = call(id, day * DAY + 7);
            let phone = |e164: &str| {
                (!e164.is_empty()).then(|| Phone { raw: e164.to_owned(), e164: Some(e164.to_owned()) })
            };
            (new.call.to_mut().from, new.call.to_mut().to) = (phone(from), phone(to));
            new
        };
        let (asked, else_one) = ("+12015550101", "+12015550102");
        write(&db.store, one, &[
            with("long ago", -20_000, asked, else_one),
            placed(acme, with("to itself", 20_000, asked, asked)),
            with("another", 20_001, else_one, ""),
            with("to", 20_002, "", asked),
            with("twin", 20_003, else_one, asked),
            with("far ahead", 9_000_000_000, asked, ""),
        ]).await;
        write(&db.store, other, &[with("twin", 20_003, asked, else_one)]).await;
        let of = CallFilter { number: Some(asked.to_owned()), ..CallFilter::default() };
        let all = ["far ahead", "twin", "twin", "to", "to itself", "long ago"];
        for page in [1, 2, 50] {
            assert_eq!(ids(&db.store, Scope::Operator, of.clone(), page).await, all);
        }
        let of_other = CallFilter { source: Some(other), ..of.clone() };
        assert_eq!(ids(&db.store, Scope::Operator, of_other, 5).await, ["twin"]);
        assert_eq!(ids(&db.store, Scope::Account(acme), of.clone(), 5).await, ["to itself"]);
        let day = |day: i64| Some(at(day * DAY));
        let some = CallFilter { from: day(20_001), to: day(20_003), ..of };
        assert_eq!(ids(&db.store, Scope::Operator, some, 5).await, ["to"]);
        let nobody = CallFilter { number: Some("+12015550103".to_owned()), ..CallFilter::default() };
        assert!(ids(&db.store, Scope::Operator, nobody, 5).await.is_empty());
    }

    async fn an_account_sees_its_own_calls_only(db) {
        let source = source(&db.store, "s").await;
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let calls = [placed(acme, call("a", 1)), placed(other, call("b", 2)), call("c", 3)];
        write(&db.store, source, &calls).await;
        let mut tx = db.store.begin().await.unwrap();
        let raw = [observation("a", 1, b"a"), observation("b", 1, b"b")];
        tx.observations_add(source, 1, "poll", at(1), &raw).await.unwrap();
        tx.commit().await.unwrap();

        let scope = Scope::Account(acme);
        assert_eq!(ids(&db.store, scope, CallFilter::default(), 1).await, ["a"]);
        assert!(db.store.call_get(scope, &key(source, "b")).await.unwrap().is_none());
        assert!(db.store.call_get(scope, &key(source, "c")).await.unwrap().is_none());
        assert_eq!(db.store.observations_of(scope, &key(source, "a")).await.unwrap().len(), 1);
        assert!(db.store.observations_of(scope, &key(source, "b")).await.unwrap().is_empty());
        let totals = db.store.totals(scope, source).await.unwrap();
        assert_eq!((totals.calls, totals.placed, totals.waiting), (1, 1, 0));
        assert!(db.store.waiting_groups(scope, source).await.unwrap().is_empty());
    }

    async fn totals_add_up_and_nothing_is_zero(db) {
        let (full, empty) = (source(&db.store, "full").await, source(&db.store, "empty").await);
        let acme = account(&db.store, "acme").await;
        let calls = [call("a", -5), placed(acme, call("b", 2)), call("c", i64::MAX)];
        write(&db.store, full, &calls).await;
        let totals = db.store.totals(Scope::Operator, full).await.unwrap();
        assert_eq!((totals.calls, totals.placed, totals.waiting, totals.excluded), (3, 1, 2, 0));
        assert_eq!((totals.oldest, totals.newest), (Some(-5), Some(i64::MAX)));
        let groups = db.store.waiting_groups(Scope::Operator, full).await.unwrap();
        assert_eq!((groups.len(), groups[0].calls, groups[0].oldest), (1, 2, -5));
        assert_eq!(db.store.totals(Scope::Operator, empty).await.unwrap(), store::Totals::default());
    }
}
