//! Other names of calls, and the witnesses they lead to.

use std::borrow::Cow;
use std::collections::HashSet;

use domain::{Alias, ProviderCallId, ProviderKind, SourceId, Window};
use store::{CallKey, NewAliases, NewCall, Scope, SpanCall, Store};
use testkit::on_both_databases;

use crate::samples::{account, at, call, placed, source, write};

async fn source_of(store: &Store, name: &str, kind: ProviderKind) -> SourceId {
    let mut tx = store.begin().await.unwrap();
    let row = tx.source_ensure(name, kind, "scope", at(0), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

fn alias(kind: &str, id: &str) -> Alias {
    Alias { kind: kind.to_owned(), id: id.to_owned() }
}

/// Says these names of calls: `("call", [("kind", "id"), …])`.
async fn say(store: &Store, source: SourceId, is_new: bool, said: &[(&str, &[(&str, &str)])]) {
    let calls: Vec<NewAliases> = said
        .iter()
        .map(|(call, names)| NewAliases {
            provider_call_id: Cow::Borrowed(*call),
            at: 7,
            at_before: (!is_new).then_some(7),
            aliases: names.iter().map(|(kind, id)| Cow::Owned(alias(kind, id))).collect(),
        })
        .collect();
    let mut tx = store.begin().await.unwrap();
    tx.aliases_write(source, &calls).await.unwrap();
    tx.commit().await.unwrap();
}

async fn span(store: &Store, source: SourceId) -> Vec<SpanCall> {
    let window = Window::new(at(0), at(1000)).unwrap();
    store.calls_with_aliases(Scope::Operator, source, window, None, 1000).await.unwrap()
}

/// Every name of every call, as `call kind=id`.
async fn held(store: &Store, source: SourceId) -> Vec<String> {
    let calls = span(store, source).await.into_iter();
    let lines = calls.flat_map(|SpanCall { provider_call_id: call, aliases, .. }| {
        let line = move |Alias { kind, id }| format!("{call} {kind}={id}");
        aliases.into_iter().map(line).collect::<Vec<_>>()
    });
    lines.collect()
}

/// Ids of the other witnesses, in order.
async fn legs(store: &Store, scope: Scope, source: SourceId, id: &str) -> Vec<String> {
    let key = CallKey { source, id: ProviderCallId(id.to_owned()) };
    let legs = store.legs_of(scope, &key).await.unwrap();
    legs.into_iter().map(|leg| format!("{}:{}", leg.source, leg.provider_call_id)).collect()
}

on_both_databases! {
    async fn as_many_names_are_held_as_were_said(db) {
        for count in [0, 1, 63, 64, 65, 600] {
            let source = source(&db.store, &format!("of {count}")).await;
            let names: Vec<String> = (0..count).map(|n| format!("c{n}")).collect();
            let calls: Vec<_> = names.iter().map(|name| call(name, 7)).collect();
            write(&db.store, source, &calls).await;
            let one = [("highlevel_message", "m")];
            let said: Vec<(&str, &[(&str, &str)])> =
                names.iter().map(|name| (name.as_str(), &one[..])).collect();
            say(&db.store, source, true, &said).await;
            assert_eq!(held(&db.store, source).await.len(), count);
        }
    }

    async fn a_kind_said_again_replaces_itself_and_leaves_the_others(db) {
        let source = source(&db.store, "s").await;
        write(&db.store, source, &[call("a", 7), call("b", 8)]).await;
        let names = [("twilio_call", "CA1"), ("twilio_call", "CA2"), ("highlevel_message", "m")];
        say(&db.store, source, true, &[("a", &names), ("b", &[("twilio_call", "CA1")])]).await;
        let again = [("twilio_call", "CA2"), ("twilio_call", "CA\u{0}3")];
        for _ in 0..2 {
            say(&db.store, source, false, &[("a", &again), ("b", &[])]).await;
            assert_eq!(held(&db.store, source).await, [
                "a highlevel_message=m", "a twilio_call=CA2", "a twilio_call=CA\u{fffd}3",
                "b twilio_call=CA1",
            ]);
        }
    }

    async fn names_follow_a_call_whose_time_changes(db) {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let source = source(&db.store, "s").await;
        let (early, late) = (call("a", 7), call("a", 7 + 40 * DAY));
        let window = Window::new(at(0), at(41 * DAY)).unwrap();
        write(&db.store, source, &[early]).await;
        let names = [("twilio_call", "CA1"), ("highlevel_message", "m")];
        say(&db.store, source, true, &[("a", &names)]).await;
        write(&db.store, source, &[NewCall { version: 2, ..late }]).await;
        let said = NewAliases {
            provider_call_id: "a".into(),
            at: 7 + 40 * DAY,
            at_before: Some(7),
            aliases: vec![Cow::Owned(alias("twilio_call", "CA2"))],
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.aliases_write(source, &[said]).await.unwrap();
        tx.commit().await.unwrap();
        let scope = Scope::Operator;
        let page = db.store.calls_with_aliases(scope, source, window, None, 9).await.unwrap();
        assert_eq!(page[0].aliases, [alias("highlevel_message", "m"), alias("twilio_call", "CA2")]);
        let left = db.number("SELECT COUNT(*) FROM aliases").await;
        assert_eq!(left, 2, "nothing of it stays on the day it was");
    }

    async fn names_of_a_few_calls_are_found_by_their_key(db) {
        let source = source(&db.store, "s").await;
        let ids: Vec<String> = (0..3_000).map(|n| format!("c{n}")).collect();
        let name = [("highlevel_message", "m")];
        let said: Vec<(&str, &[(&str, &str)])> =
            ids.iter().map(|id| (id.as_str(), &name[..])).collect();
        say(&db.store, source, true, &said).await;
        if db.store.engine() == store::Engine::Postgres {
            db.execute("ANALYZE").await;
        }
        let plan = db.store.aliases_plan().await.unwrap().join("\n");
        let key = ["(day=? AND provider_call_id=?)", "Index Cond: ((day = "];
        assert!(key.iter().any(|words| plan.contains(words)), "not found by their key:\n{plan}");
        for all in ["SCAN a", "Seq Scan"] {
            assert!(!plan.contains(all), "found by reading all names:\n{plan}");
        }
    }

    async fn names_said_in_a_dropped_transaction_are_not_held(db) {
        let source = source(&db.store, "s").await;
        write(&db.store, source, &[call("a", 7)]).await;
        let mut tx = db.store.begin().await.unwrap();
        let aliases = vec![Cow::Owned(alias("twilio_call", "CA1"))];
        let (at, at_before) = (7, None);
        let said = NewAliases { provider_call_id: "a".into(), at, at_before, aliases };
        tx.aliases_write(source, &[said]).await.unwrap();
        drop(tx);
        assert_eq!(held(&db.store, source).await, [""; 0]);
    }

    async fn witnesses_are_found_in_both_directions(db) {
        let line = source_of(&db.store, "line", ProviderKind::Twilio).await;
        let voice = source_of(&db.store, "voice", ProviderKind::Elevenlabs).await;
        let other = source_of(&db.store, "other", ProviderKind::Elevenlabs).await;
        write(&db.store, line, &[call("CA1", 10), call("CA2", 11), call("CA9", 12)]).await;
        write(&db.store, voice, &[call("v", 13), call("w", 14)]).await;
        write(&db.store, other, &[call("v", 15), call("x", 16)]).await;
        say(&db.store, line, true, &[("CA2", &[("twilio_parent_call", "CA1")])]).await;
        say(&db.store, voice, true, &[("v", &[("twilio_call", "CA2")])]).await;
        // A third that nobody has, named by two.
        say(&db.store, voice, true, &[("w", &[("twilio_call", "CA7")])]).await;
        say(&db.store, other, true, &[("x", &[("twilio_call", "CA7")])]).await;
        let all = Scope::Operator;
        assert_eq!(legs(&db.store, all, voice, "v").await, ["line:CA1", "line:CA2"]);
        assert_eq!(legs(&db.store, all, line, "CA1").await, ["line:CA2", "voice:v"]);
        assert_eq!(legs(&db.store, all, line, "CA2").await, ["line:CA1", "voice:v"]);
        assert_eq!(legs(&db.store, all, voice, "w").await, ["other:x"]);
        assert_eq!(legs(&db.store, all, line, "CA9").await, [""; 0]);
        assert_eq!(legs(&db.store, all, other, "v").await, [""; 0], "the same id elsewhere");
        assert_eq!(legs(&db.store, all, other, "nobody").await, [""; 0]);
        assert_eq!(legs(&db.store, all, line, "CA7").await, [""; 0], "not held");
    }

    async fn a_leg_of_another_account_is_neither_shown_nor_gone_through(db) {
        let line = source_of(&db.store, "line", ProviderKind::Twilio).await;
        let voice = source_of(&db.store, "voice", ProviderKind::Elevenlabs).await;
        let (mine, theirs) = (account(&db.store, "mine").await, account(&db.store, "theirs").await);
        let parent = placed(mine, call("CA1", 10));
        write(&db.store, line, &[parent, placed(theirs, call("CA2", 11))]).await;
        write(&db.store, voice, &[placed(mine, call("v", 13)), call("waiting", 14)]).await;
        say(&db.store, line, true, &[("CA2", &[("twilio_parent_call", "CA1")])]).await;
        let name = [("twilio_call", "CA2")];
        say(&db.store, voice, true, &[("v", &name), ("waiting", &[("twilio_call", "CA1")])]).await;
        let scope = Scope::Account(mine);
        let all = legs(&db.store, Scope::Operator, voice, "v").await;
        assert_eq!(all, ["line:CA1", "line:CA2", "voice:waiting"]);
        assert_eq!(legs(&db.store, scope, voice, "v").await, [""; 0]);
        assert_eq!(legs(&db.store, scope, line, "CA1").await, [""; 0]);
        assert_eq!(legs(&db.store, scope, line, "CA2").await, [""; 0], "not theirs to ask for");
        let theirs = Scope::Account(theirs);
        assert_eq!(legs(&db.store, theirs, line, "CA2").await, [""; 0]);
    }

    async fn calls_of_a_span_come_page_by_page_with_their_names(db) {
        let one = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let calls = [call("early", 9), call("b", 10), call("a", 10), placed(acme, call("c", 11))];
        write(&db.store, one, &calls).await;
        write(&db.store, one, &[call("late", 20)]).await;
        say(&db.store, one, true, &[("a", &[("twilio_call", "CA1")])]).await;
        let window = Window::new(at(10), at(20)).unwrap();
        let page = |scope, after, count| {
            let store = db.store.clone();
            async move {
                let page = store.calls_with_aliases(scope, one, window, after, count).await.unwrap();
                let line = |it: SpanCall| (it.provider_call_id, it.aliases.len());
                page.into_iter().map(line).collect::<Vec<_>>()
            }
        };
        let line = |id: &str, names| (id.to_owned(), names);
        let all = Scope::Operator;
        assert_eq!(page(all, None, 2).await, [line("a", 1), line("b", 0)]);
        assert_eq!(page(all, Some((10, "b")), 2).await, [line("c", 0)]);
        assert_eq!(page(all, Some((11, "c")), 2).await, []);
        assert_eq!(page(Scope::Account(acme), None, 9).await, [line("c", 0)]);
    }

    async fn whoever_has_a_call_of_an_id_is_found(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        let acme = account(&db.store, "acme").await;
        write(&db.store, one, &[call("a", 1), call("b", 2)]).await;
        write(&db.store, other, &[placed(acme, call("a", 3))]).await;
        let ids: Vec<String> = (0..600).map(|n| format!("c{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).chain(["a", "b"]).collect();
        let found = db.store.calls_had_by(Scope::Operator, &ids).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found["a"], HashSet::from([one, other]));
        assert_eq!(found["b"], HashSet::from([one]));
        let mine = db.store.calls_had_by(Scope::Account(acme), &ids).await.unwrap();
        assert_eq!(mine.into_iter().collect::<Vec<_>>(), [("a".to_owned(), [other].into())]);
        assert!(db.store.calls_had_by(Scope::Operator, &[]).await.unwrap().is_empty());
    }

    async fn how_far_names_were_read_is_kept_until_that_is_all(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        assert_eq!(db.store.aliases_unread(one).await.unwrap(), None, "a new source has none");
        for source in [one, other] {
            let sql = format!("INSERT INTO aliases_unread VALUES ({source}, 900, '')");
            db.execute(&sql).await;
        }
        let mut tx = db.store.begin().await.unwrap();
        tx.aliases_read_to(one, Some((7, "a"))).await.unwrap();
        tx.aliases_read_to(other, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.aliases_unread(one).await.unwrap(), Some((7, "a".to_owned())));
        assert_eq!(db.store.aliases_unread(other).await.unwrap(), None);
    }
}
