//! Signing in by an identity provider: who comes in, as whom, and who does not.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use engine::users::identity::{IdentityProvider, Registration};
use testkit::{TestDb, on_both_databases};
use web::{Entrance, Place, SingleSignOn};

use crate::Answer;
use crate::browser::Browser;
use crate::issuer::{BACK, CLIENT_ID, CLIENT_SECRET, Issuer, Somebody};
use crate::people::{PASSWORD, People};
use crate::signing_in::user;

pub const WAY: &str = "/sign-in/openid-connect";

/// A service at which people may sign in by an identity provider.
pub struct Scene {
    pub people: People,
    pub issuer: Issuer,
}

impl Scene {
    pub async fn of(db: &TestDb) -> Self {
        let mut people = People::of(db).await;
        let issuer = Issuer::at(&people.clock).await;
        people.state.entrance = entrance(&issuer.url, Place::default());
        Self { people, issuer }
    }

    pub fn browser(&self) -> Browser {
        Browser::of(&self.people.state)
    }

    /// An operator enters an address at a user.
    pub async fn enter(&self, name: &str, email: &str) -> Answer {
        let mut olga = Browser::signed_in(&self.people.state, "olga", PASSWORD).await;
        let id = user(&self.people, name).await;
        olga.post(&format!("/users/{id}/address"), &[("email", email)]).await
    }

    /// Somebody goes to the identity provider and comes back.
    pub async fn come(&self, browser: &mut Browser, whose: &Somebody) -> Answer {
        let sent = browser.get(WAY).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
        let back = self.issuer.visit(sent.to(), whose);
        browser.get(&back).await
    }

    /// Somebody comes who is not let in; what they are told.
    pub async fn refused(&self, whose: &Somebody) -> String {
        self.people.clock.pass(Duration::from_mins(1));
        let mut browser = self.browser();
        let answer = self.come(&mut browser, whose).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
        assert_eq!((&browser.cookie, &browser.trip), (&None, &None));
        alert(&answer)
    }
}

/// A way in beside which there is an identity provider.
pub fn entrance(issuer: &str, place: Place) -> Arc<Entrance> {
    let provider = IdentityProvider::new(Registration {
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.into(),
        scopes: vec!["email".to_owned()],
        back: BACK.to_owned(),
    });
    let provider = provider.expect("it is an address");
    let label = "Sign in with single sign-on".to_owned();
    let entrance = Entrance::with_sign_in(place).expect("there is randomness");
    Arc::new(entrance.and_single(SingleSignOn { label, provider }))
}

/// What the sign-in page says was wrong.
pub fn alert(answer: &Answer) -> String {
    let (_, rest) = answer.text.split_once("role=\"alert\">").expect("it says what is wrong");
    assert!(answer.text.contains("name=\"password\""), "a password still does");
    rest.split_once('<').expect("it ends").0.to_owned()
}

fn anna() -> Somebody {
    Somebody::of("subject-of-anna", "Anna@Example.com")
}

