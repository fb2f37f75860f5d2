//! What a comparison reads: calls of a window, calls by id, and what became of others.

use domain::{AgentRef, ProviderCallId, Window};
use store::Scope;
use testkit::on_both_databases;

use crate::samples::{account, at, call, observation, placed, source, write};

fn id(text: &str) -> ProviderCallId {
    ProviderCallId(text.to_owned())
}

on_both_databases! {
    async fn a_window_holds_its_first_instant_and_not_its_last(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        let acme = account(&db.store, "acme").await;
        let mut named = call("b", 20);
        named.call.to_mut().agent =
            Some(AgentRef { provider_agent_id: "g".to_owned(), is_deleted: false });
        write(&db.store, one, &[call("a", 10), placed(acme, named), call("c", 30)]).await;
        write(&db.store, other, &[call("d", 20)]).await;
        let window = Window::new(at(10), at(30)).unwrap();
        let held = db.store.calls_held(Scope::Operator, one, window).await.unwrap();
        let ids: Vec<&str> = held.iter().map(|call| call.told.id.0.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!((held[1].told.agent.as_deref(), held[1].told.at), (Some("g"), at(20)));
        assert_eq!((held[1].placement.as_str(), held[1].account_id), ("placed", Some(acme.0)));
        let mine = db.store.calls_held(Scope::Account(acme), one, window).await.unwrap();
        assert_eq!(mine, held[1..]);
    }

    async fn calls_are_found_by_id_wherever_in_time_they_are(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let names: Vec<String> = (0..600).map(|n| format!("c{n}")).collect();
        let calls: Vec<_> = names.iter().zip(0..).map(|(name, n)| call(name, n)).collect();
        write(&db.store, source, &calls).await;
        write(&db.store, source, &[placed(acme, call("mine", 7))]).await;
        let asked: Vec<_> = names.iter().map(|name| id(name)).chain([id("mine"), id("x")]).collect();
        let asked: Vec<_> = asked.iter().collect();
        let all = db.store.calls_held_by_id(Scope::Operator, source, &asked).await.unwrap();
        assert_eq!(all.len(), 601);
        let mine = db.store.calls_held_by_id(Scope::Account(acme), source, &asked).await.unwrap();
        assert_eq!(mine.iter().map(|call| &call.told.id.0).collect::<Vec<_>>(), ["mine"]);
        assert_eq!(db.store.calls_held_by_id(Scope::Operator, source, &[]).await.unwrap(), []);
    }

    async fn what_was_ever_observed_is_known_when_its_call_is_gone(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        let seen = [observation("a", 1, b"1"), observation("a", 2, b"2"), observation("b", 1, b"3")];
        tx.observations_add(source, 1, "poll", at(5), &seen).await.unwrap();
        tx.commit().await.unwrap();
        let asked = [id("a"), id("c")];
        let asked: Vec<_> = asked.iter().collect();
        let found = db.store.observations_of_any(source, &asked).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a"]);
        let mut tx = db.store.begin().await.unwrap();
        let last = tx.observations_last(source, &["a", "b", "c"]).await.unwrap();
        assert_eq!((last.len(), last["a"], last["b"]), (2, 2, 1));
    }

    async fn set_aside_records_are_found_by_their_call(db) {
        let source = source(&db.store, "s").await;
        let row = |name: &str, why: &str| store::NewSetAside {
            content_hash: domain::ContentHash::of(why.as_bytes()),
            provider_call_id: Some(name.to_owned()),
            why: why.to_owned(),
            dictionary_id: 0,
            raw: vec![1],
        };
        let mut tx = db.store.begin().await.unwrap();
        let unnamed = store::NewSetAside { provider_call_id: None, ..row("-", "no id") };
        let rows = [row("a", "no time"), row("a", "no number"), row("b", "nothing"), unnamed];
        tx.set_aside_add(source, 1, at(5), &rows).await.unwrap();
        tx.commit().await.unwrap();
        let asked = [id("a"), id("c")];
        let asked: Vec<_> = asked.iter().collect();
        let found = db.store.set_aside_of(source, &asked).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found["a"], "no number", "the latest says why");
        assert_eq!(db.store.set_aside_unnamed(source).await.unwrap(), 1);
    }

    async fn what_was_said_last_of_the_columns_of_exports_is_remembered_for_each_source(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        let said = |pairs: &[(&str, &str)]| {
            let owned = pairs.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned()));
            owned.collect::<std::collections::BTreeMap<_, _>>()
        };
        for columns in [said(&[("id", "Sid"), ("time", "Start")]), said(&[("id", "Call Sid")])] {
            let mut tx = db.store.begin().await.unwrap();
            tx.export_columns_say(one, &columns, at(5)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(db.store.export_columns_said(one).await.unwrap(), columns);
        }
        assert!(db.store.export_columns_said(other).await.unwrap().is_empty());
    }
}
