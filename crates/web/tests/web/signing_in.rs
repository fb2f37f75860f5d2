//! Signing in and out: who comes in, for how long, and what nobody learns.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::users::{SESSION_IDLE_MAX, SESSION_MAX, UserName};
use engine::users::{Came, chosen, known, set_password, succeed, tried};
use store::NewPassword;
use testkit::on_both_databases;

use crate::browser::Browser;
use crate::people::{PASSWORD, People, entrance};

const NEARLY_IDLE: Duration = SESSION_IDLE_MAX.saturating_sub(Duration::from_mins(30));

on_both_databases! {
    async fn whoever_signs_in_goes_on_where_they_wanted_to(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        let sent = browser.get("/calls?source=main&limit=5").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        assert_eq!(sent.to(), "/sign-in?next=/calls%3Fsource%3Dmain%26limit%3D5");
        let page = browser.get(sent.to()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("name=\"next\" value=\"/calls?source=main&#38;limit=5\""), "{}", page.text);
        let fields = [("name", "ANNA"), ("password", PASSWORD), ("next", "/calls?source=main&limit=5")];
        let came = browser.send("/sign-in", &fields).await;
        assert_eq!((came.status, came.to()), (StatusCode::SEE_OTHER, "/calls?source=main&limit=5"));
        let line = came.headers["set-cookie"].to_str().expect("it is text");
        for wanted in ["; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
            assert!(line.contains(wanted), "{line}");
        }
        let calls = browser.get("/calls?source=main").await;
        assert_eq!(calls.status, StatusCode::OK);
        assert!(calls.text.contains("anna") && calls.text.contains("alder ltd"));
        assert_eq!(browser.get("/sign-in").await.to(), "/", "whoever is in goes on");
    }

    async fn nobody_is_sent_to_another_site(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        for next in ["//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example",
            "javascript:alert(1)", "/x\r\nset-cookie: a=b", "evil.example", "/sign-out"] {
            let fields = [("name", "anna"), ("password", PASSWORD), ("next", next)];
            let came = browser.send("/sign-in", &fields).await;
            assert_eq!((came.status, came.to()), (StatusCode::SEE_OTHER, "/"), "{next}");
            assert_eq!(came.headers.get_all("set-cookie").iter().count(), 1);
            people.clock.pass(Duration::from_mins(1));
        }
        let page = Browser::of(&people.state).get("/sign-in?next=%2F%2Fevil.example").await;
        assert!(!page.text.contains("evil"), "{}", page.text);
    }

    async fn a_wrong_password_a_locked_name_and_no_name_at_all_are_told_the_same(db) {
        let people = People::of(&db).await;
        let mut told = Vec::new();
        for (name, tries) in [("who-is-this", 7), ("", 1), ("a\0b", 1), ("anna", 7)] {
            let mut browser = Browser::of(&people.state);
            people.clock.pass(Duration::from_mins(1));
            for n in 0..tries {
                let answer = browser.sign_in(name, "not the right one").await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} {n}");
                assert!(answer.headers.get("set-cookie").is_none());
                told.push(answer.text.replace(&format!("value=\"{name}\""), ""));
            }
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:#?}");
        // Somebody who is shut out learns no more.
        let anna = people.state.store.users_list().await.expect("it answers");
        let anna = anna.into_iter().find(|row| row.name == "anna").expect("she is there");
        assert!(anna.is_locked(people.state.clock.now()));
    }

    async fn a_name_is_locked_after_five_wrong_passwords_and_its_password_opens_it_later(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        for _ in 0..5 {
            assert_eq!(browser.sign_in("anna", "not the right one").await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::FORBIDDEN, "locked");
        assert_eq!(Browser::signed_in(&people.state, "bert", PASSWORD).await.get("/calls").await.status, StatusCode::OK);
        people.clock.pass(Duration::from_mins(1));
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
        let entries = people.audit().await;
        let tries = entries.iter().rev().filter(|entry| entry.what == "Try after wrong passwords");
        let told: Vec<_> = tries.map(|entry| (entry.who.as_str(), entry.detail.as_str())).collect();
        // The sixth was right, and opened the name.
        assert_eq!(told, [
            ("user anna", r#"{"minutesLockedIfWrong":1,"tries":5}"#),
            ("user anna", r#"{"minutesLockedIfWrong":2,"tries":6}"#),
        ]);
        assert_eq!(entries[0].what, "Sign in");
    }

    /// Between a right password and the session it opens, the password may be changed because
    /// somebody else knows it.
    async fn a_sign_in_under_way_does_not_outlive_its_password(db) {
        let people = People::of(&db).await;
        let (store, now) = (&people.state.store, people.state.clock.now());
        let came = Came { address: "192.0.2.1", agent: "Firefox" };
        let tried = tried(store, "anna", now).await.expect("it answers");
        let anna = tried.count(store, came, now).await.expect("it answers").expect("she may try");
        let before = store.sessions_list(anna.user_id).await.expect("it answers").len();
        let hash = chosen(&"other four words do".to_owned().into(), &UserName::new("anna").expect("one"));
        let hash = hash.expect("it is good");
        let new = NewPassword { hash: &hash, is_temporary: false, instead_of: None };
        assert!(set_password(store, anna, new, 0, now).await.expect("it answers"));
        assert!(succeed(store, anna, came, now).await.expect("it answers").is_none());
        // Nor does whoever knew the old one change the new one.
        let instead_of = Some(anna.password_hash.as_str());
        let theirs = NewPassword { hash: "theirs", is_temporary: false, instead_of };
        assert!(!set_password(store, anna, theirs, 0, now).await.expect("it answers"));
        assert_eq!(store.sessions_list(anna.user_id).await.expect("it answers").len(), before);
        let mut browser = Browser::of(&people.state);
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.sign_in("anna", "other four words do").await.status, StatusCode::SEE_OTHER);
    }

    async fn whoever_has_a_password_of_somebody_elses_is_told_so_by_the_api_too(db) {
        let people = People::of(&db).await;
        let (store, now) = (&people.state.store, people.state.clock.now());
        let name = UserName::new("anna").expect("it is a name");
        let hash = chosen(&PASSWORD.to_owned().into(), &name).expect("it is good");
        let anna = known(store, &name).await.expect("she is there");
        let new = NewPassword { hash: &hash, is_temporary: true, instead_of: None };
        assert!(set_password(store, &anna, new, 0, now).await.expect("it answers"));
        let mut browser = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let answer = browser.get("/api/v1/calls").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
        assert!(answer.text.contains("urn:everycall:problem:password-first"), "{}", answer.text);
        assert!(answer.text.contains("Choose another on the page /password"), "{}", answer.text);
        assert!(!answer.text.contains("token"), "one would not help: {}", answer.text);
    }

    async fn an_operator_unlocks_a_name(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        for _ in 0..6 {
            browser.sign_in("anna", "not the right one").await;
        }
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let id = user(&people, "anna").await;
        let page = olga.get(&format!("/users/{id}")).await.text;
        assert!(page.contains("locked") && page.contains("Forget their wrong tries"), "{page}");
        let done = olga.post(&format!("/users/{id}/unlock"), &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn one_address_tries_only_so_often_whatever_the_names(db) {
        let people = People::of(&db).await;
        let router = web::router(people.state.clone());
        let mut browser = Browser::at(router.clone());
        for n in 0..10 {
            let answer = browser.sign_in(&format!("name-{n}"), "not the right one").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
        }
        let refused = browser.sign_in("anna", PASSWORD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers["retry-after"], "6");
        people.clock.pass(Duration::from_secs(6));
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_secret_somebody_planted_is_never_signed_in(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        let planted = "A".repeat(43);
        browser.cookie = Some(planted.clone());
        browser.sign_in("anna", PASSWORD).await;
        let first = browser.cookie.clone().expect("it is given one");
        assert_ne!(first, planted);
        // Signing in again gives another, and ends the one before.
        browser.sign_in("anna", PASSWORD).await;
        assert_ne!(browser.cookie.as_deref(), Some(first.as_str()));
        assert_eq!(browser.get("/calls").await.status, StatusCode::OK);
        for other in [planted, first, String::new(), "x".to_owned()] {
            browser.cookie = Some(other.clone());
            assert_eq!(browser.get("/calls").await.status, StatusCode::SEE_OTHER, "{other}");
        }
    }

    async fn signing_out_ends_the_session_here_and_not_only_in_the_browser(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let kept = browser.cookie.clone();
        let left = browser.post("/sign-out", &[]).await;
        assert_eq!((left.status, left.to()), (StatusCode::SEE_OTHER, "/sign-in"));
        assert_eq!(browser.cookie, None);
        browser.cookie = kept;
        assert_eq!(browser.get("/calls").await.status, StatusCode::SEE_OTHER);
    }

    async fn a_session_ends_after_half_a_day_of_rest_and_after_a_month(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        people.clock.pass(NEARLY_IDLE);
        assert_eq!(browser.get("/calls").await.status, StatusCode::OK);
        people.clock.pass(SESSION_IDLE_MAX);
        assert_eq!(browser.get("/calls").await.status, StatusCode::SEE_OTHER);
        let mut browser = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let mut used = Duration::ZERO;
        while used + SESSION_IDLE_MAX < SESSION_MAX {
            people.clock.pass(NEARLY_IDLE);
            used += NEARLY_IDLE;
            assert_eq!(browser.get("/calls").await.status, StatusCode::OK, "{used:?}");
        }
        people.clock.pass(SESSION_MAX.saturating_sub(used));
        assert_eq!(browser.get("/calls").await.status, StatusCode::SEE_OTHER);
    }

    async fn whoever_is_shut_out_is_out_at_once(db) {
        let people = People::of(&db).await;
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let id = user(&people, "anna").await;
        assert_eq!(anna.get("/calls").await.status, StatusCode::OK);
        olga.post(&format!("/users/{id}/disable"), &[]).await;
        assert_eq!(anna.get("/calls").await.status, StatusCode::SEE_OTHER);
        assert_eq!(anna.get("/api/v1/calls").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(anna.sign_in("anna", PASSWORD).await.status, StatusCode::FORBIDDEN);
        olga.post(&format!("/users/{id}/enable"), &[]).await;
        assert_eq!(anna.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
        // The last operator cannot shut themselves out.
        let own = user(&people, "olga").await;
        let refused = olga.post(&format!("/users/{own}/disable"), &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        assert_eq!(olga.get("/").await.status, StatusCode::OK);
    }

    async fn everywhere_else_is_signed_out_and_here_is_not(db) {
        let people = People::of(&db).await;
        let mut here = Browser::of(&people.state);
        here.headers.push(("user-agent", "Mozilla/5.0 (X11; Linux) <b>Firefox</b>".to_owned()));
        here.sign_in("anna", PASSWORD).await;
        let mut there = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let mut other = Browser::signed_in(&people.state, "bert", PASSWORD).await;
        let page = here.get("/sessions").await.text;
        assert!(page.contains("Firefox on Linux") && page.contains("this one"), "{page}");
        here.post("/sessions/end", &[]).await;
        assert_eq!(there.get("/calls").await.status, StatusCode::SEE_OTHER);
        assert_eq!(here.get("/calls").await.status, StatusCode::OK);
        assert_eq!(other.get("/calls").await.status, StatusCode::OK);
    }

    async fn another_password_is_asked_for_with_the_old_one_and_ends_every_other_session(db) {
        let people = People::of(&db).await;
        let mut here = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let mut there = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let before = here.cookie.clone();
        let new = "five words do it as well";
        for (old, password, again, why) in [
            ("not the old one", new, new, "the old password is another"),
            (PASSWORD, new, "something else", "are not the same"),
            (PASSWORD, "short", "short", "at least 12 letters"),
            (PASSWORD, "anna.anna.anna", "anna.anna.anna", "must not be made of the name"),
            (PASSWORD, "password1234", "password1234", "tried first"),
            (PASSWORD, PASSWORD, PASSWORD, "is the old one"),
        ] {
            let fields = [("old", old), ("password", password), ("again", again)];
            let refused = here.post("/password", &fields).await;
            people.clock.pass(Duration::from_secs(10));
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{why}");
            assert!(refused.text.contains(why), "{why}: {}", refused.text);
        }
        let fields = [("old", PASSWORD), ("password", new), ("again", new)];
        let changed = here.post("/password", &fields).await;
        assert_eq!((changed.status, changed.to()), (StatusCode::SEE_OTHER, "/sessions?password=changed"));
        assert_ne!(here.cookie, before, "a session of its own");
        assert_eq!(here.get("/calls").await.status, StatusCode::OK);
        assert_eq!(there.get("/calls").await.status, StatusCode::SEE_OTHER);
        here.cookie = before;
        assert_eq!(here.get("/calls").await.status, StatusCode::SEE_OTHER);
        assert_eq!(there.sign_in("anna", PASSWORD).await.status, StatusCode::FORBIDDEN);
        assert_eq!(there.sign_in("anna", new).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_cookie_over_tls_is_for_tls_alone(db) {
        let mut people = People::of(&db).await;
        let place = web::Place { has_trusted_proxy: true, ..web::Place::default() };
        people.state.entrance = entrance(place);
        let mut browser = Browser::of(&people.state);
        browser.headers.push(("x-forwarded-proto", "https".to_owned()));
        browser.headers.push(("x-forwarded-for", "198.51.100.7, 203.0.113.9".to_owned()));
        let request = Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        let form = format!("name=anna&password={}", PASSWORD.replace(' ', "+"));
        // The browser of these tests knows the other name only.
        let answer = ask_bare(&people.state, request.header("x-forwarded-proto", "https")
            .header("x-forwarded-for", "198.51.100.7, 203.0.113.9"), form).await;
        let line = answer["set-cookie"].to_str().expect("it is text");
        assert!(line.starts_with("__Host-everycall=") && line.ends_with("; Secure"), "{line}");
        let entries = people.audit().await;
        assert_eq!((entries[0].what.as_str(), entries[0].address.as_str()), ("Sign in", "203.0.113.9"));
    }
}

async fn ask_bare(
    state: &web::State,
    request: axum::http::request::Builder,
    form: String,
) -> axum::http::HeaderMap {
    use tower::ServiceExt as _;
    let request = request.header("host", "127.0.0.1:7070").body(Body::from(form)).expect("one");
    let answer = web::router(state.clone()).oneshot(request).await.expect("it never fails");
    answer.headers().clone()
}

/// The id of whoever is called so.
pub async fn user(people: &People, name: &str) -> i64 {
    let rows = people.state.store.users_list().await.expect("it answers");
    rows.into_iter().find(|row| row.name == name).expect("they are there").user_id
}
