//! The door of the API: which tokens open it, for what, and how often.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use domain::access::{Pace, Role};
use engine::access::{TokenAsked, token_add, token_revoke};
use secrecy::ExposeSecret as _;
use serde_json::json;
use testkit::{HandClock, on_both_databases};

use crate::sample::{self, NOW, at};
use crate::world::{Asks, send, through, two_accounts};

on_both_databases! {
    async fn a_token_that_does_not_hold_opens_nothing(db) {
        let world = two_accounts(&db).await;
        let store = &world.state.store;
        let ends = |name: &str, seconds: u64| TokenAsked {
            name: name.to_owned(),
            role: Role::Operator,
            may_write: true,
            expires_at: Some(at("2026-11-01") + std::time::Duration::from_secs(seconds)),
        };
        let (_, expired) = token_add(store, &ends("old", 1), "op", at("2026-11-01")).await.expect("new");
        token_revoke(store, "writer", "op", at(NOW)).await.expect("it is there");
        let unknown = format!("evc_{}", "A".repeat(43));
        for (token, why) in [
            (expired.expose_secret(), "expired at 2026-11-01T00:00:01Z"),
            (&world.writer, "revoked at 2026-11-21T13:05:00Z"),
            (&unknown, "never given out"),
            ("evc_short", "never given out"),
            ("", "never given out"),
        ] {
            for asks in [Asks::get("/calls"), Asks::post("/accounts", &json!({ "name": "x" }))] {
                let answer = send(&world.state, Some(token), &asks).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{why}: {}", answer.text);
                assert!(answer.text.contains(why), "{why}: {}", answer.text);
                let asked = &answer.headers["www-authenticate"];
                assert_eq!(asked, "Bearer realm=\"everycall\", error=\"invalid_token\"");
                assert!(token.is_empty() || !answer.text.contains(token), "{}", answer.text);
            }
        }
        assert_eq!(store.accounts_list().await.expect("it answers").len(), 2);
    }

    async fn without_a_token_the_machine_itself_reads_and_nothing_else(db) {
        let world = two_accounts(&db).await;
        for url in ["/status", "/calls", "/contacts", "/accounts/1"] {
            let answer = send(&world.state, None, &Asks::get(url)).await;
            assert_eq!(answer.status, StatusCode::OK, "{url}");
        }
        let answer = send(&world.state, None, &Asks::bare(Method::DELETE, "/accounts/1")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"everycall\"");
        let basic = Asks::get("/calls").with("authorization", "Basic b3A6b3A=");
        assert_eq!(send(&world.state, None, &basic).await.status, StatusCode::UNAUTHORIZED);
        let two = Asks::get("/calls").with("authorization", format!("Bearer {}", world.reader));
        let answer = send(&world.state, Some(&world.reader), &two).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "of two tokens nobody knows which");
        let any_case = Asks::get("/calls").with("authorization", format!("bearer {}", world.reader));
        assert_eq!(send(&world.state, None, &any_case).await.status, StatusCode::OK);
        let lacks = send(&world.state, Some(&world.reader), &Asks::post("/accounts", &json!({}))).await;
        assert_eq!(lacks.status, StatusCode::FORBIDDEN);
        let asked = &lacks.headers["www-authenticate"];
        assert_eq!(asked, "Bearer realm=\"everycall\", error=\"insufficient_scope\"");
    }

    async fn the_last_use_of_a_token_is_written_down(db) {
        let world = two_accounts(&db).await;
        send(&world.state, Some(&world.alder), &Asks::get("/calls")).await;
        let used = async |name| {
            let row = world.state.store.token_by_name(name).await.expect("it answers");
            row.expect("it is there").last_used_at
        };
        // One that is busy is not waited for, so this may be written with a later request.
        for _ in 0..50 {
            if used("crm-alder").await.is_some() {
                break;
            }
            send(&world.state, Some(&world.alder), &Asks::get("/calls")).await;
        }
        assert_eq!(used("crm-alder").await, Some(at(NOW).as_millis()));
        assert_eq!(used("crm-birch").await, None);
    }

    async fn a_token_asks_as_often_as_its_pace_allows(db) {
        let world = two_accounts(&db).await;
        let clock = HandClock::at(at(NOW));
        let mut state = world.state.clone();
        state.clock = Arc::new(clock.clone());
        state.limits.requests = Pace { burst: 3, per_minute: 60 };
        let router = web::router(state);
        let calls = Asks::get("/calls");
        let ask = async |token: &str| through(router.clone(), Some(token), &calls).await;
        for _ in 0..3 {
            assert_eq!(ask(&world.alder).await.status, StatusCode::OK);
        }
        let refused = ask(&world.alder).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
        assert_eq!(refused.headers["retry-after"], "1");
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(ask(&world.birch).await.status, StatusCode::OK, "each has its own pace");
        clock.pass(std::time::Duration::from_secs(1));
        assert_eq!(ask(&world.alder).await.status, StatusCode::OK);
        assert_eq!(ask(&world.alder).await.status, StatusCode::TOO_MANY_REQUESTS);
    }

    async fn whoever_tries_tokens_is_stopped_and_others_go_on(db) {
        let world = two_accounts(&db).await;
        let clock = HandClock::at(at(NOW));
        let mut state = world.state.clone();
        state.clock = Arc::new(clock.clone());
        state.limits.wrong_tokens = Pace { burst: 3, per_minute: 6 };
        let router = web::router(state);
        let calls = Asks::get("/calls");
        let ask = async |token: &str| through(router.clone(), Some(token), &calls).await;
        assert_eq!(ask(&world.alder).await.status, StatusCode::OK);
        for n in 0..3 {
            let token = format!("evc_{}", n.to_string().repeat(43).replace('1', "A"));
            assert_eq!(ask(&token).await.status, StatusCode::UNAUTHORIZED);
        }
        for token in [format!("evc_{}", "A".repeat(43)), "evc_x".to_owned(), world.birch.clone()] {
            let refused = ask(&token).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text);
            assert_eq!(refused.headers["retry-after"], "10");
        }
        assert_eq!(ask(&world.alder).await.status, StatusCode::OK, "it was good lately");
        let open = through(router.clone(), None, &calls).await;
        assert_eq!(open.status, StatusCode::OK, "reading without a token is no try");
        clock.pass(std::time::Duration::from_secs(10));
        assert_eq!(ask(&world.birch).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_opens_nothing_under_a_foreign_name() {
    let folder = crate::folder();
    let state = sample::empty(folder.path()).await;
    let asked = TokenAsked {
        name: "ops".to_owned(),
        role: Role::Operator,
        may_write: true,
        expires_at: None,
    };
    let (_, secret) = token_add(&state.store, &asked, "op", at(NOW)).await.expect("it is new");
    let request = axum::http::Request::get("/api/v1/calls").header("host", "calls.example.com");
    let request = request.header("authorization", format!("Bearer {}", secret.expose_secret()));
    assert_eq!(crate::ask(&state, request).await.status, StatusCode::FORBIDDEN);
}