on_both_databases! {
    async fn whoever_is_entered_comes_in_by_the_identity_provider_and_goes_on_where_they_wanted_to(db) {
        let scene = Scene::of(&db).await;
        assert_eq!(scene.enter("anna", "anna@example.COM").await.status, StatusCode::SEE_OTHER);
        let mut browser = scene.browser();
        let page = browser.get("/sign-in?next=/calls%3Fsource%3Dmain").await;
        let link = "<a class=\"button\" href=\"/sign-in/openid-connect?next=/calls%3Fsource%3Dmain\" rel=\"nofollow\">Sign in with single sign-on</a>";
        assert!(page.text.contains(link), "{}", page.text);
        let sent = browser.get("/sign-in/openid-connect?next=/calls%3Fsource%3Dmain").await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let line = sent.headers["set-cookie"].to_str().expect("it is text");
        for wanted in ["everycall-trip=", "; HttpOnly", "; SameSite=Lax", "; Path=/;", "; Max-Age=600"] {
            assert!(line.contains(wanted), "{line}");
        }
        let trip = browser.trip.clone().expect("it is given one");
        assert!(!sent.to().contains(&trip), "what the browser keeps is in no address");
        assert_eq!(browser.cookie, None, "nobody is signed in yet");
        let back = scene.issuer.visit(sent.to(), &anna());
        let came = browser.get(&back).await;
        assert_eq!((came.status, came.to()), (StatusCode::SEE_OTHER, "/calls?source=main"), "{}", came.text);
        assert_eq!(browser.trip, None, "the trip is over");
        let calls = browser.get("/calls").await;
        assert_eq!(calls.status, StatusCode::OK);
        assert!(calls.text.contains("call-alder-0") && !calls.text.contains("birch"), "their own account");
        let entry = scene.people.audit().await.remove(0);
        assert_eq!((entry.who.as_str(), entry.what.as_str(), entry.target.as_str()), ("user anna", "Sign in", "user anna"));
        assert_eq!(entry.detail, format!(r#"{{"by":"{}","isLinked":true}}"#, scene.issuer.url));
        assert_eq!(browser.get("/sign-in").await.to(), "/", "whoever is in goes on");
        assert_eq!(browser.get(WAY).await.to(), "/");
    }

    async fn from_the_first_time_on_the_subject_counts_and_the_address_does_not(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        assert_eq!(scene.come(&mut scene.browser(), &anna()).await.to(), "/");
        // Their address changed, or is told no more.
        let elsewhere = Somebody { email: Some("elsewhere@example.com".to_owned()), is_verified: Some(false), ..anna() };
        assert_eq!(scene.come(&mut scene.browser(), &elsewhere).await.to(), "/");
        let silent = Somebody { email: None, is_verified: None, ..anna() };
        assert_eq!(scene.come(&mut scene.browser(), &silent).await.to(), "/");
        let entry = scene.people.audit().await.remove(0);
        assert_eq!(entry.detail, format!(r#"{{"by":"{}","isLinked":false}}"#, scene.issuer.url));
        // Whoever has the address now is somebody else.
        let told = scene.refused(&Somebody::of("another-subject", "anna@example.com")).await;
        assert!(told.contains("knows you as anna@example.com, and nobody who may sign in here is entered"), "{told}");
    }

    async fn nobody_is_added_and_nobody_learns_who_else_there_is(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        scene.enter("bert", "bert@example.com").await;
        let before = db.number("SELECT COUNT(*) FROM users").await;
        let stranger = scene.refused(&Somebody::of("s", "eve@example.com")).await;
        assert!(stranger.contains("Ask an operator to enter it"), "{stranger}");
        // Bert is linked and then shut out; another's subject comes with his address.
        let bert = Somebody::of("subject-of-bert", "bert@example.com");
        assert_eq!(scene.come(&mut scene.browser(), &bert).await.to(), "/");
        let mut olga = Browser::signed_in(&scene.people.state, "olga", PASSWORD).await;
        for name in ["anna", "bert"] {
            let id = user(&scene.people, name).await;
            olga.post(&format!("/users/{id}/disable"), &[]).await;
        }
        for shut_out in [bert, anna()] {
            let email = shut_out.email.clone().expect("they have one");
            let told = scene.refused(&shut_out).await;
            assert_eq!(told.replace(&email, "eve@example.com"), stranger);
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM users").await, before);
        assert_eq!(db.number("SELECT COUNT(*) FROM user_identities WHERE subject IS NOT NULL").await, 1);
        let entered: Vec<_> = scene.people.audit().await.into_iter().filter(|entry| entry.what == "Sign in").collect();
        assert!(entered.iter().all(|entry| ["user olga", "user bert"].contains(&entry.who.as_str())));
    }

    async fn an_address_that_nobody_verified_is_nobodys(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        for is_verified in [Some(false), None] {
            let told = scene.refused(&Somebody { is_verified, ..anna() }).await;
            assert!(told.contains("has not made sure that Anna@Example.com is yours"), "{told}");
        }
        let told = scene.refused(&Somebody { email: None, ..anna() }).await;
        assert!(told.contains("tells no e-mail address of you"), "{told}");
        let told = scene.refused(&Somebody { email: Some("no address".to_owned()), ..anna() }).await;
        assert!(told.contains("tells no e-mail address of you"), "{told}");
        // Letters that only look alike are another's: the sign of kelvin.
        scene.enter("bert", "kim@example.com").await;
        scene.refused(&Somebody::of("s", "\u{212A}im@example.com")).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM user_identities WHERE subject IS NOT NULL").await, 0);
    }

    async fn an_address_is_one_persons(db) {
        let scene = Scene::of(&db).await;
        assert_eq!(scene.enter("anna", "anna@example.com").await.status, StatusCode::SEE_OTHER);
        let refused = scene.enter("bert", "ANNA@example.com").await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.text.contains("ANNA@example.com is entered at somebody else"), "{}", refused.text);
        let refused = scene.enter("bert", "anna").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("This is no e-mail address"), "{}", refused.text);
        assert_eq!(db.number("SELECT COUNT(*) FROM user_identities").await, 1);
        // Taken away, it may be another's.
        scene.enter("anna", " ").await;
        assert_eq!(scene.enter("bert", "anna@example.com").await.status, StatusCode::SEE_OTHER);
        let came = scene.come(&mut scene.browser(), &anna()).await;
        assert_eq!(came.to(), "/");
        assert_eq!(scene.people.audit().await[0].who, "user bert");
    }

    async fn an_operator_unlinks_somebody_and_they_are_out_at_once(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        let mut browser = scene.browser();
        scene.come(&mut browser, &anna()).await;
        let mut olga = Browser::signed_in(&scene.people.state, "olga", PASSWORD).await;
        let id = user(&scene.people, "anna").await;
        let page = olga.get(&format!("/users/{id}")).await.text;
        assert!(page.contains("They came in by it first on") && page.contains("value=\"anna@example.com\""), "{page}");
        assert_eq!(olga.post(&format!("/users/{id}/unlink"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(browser.get("/calls").await.to(), "/sign-in?next=/calls");
        // Whoever comes next with the address is linked.
        let other = Somebody { subject: "another-subject".to_owned(), ..anna() };
        assert_eq!(scene.come(&mut browser, &other).await.to(), "/");
        scene.refused(&anna()).await;
        // Another address ends the link, and the session with it.
        scene.enter("anna", "anna@example.org").await;
        assert_eq!(browser.get("/calls").await.to(), "/sign-in?next=/calls");
        scene.refused(&other).await;
        let told: Vec<_> = scene.people.audit().await.into_iter().rev()
            .filter(|entry| entry.target == "user anna" && entry.who == "user olga")
            .map(|entry| (entry.what, entry.detail)).collect();
        let enter = "Enter a user's address at the identity provider".to_owned();
        assert_eq!(told, [
            (enter.clone(), r#"{"address":"anna@example.com"}"#.to_owned()),
            ("Unlink a user from the identity provider".to_owned(), "{}".to_owned()),
            (enter, r#"{"address":"anna@example.org"}"#.to_owned()),
        ]);
    }

    async fn what_is_so_already_is_no_change_and_an_operator_stays_where_they_are(db) {
        let scene = Scene::of(&db).await;
        let mut olga = Browser::signed_in(&scene.people.state, "olga", PASSWORD).await;
        let id = user(&scene.people, "olga").await;
        let path = format!("/users/{id}/address");
        for email in ["olga@example.com", "OLGA@example.com"] {
            assert_eq!(olga.post(&path, &[("email", email)]).await.status, StatusCode::SEE_OTHER);
        }
        olga.post(&format!("/users/{id}/unlink"), &[]).await;
        assert_eq!(olga.get("/").await.status, StatusCode::OK, "her own session goes on");
        let entered = scene.people.audit().await.into_iter().filter(|entry| entry.what != "Sign in");
        assert_eq!(entered.count(), 1);
        let mut anna = Browser::signed_in(&scene.people.state, "anna", PASSWORD).await;
        assert_eq!(anna.post(&path, &[("email", "anna@example.com")]).await.status, StatusCode::FORBIDDEN);
    }

    async fn whoever_comes_without_a_password_is_not_asked_to_change_it(db) {
        let scene = Scene::of(&db).await;
        let mut olga = Browser::signed_in(&scene.people.state, "olga", PASSWORD).await;
        let id = user(&scene.people, "anna").await;
        let given = olga.post(&format!("/users/{id}/password"), &[]).await.text;
        let (_, rest) = given.split_once("class=\"secret\">").expect("it is shown");
        let (made, _) = rest.split_once('<').expect("it ends");
        scene.enter("anna", "anna@example.com").await;
        let mut browser = scene.browser();
        scene.come(&mut browser, &anna()).await;
        assert_eq!(browser.get("/calls").await.status, StatusCode::OK);
        assert_eq!(browser.get("/api/v1/calls").await.status, StatusCode::OK);
        // Whoever comes with it is.
        let mut other = Browser::signed_in(&scene.people.state, "anna", made).await;
        assert_eq!(other.get("/calls").await.to(), "/password");
    }

    async fn guessing_at_a_password_keeps_nobody_out_who_comes_without_and_stays_counted(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        let mut guesser = scene.browser();
        for _ in 0..6 {
            guesser.sign_in("anna", "not the right one").await;
        }
        assert_eq!(scene.come(&mut scene.browser(), &anna()).await.to(), "/");
        let rows = scene.people.state.store.users_list().await.expect("it answers");
        let row = rows.into_iter().find(|row| row.name == "anna").expect("she is there");
        assert_eq!(row.failures, 5, "the sixth met a locked name");
        assert!(row.is_locked(scene.people.state.clock.now()) && row.last_sign_in_at.is_some());
    }

    async fn a_session_begins_anew_and_the_one_before_is_over(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        let mut browser = scene.browser();
        browser.cookie = Some("A".repeat(43));
        scene.come(&mut browser, &anna()).await;
        let first = browser.cookie.clone().expect("it is given one");
        assert_ne!(first, "A".repeat(43), "a planted one is never signed in");
        // Signed in as somebody else meanwhile: coming back ends that.
        let mut other = scene.browser();
        let sent = other.get(WAY).await;
        let back = scene.issuer.visit(sent.to(), &anna());
        other.sign_in("bert", PASSWORD).await;
        let of_bert = other.cookie.clone();
        assert_eq!(other.get(&back).await.to(), "/");
        assert_ne!(other.cookie, of_bert);
        other.cookie = of_bert;
        assert_eq!(other.get("/calls").await.status, StatusCode::SEE_OTHER);
        browser.post("/sign-out", &[]).await;
        browser.cookie = Some(first);
        assert_eq!(browser.get("/calls").await.status, StatusCode::SEE_OTHER);
    }

    async fn nobody_is_sent_to_another_site_after_the_identity_provider(db) {
        let scene = Scene::of(&db).await;
        scene.enter("anna", "anna@example.com").await;
        for next in ["%2F%2Fevil.example", "/%5Cevil.example", "https:%2F%2Fevil.example", "/x%0D%0Aset-cookie:a=b",
            "evil.example", "/sign-in/openid-connect"] {
            let mut browser = scene.browser();
            let sent = browser.get(&format!("{WAY}?next={next}")).await;
            let back = scene.issuer.visit(sent.to(), &anna());
            // Nor where the address it comes back by says so.
            let came = browser.get(&format!("{back}&next=//evil.example")).await;
            assert_eq!((came.status, came.to()), (StatusCode::SEE_OTHER, "/"), "{next}");
            scene.people.clock.pass(Duration::from_mins(1));
        }
    }

    async fn without_an_identity_provider_there_is_no_way_by_one(db) {
        let people = People::of(&db).await;
        let mut browser = Browser::of(&people.state);
        assert!(!browser.get("/sign-in").await.text.contains("openid-connect"));
        for path in [WAY, "/sign-in/openid-connect/callback?code=a&state=b"] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let id = user(&people, "anna").await;
        assert!(!olga.get(&format!("/users/{id}")).await.text.contains("Single sign-on"));
    }
}
