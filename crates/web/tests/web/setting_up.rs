//! The first operator is added by whoever sees what the service prints, and by nobody else.

use std::time::Duration;

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;
use testkit::{HandClock, on_both_databases};

use crate::browser::Browser;
use crate::people::{PASSWORD, entrance};
use crate::sample::{self, NOW, at};

fn fields<'f>(code: &'f str, name: &'f str, password: &'f str) -> [(&'f str, &'f str); 4] {
    [("code", code), ("name", name), ("password", password), ("again", password)]
}

on_both_databases! {
    async fn the_first_operator_is_added_with_the_code_and_nobody_is_after_that(db) {
        let mut state = sample::over(db.store.clone());
        state.entrance = entrance(web::Place::default());
        let code = state.entrance.offer_set_up(at(NOW)).expect("there is randomness");
        let mut browser = Browser::of(&state);
        assert_eq!(browser.get("/").await.to(), "/sign-in");
        assert_eq!(browser.get("/sign-in").await.to(), "/set-up");
        assert_eq!(browser.get("/set-up").await.status, StatusCode::OK);
        let code = code.expose_secret();
        for (sent, name, password, why) in [
            ("aaaa-bbbb-cccc-dddd", "olga", PASSWORD, "this is not the code"),
            ("", "olga", PASSWORD, "this is not the code"),
            (code, "two words", PASSWORD, "a name is"),
            (code, "olga", "short", "at least 12 letters"),
        ] {
            let refused = browser.send("/set-up", &fields(sent, name, password)).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{why}");
            assert!(refused.text.contains(why) && !refused.text.contains(code), "{}", refused.text);
        }
        assert!(db.store.users_list().await.expect("it answers").is_empty());
        let added = browser.send("/set-up", &fields(&code.to_uppercase(), "olga", PASSWORD)).await;
        assert_eq!((added.status, added.to()), (StatusCode::SEE_OTHER, "/"), "{}", added.text);
        assert_eq!(browser.get("/").await.status, StatusCode::OK, "and is signed in");
        let mut other = Browser::of(&state);
        for (sent, name) in [(code, "eve"), (code, "olga")] {
            let late = other.send("/set-up", &fields(sent, name, PASSWORD)).await;
            assert_eq!((late.status, late.to()), (StatusCode::SEE_OTHER, "/sign-in"));
        }
        assert_eq!(other.cookie, None);
        assert_eq!(db.store.users_list().await.expect("it answers").len(), 1);
        assert_eq!(other.get("/set-up").await.to(), "/sign-in");
    }

    async fn a_code_that_is_old_or_was_never_given_out_opens_nothing(db) {
        let mut state = sample::over(db.store.clone());
        let clock = HandClock::at(at(NOW));
        state.clock = std::sync::Arc::new(clock.clone());
        state.entrance = entrance(web::Place::default());
        let mut browser = Browser::of(&state);
        assert!(browser.get("/set-up").await.text.contains("everycall user add NAME --operator"));
        let refused = browser.send("/set-up", &fields("", "eve", PASSWORD)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let code = state.entrance.offer_set_up(at(NOW)).expect("there is randomness");
        clock.pass(Duration::from_hours(1));
        let refused = browser.send("/set-up", &fields(code.expose_secret(), "eve", PASSWORD)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.text.contains("it has expired"), "{}", refused.text);
        assert!(db.store.users_list().await.expect("it answers").is_empty());
    }

    async fn where_nobody_signs_in_there_is_nothing_to_set_up(db) {
        let state = sample::over(db.store.clone());
        let mut browser = Browser::of(&state);
        assert_eq!(browser.get("/sign-in").await.to(), "/");
        assert_eq!(browser.get("/set-up").await.to(), "/sign-in");
        let sent = browser.send("/set-up", &fields("x", "eve", PASSWORD)).await;
        assert_eq!(sent.to(), "/sign-in");
        for own in ["/password", "/sessions"] {
            assert_eq!(browser.get(own).await.status, StatusCode::NOT_FOUND);
        }
        assert!(db.store.users_list().await.expect("it answers").is_empty());
    }
}
