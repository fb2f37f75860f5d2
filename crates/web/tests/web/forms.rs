//! A change is made by a page of ours and by no other.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use testkit::on_both_databases;

use crate::browser::{Browser, HOST};
use crate::people::{PASSWORD, People, entrance};
use crate::signing_in::user;

const ADD: [(&str, &str); 2] = [("name", "eve"), ("is", "operator")];

async fn has_eve(people: &People) -> bool {
    let rows = people.state.store.users_list().await.expect("it answers");
    rows.iter().any(|row| row.name == "eve")
}

on_both_databases! {
    async fn a_form_without_what_its_page_carries_changes_nothing(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let (own, of_anna) = (olga.csrf().await, anna.csrf().await);
        let cut = &own[1..];
        for csrf in ["", "x", cut, &of_anna] {
            let refused = olga.send("/users", &[&ADD[..], &[("csrf", csrf)]].concat()).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{csrf}");
            assert!(refused.text.contains("This form is not one of ours"), "{}", refused.text);
        }
        assert_eq!(olga.send("/users", &ADD).await.status, StatusCode::FORBIDDEN);
        let twice = [&ADD[..], &[("csrf", &own), ("csrf", &own)]].concat();
        assert_eq!(olga.send("/users", &twice).await.status, StatusCode::FORBIDDEN);
        // What another session's pages carried is not this one's.
        olga.sign_in("olga", PASSWORD).await;
        let before = [&ADD[..], &[("csrf", own.as_str())]].concat();
        assert_eq!(olga.send("/users", &before).await.status, StatusCode::FORBIDDEN);
        assert!(!has_eve(&people).await);
        assert_eq!(olga.post("/users", &ADD).await.status, StatusCode::OK);
        assert!(has_eve(&people).await);
    }

    async fn a_form_that_another_site_sends_changes_nothing(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let csrf = olga.csrf().await;
        let fields = [&ADD[..], &[("csrf", csrf.as_str())]].concat();
        for (origin, site) in [
            ("https://evil.example", "cross-site"),
            ("https://evil.example", "same-origin"),
            ("http://127.0.0.1:9090", "same-site"),
            ("null", "cross-site"),
            ("", "same-origin"),
        ] {
            olga.headers = vec![("origin", origin.to_owned()), ("sec-fetch-site", site.to_owned())];
            let refused = olga.send("/users", &fields).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin} {site}");
            // Nor does it sign anybody in.
            let refused = olga.sign_in("anna", PASSWORD).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{origin} {site}");
        }
        assert!(!has_eve(&people).await);
    }

    async fn a_form_that_is_too_long_or_of_another_kind_is_refused(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let long = "x".repeat(300 << 10);
        let refused = olga.post("/users", &[("name", &long)]).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        let refused = Browser::of(&people.state).sign_in("anna", &long).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        for kind in ["application/json", "text/plain", "multipart/form-data"] {
            let request = Request::post("/users").header("content-type", kind);
            let request = request.header("origin", format!("http://{HOST}"));
            let refused = olga.ask(request, Body::from("{}")).await;
            assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
        assert_eq!(olga.post("/users", &[("is", "operator")]).await.status, StatusCode::BAD_REQUEST);
        for twice in [[("name", "a"), ("name", "b")]] {
            assert_eq!(olga.post("/users", &twice).await.status, StatusCode::BAD_REQUEST);
        }
    }

    async fn whoever_is_signed_in_reads_the_api_and_writes_with_what_pages_carry(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let csrf = olga.csrf().await;
        assert_eq!(olga.get("/api/v1/status").await.status, StatusCode::OK);
        let body = || Body::from(json!({ "name": "cedar" }).to_string());
        let post = || {
            let request = Request::builder().method(Method::POST).uri("/api/v1/accounts");
            request.header("content-type", "application/json").header("origin", format!("http://{HOST}"))
        };
        assert_eq!(olga.ask(post(), body()).await.status, StatusCode::UNAUTHORIZED);
        let wrong = post().header("x-csrf-token", "x");
        assert_eq!(olga.ask(wrong, body()).await.status, StatusCode::UNAUTHORIZED);
        let foreign = Request::post("/api/v1/accounts").header("content-type", "application/json");
        let foreign = foreign.header("x-csrf-token", &csrf).header("origin", "https://evil.example");
        assert_eq!(olga.ask(foreign, body()).await.status, StatusCode::UNAUTHORIZED);
        let added = olga.ask(post().header("x-csrf-token", &csrf), body()).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
        let entry = &people.audit().await[0];
        assert_eq!((entry.who.as_str(), entry.what.as_str()), ("user olga", "Add an account"));

        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let calls = anna.get("/api/v1/calls").await;
        assert!(calls.text.contains("call-alder-0") && !calls.text.contains("birch"), "{}", calls.text);
        assert_eq!(anna.get("/api/v1/status").await.status, StatusCode::FORBIDDEN);
        let csrf = anna.csrf().await;
        let refused = anna.ask(post().header("x-csrf-token", &csrf), body()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
        let mut nobody = Browser::of(&people.state);
        for path in ["/api/v1/calls", "/api/v1/status", "/api/v1/contacts"] {
            assert_eq!(nobody.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        assert_eq!(nobody.get("/healthz").await.status, StatusCode::OK);
    }

    async fn where_nobody_signs_in_forms_of_ours_change_things_and_others_do_not(db) {
        let people = People::of(&db).await;
        let mut state = people.state.clone();
        state.entrance = std::sync::Arc::new(web::Entrance::without_sign_in().expect("randomness"));
        let mut browser = Browser::of(&state);
        let page = browser.get("/users").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("there is a form");
        let csrf = rest.split_once('"').expect("it ends").0.to_owned();
        assert_eq!(browser.send("/users", &ADD).await.status, StatusCode::FORBIDDEN);
        let fields = [&ADD[..], &[("csrf", csrf.as_str())]].concat();
        assert_eq!(browser.send("/users", &fields).await.status, StatusCode::OK);
        assert!(has_eve(&people).await);
    }

    async fn a_configured_name_is_answered_where_people_sign_in(db) {
        let mut people = People::of(&db).await;
        let hosts = vec!["calls.example.com".to_owned()];
        people.state.entrance = entrance(web::Place { hosts, ..web::Place::default() });
        let asked = async |host: &str| {
            let request = Request::get("/sign-in").header("host", host);
            crate::ask(&people.state, request).await.status
        };
        assert_eq!(asked("calls.example.com").await, StatusCode::OK);
        assert_eq!(asked("CALLS.example.com:8443").await, StatusCode::OK);
        assert_eq!(asked("127.0.0.1:7070").await, StatusCode::OK);
        assert_eq!(asked("other.example.com").await, StatusCode::FORBIDDEN);
        assert_eq!(asked("calls.example.com.evil.example").await, StatusCode::FORBIDDEN);
    }

    async fn nothing_secret_is_logged_kept_or_told(db) {
        let said = testkit::Captured::here(&OURS);
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let wrong = "a wrong but secret word";
        Browser::of(&people.state).sign_in("anna", wrong).await;
        Browser::of(&people.state).sign_in(wrong, wrong).await;
        let new = "five words do it as well";
        olga.post("/password", &[("old", PASSWORD), ("password", new), ("again", new)]).await;
        let id = user(&people, "anna").await;
        let given = olga.post(&format!("/users/{id}/password"), &[]).await.text;
        let made = secret(&given);
        let token = olga.post("/tokens", &[("name", "crm"), ("write", "yes")]).await;
        assert_eq!(token.status, StatusCode::CREATED, "{}", token.text);
        let (cookie, csrf) = (olga.cookie.clone().expect("she is in"), olga.csrf().await);
        let token = secret(&token.text);
        let audit = format!("{:?}", people.audit().await);
        let log = said.text();
        let hashes = people.state.store.users_list().await.expect("it answers");
        let hash = &hashes[0].password_hash;
        for secret in [PASSWORD, wrong, new, &made, &token, &cookie, &csrf, hash] {
            assert!(!audit.contains(secret), "{secret}: {audit}");
            assert!(!log.contains(secret), "{secret}: {log}");
        }
        for path in ["/audit", "/users", "/tokens", &format!("/users/{id}"), "/sessions"] {
            let page = olga.get(path).await.text;
            for secret in [PASSWORD, wrong, new, &made, &token, &cookie, hash] {
                assert!(!page.contains(secret), "{path}: {secret}");
            }
        }
        assert!(format!("{hashes:?}").contains("UserRow") && !format!("{hashes:?}").contains(hash));
    }
}

/// Our crates, of which every word is looked at.
pub const OURS: [&str; 5] = ["domain", "engine", "providers", "store", "web"];

/// What a page shows once.
fn secret(page: &str) -> String {
    let (_, rest) = page.split_once("class=\"secret\">").expect("it is shown");
    rest.split_once('<').expect("it ends").0.to_owned()
}
