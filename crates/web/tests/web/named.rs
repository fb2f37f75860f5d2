//! A request that was named by whoever sent it does nothing again.

use axum::http::{Method, StatusCode};
use serde_json::json;
use testkit::{HandClock, on_both_databases};

use crate::sample::{NOW, at};
use crate::world::{Asks, send, two_accounts};

fn add(name: &str, key: &str) -> Asks {
    Asks::post("/accounts", &json!({ "name": name })).with("idempotency-key", key)
}

on_both_databases! {
    async fn a_named_request_is_done_once_and_answered_as_before(db) {
        let mut world = two_accounts(&db).await;
        let clock = HandClock::at(at(NOW));
        world.state.clock = std::sync::Arc::new(clock.clone());
        let writer = Some(world.writer.as_str());
        let first = send(&world.state, writer, &add("cedar", "k1")).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
        let again = send(&world.state, writer, &add("cedar", "k1")).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.headers["idempotency-replayed"], "true");
        assert_eq!(again.headers["content-type"], "application/json");
        let unnamed = Asks::post("/accounts", &json!({ "name": "cedar" }));
        assert_eq!(send(&world.state, writer, &unnamed).await.status, StatusCode::CONFLICT);

        let other = send(&world.state, writer, &add("dogwood", "k1")).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
        let mut elsewhere = Asks::csv("/accounts/import", "name\nelm\n");
        elsewhere = elsewhere.with("idempotency-key", "k1");
        let elsewhere = send(&world.state, writer, &elsewhere).await;
        assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
        clock.pass(std::time::Duration::from_hours(24));
        let later = send(&world.state, writer, &add("dogwood", "k1")).await;
        assert_eq!(later.status, StatusCode::CREATED, "a day later the name is free");
    }

    async fn what_failed_may_be_sent_again(db) {
        let world = two_accounts(&db).await;
        let writer = Some(world.writer.as_str());
        let taken = send(&world.state, writer, &add("alder ltd", "k1")).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);
        assert!(!taken.headers.contains_key("idempotency-replayed"));
        let good = send(&world.state, writer, &add("cedar", "k1")).await;
        assert_eq!(good.status, StatusCode::CREATED, "{}", good.text);
    }

    async fn a_name_under_way_is_not_begun_again(db) {
        let world = two_accounts(&db).await;
        let writer = Some(world.writer.as_str());
        send(&world.state, writer, &add("cedar", "k1")).await;
        // As if the answer had not come to be kept.
        db.execute("UPDATE idempotency_keys SET status = NULL").await;
        let again = send(&world.state, writer, &add("cedar", "k1")).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.text.contains("still under way"), "{}", again.text);
    }

    async fn names_are_a_tokens_own_and_of_what_is_made(db) {
        let world = two_accounts(&db).await;
        let contact = |phone: &str| {
            Asks::post("/contacts", &json!({ "phones": [phone] })).with("idempotency-key", "k1")
        };
        for (token, phone) in [(&world.alder, "+12015557001"), (&world.birch, "+13025557001")] {
            let answer = send(&world.state, Some(token), &contact(phone)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        }
        let patch = Asks::json(Method::PATCH, "/accounts/1", &json!({ "country": "AT" }));
        let patch = patch.with("idempotency-key", "k1");
        let answer = send(&world.state, Some(&world.writer), &patch).await;
        assert_eq!(answer.json()["changed"], true, "a change can be sent again anyway");
        assert_eq!(db.number("SELECT COUNT(*) FROM idempotency_keys").await, 2);
        for key in ["", &"k".repeat(256), "k\u{e9}"] {
            let answer = send(&world.state, Some(&world.writer), &add("cedar", key)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{key}: {}", answer.text);
        }
    }
}
