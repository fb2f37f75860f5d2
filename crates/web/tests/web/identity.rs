//! Coming back from an identity provider: what is of another sign-in, wrong or forged lets nobody in,
//! and an identity provider that is down keeps nobody from using a password.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use domain::users::TRIP_MAX;
use testkit::on_both_databases;
use tokio::net::TcpListener;
use web::Place;

use crate::Answer;
use crate::browser::Browser;
use crate::forms::OURS;
use crate::issuer::{Asked, CLIENT_SECRET, Somebody, Twist};
use crate::people::{PASSWORD, People};
use crate::single_sign_on::{Scene, WAY, alert, entrance};

const CALLBACK: &str = "/sign-in/openid-connect/callback";

fn anna() -> Somebody {
    Somebody::of("subject-of-anna", "anna@example.com")
}

async fn scene(db: &testkit::TestDb) -> Scene {
    let scene = Scene::of(db).await;
    assert_eq!(scene.enter("anna", "anna@example.com").await.status, StatusCode::SEE_OTHER);
    scene
}

/// Nobody came in, and no way is left open.
fn check_out(browser: &Browser, answer: &Answer, status: StatusCode, told: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert!(alert(answer).contains(told), "{told}: {}", answer.text);
    assert_eq!((&browser.cookie, &browser.trip), (&None, &None));
}

const STALE: &str =
    "begun in another browser, under another name of this service or more than ten minutes ago";

on_both_databases! {
    async fn a_token_that_is_wrong_in_anything_lets_nobody_in(db) {
        let scene = scene(&db).await;
        for (twist, why) in [
            (Twist::Signature, "its signature is wrong"),
            (Twist::Key, "its signature is wrong"),
            (Twist::UnknownKey, "signed by a key of nobody"),
            (Twist::Unsigned, "it is not signed"),
            (Twist::ByClientSecret, "signed in a way that is not allowed"),
            (Twist::Audience, "for somebody else than us"),
            (Twist::TwoAudiences, "for somebody else than us"),
            (Twist::Nonce, "of another sign-in"),
            (Twist::NoNonce, "of another sign-in"),
            (Twist::Expired, "it has expired"),
            (Twist::Issuer, "from another issuer"),
            (Twist::Subject, "its subject is no name of anybody"),
        ] {
            scene.people.clock.pass(Duration::from_mins(1));
            scene.issuer.twist(Some(twist));
            let mut browser = scene.browser();
            let answer = scene.come(&mut browser, &anna()).await;
            check_out(&browser, &answer, StatusCode::FORBIDDEN, why);
            assert!(alert(&answer).contains("is not to be trusted"), "{twist:?}");
        }
        scene.issuer.twist(None);
        assert_eq!(scene.come(&mut scene.browser(), &anna()).await.to(), "/", "nothing else was wrong");
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 0);
    }

    async fn a_state_is_of_one_browser_and_good_once(db) {
        let scene = scene(&db).await;
        let (mut own, mut other) = (scene.browser(), scene.browser());
        let sent = own.get(WAY).await;
        let back = scene.issuer.visit(sent.to(), &anna());
        // Somebody is made to follow the address of another, with a sign-in of their own under way or not.
        let answer = scene.browser().get(&back).await;
        assert!(alert(&answer).contains(STALE), "{}", answer.text);
        other.get(WAY).await;
        let answer = other.get(&back).await;
        check_out(&other, &answer, StatusCode::FORBIDDEN, STALE);
        assert_eq!(scene.issuer.asked().tokens, 0, "no code of another is redeemed");
        let kept = own.trip.clone();
        assert_eq!(own.get(&back).await.to(), "/");
        let session = own.cookie.take();
        own.trip = kept;
        let answer = own.get(&back).await;
        check_out(&own, &answer, StatusCode::FORBIDDEN, STALE);
        assert_eq!(scene.issuer.asked().tokens, 1);
        own.cookie = session;
        assert_eq!(own.get("/calls").await.status, StatusCode::OK, "what was begun goes on");
    }

    async fn an_address_to_come_back_by_that_lacks_something_lets_nobody_in(db) {
        let scene = scene(&db).await;
        for (cut, told) in [
            ("state", STALE),
            ("code", "answers what is not understood"),
        ] {
            let mut browser = scene.browser();
            let sent = browser.get(WAY).await;
            let back = scene.issuer.visit(sent.to(), &anna());
            let answer = browser.get(&back.replace(&format!("{cut}="), "x=")).await;
            assert!(alert(&answer).contains(told), "{cut}: {}", answer.text);
            assert_eq!(browser.cookie, None);
        }
        let mut browser = scene.browser();
        let sent = browser.get(WAY).await;
        let back = scene.issuer.visit(sent.to(), &anna());
        let twice = format!("{back}&state={}", "x".repeat(43));
        let answer = browser.get(&twice).await;
        check_out(&browser, &answer, StatusCode::FORBIDDEN, STALE);
        for query in ["", "?", "?state=", "?code=a", "?state=%00&code=%00", "?error=%3Cscript%3E"] {
            scene.people.clock.pass(Duration::from_mins(1));
            let mut browser = scene.browser();
            browser.trip = Some("A".repeat(43));
            let answer = browser.get(&format!("{CALLBACK}{query}")).await;
            check_out(&browser, &answer, StatusCode::FORBIDDEN, STALE);
        }
    }

    async fn a_sign_in_takes_ten_minutes_at_most(db) {
        let scene = scene(&db).await;
        let mut browser = scene.browser();
        let sent = browser.get(WAY).await;
        let back = scene.issuer.visit(sent.to(), &anna());
        scene.people.clock.pass(TRIP_MAX);
        let answer = browser.get(&back).await;
        check_out(&browser, &answer, StatusCode::FORBIDDEN, STALE);
        // What nobody came back from is forgotten when somebody else sets out.
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 1);
        browser.get(WAY).await;
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 1);
    }

    async fn whoever_is_denied_there_is_told_so_and_nothing_it_says_is_repeated(db) {
        let scene = scene(&db).await;
        for (error, told) in [
            ("access_denied", "did not let you in, or you said no there"),
            ("login_required", "The identity provider refused (login_required)"),
            ("%3Cscript%3E", "The identity provider refused (it does not say why)"),
        ] {
            let mut browser = scene.browser();
            let sent = browser.get(WAY).await;
            let answer = browser.get(&scene.issuer.deny(sent.to(), error)).await;
            check_out(&browser, &answer, StatusCode::FORBIDDEN, told);
        }
        scene.issuer.twist(Some(Twist::Refuses));
        let mut browser = scene.browser();
        let answer = scene.come(&mut browser, &anna()).await;
        check_out(&browser, &answer, StatusCode::FORBIDDEN, "refused (invalid_grant)");
        assert!(!answer.text.contains("<b>"), "{}", answer.text);
    }

    async fn keys_that_are_changed_are_read_again_and_others_are_kept_for_an_hour(db) {
        let scene = scene(&db).await;
        let come = async || {
            assert_eq!(scene.come(&mut scene.browser(), &anna()).await.to(), "/");
            let Asked { discovery, keys, .. } = scene.issuer.asked();
            (discovery, keys)
        };
        assert_eq!(scene.issuer.asked(), Asked::default(), "nothing is asked before somebody comes");
        assert_eq!(come().await, (1, 1));
        assert_eq!(come().await, (1, 1));
        scene.issuer.rotate();
        assert_eq!(come().await, (2, 2));
        scene.issuer.sign_by_curve();
        assert_eq!(come().await, (3, 3));
        scene.people.clock.pass(Duration::from_hours(1));
        assert_eq!(come().await, (4, 4));
    }

    async fn an_address_may_be_told_elsewhere_than_in_the_token(db) {
        let scene = scene(&db).await;
        scene.issuer.twist(Some(Twist::AddressOfAnother));
        let told = scene.refused(&anna()).await;
        assert!(told.contains("tells no e-mail address of you"), "{told}");
        scene.issuer.twist(Some(Twist::AddressElsewhere));
        let told = scene.refused(&Somebody { is_verified: Some(false), ..anna() }).await;
        assert!(told.contains("has not made sure"), "{told}");
        assert_eq!(scene.come(&mut scene.browser(), &anna()).await.to(), "/");
    }

    async fn an_identity_provider_that_is_down_or_answers_wrongly_keeps_nobody_from_a_password(db) {
        let mut people = People::of(&db).await;
        let down = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", down.local_addr().expect("it has one"));
        drop(down);
        people.state.entrance = entrance(&url, Place::default());
        let mut browser = Browser::of(&people.state);
        let answer = browser.get(WAY).await;
        check_out(&browser, &answer, StatusCode::BAD_GATEWAY, "cannot be reached");
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn what_is_published_is_held_against_its_name_and_nothing_is_followed(db) {
        let scene = scene(&db).await;
        for (twist, told) in [
            (Twist::PublishesAnother, "answers what is not understood"),
            (Twist::Moved, "answers what is not understood"),
            (Twist::Endless, "answers what is not understood"),
            (Twist::Broken, "cannot be reached"),
        ] {
            scene.issuer.twist(Some(twist));
            let mut browser = scene.browser();
            let answer = browser.get(WAY).await;
            check_out(&browser, &answer, StatusCode::BAD_GATEWAY, told);
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 0, "nobody set out");
        scene.issuer.twist(Some(Twist::NoIdToken));
        let mut browser = scene.browser();
        let answer = scene.come(&mut browser, &anna()).await;
        check_out(&browser, &answer, StatusCode::BAD_GATEWAY, "answers what is not understood");
        assert_eq!(browser.sign_in("anna", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }

    async fn whoever_comes_back_in_vain_tries_only_so_often(db) {
        let scene = scene(&db).await;
        let router = web::router(scene.people.state.clone());
        // The operator who entered the address tried once; it takes six seconds to be forgotten.
        scene.people.clock.pass(Duration::from_mins(1));
        let mut browser = Browser::at(router);
        for n in 0..10 {
            let answer = browser.get(&format!("{CALLBACK}?state={n}&code=x")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{n}");
        }
        for path in [CALLBACK, WAY] {
            let refused = browser.get(path).await;
            assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
            assert_eq!(refused.headers["retry-after"], "6");
        }
        let refused = browser.sign_in("anna", PASSWORD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    }

    async fn no_other_page_sends_people_to_the_identity_provider(db) {
        let scene = scene(&db).await;
        for site in ["cross-site", "same-site", "none"] {
            let mut browser = scene.browser();
            browser.headers.push(("sec-fetch-site", site.to_owned()));
            let answer = browser.get(&format!("{WAY}?next=/calls")).await;
            assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/sign-in?next=/calls"));
            assert_eq!(browser.trip, None);
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM sign_in_trips").await, 0);
        // The way back is from there, and from nowhere else.
        let mut browser = scene.browser();
        let sent = browser.get(WAY).await;
        let back = scene.issuer.visit(sent.to(), &anna());
        browser.headers.push(("sec-fetch-site", "cross-site".to_owned()));
        assert_eq!(browser.get(&back).await.to(), "/");
    }

    async fn neither_secrets_nor_addresses_of_a_sign_in_are_logged_or_entered(db) {
        let said = testkit::Captured::here(&OURS);
        let scene = scene(&db).await;
        let mut browser = scene.browser();
        let sent = browser.get(WAY).await;
        let trip = browser.trip.clone().expect("it is given one");
        let back = scene.issuer.visit(sent.to(), &anna());
        assert_eq!(browser.get(&back).await.to(), "/");
        scene.issuer.twist(Some(Twist::Nonce));
        scene.come(&mut scene.browser(), &anna()).await;
        scene.issuer.twist(Some(Twist::Refuses));
        scene.come(&mut scene.browser(), &anna()).await;
        scene.issuer.twist(None);
        let stranger = Somebody::of("subject-of-a-stranger", "stranger@example.com");
        scene.refused(&stranger).await;
        let (log, audit) = (said.text(), format!("{:?}", scene.people.audit().await));
        assert!(log.contains("the identity provider refused: invalid_grant"), "{log}");
        assert!(log.contains("it vouches for nobody who may come in"), "{log}");
        let cookie = browser.cookie.clone().expect("she is in");
        let state = back.rsplit_once("state=").expect("it has one").1;
        for secret in [CLIENT_SECRET, &trip, &cookie, state, "code-1", "access-1", "subject-of-", "stranger@"] {
            assert!(!log.contains(secret), "{secret}: {log}");
            assert!(!audit.contains(secret), "{secret}: {audit}");
        }
    }

    async fn over_tls_the_trip_is_kept_for_tls_alone(db) {
        let mut scene = scene(&db).await;
        let place = Place { has_trusted_proxy: true, ..Place::default() };
        scene.people.state.entrance = entrance(&scene.issuer.url, place);
        let request = Request::get(WAY).header("x-forwarded-proto", "https").header("host", "127.0.0.1:7070");
        let answer = crate::ask(&scene.people.state, request).await;
        let line = answer.headers["set-cookie"].to_str().expect("it is text");
        assert!(line.starts_with("__Host-everycall-trip=") && line.ends_with("; Secure"), "{line}");
    }
}

#[test]
fn nothing_is_kept_of_a_trip_that_would_help_to_come_in() {
    let out = engine::users::identity::SetOut::new().expect("there is randomness");
    let secret = secrecy::ExposeSecret::expose_secret(&out.secret);
    let told = [&out.trip.state, &out.trip.nonce, &out.trip.verifier];
    let told = told.map(secrecy::ExposeSecret::expose_secret);
    for one in told {
        assert!(one.len() == 43 && one != secret);
        assert_eq!(told.iter().filter(|other| **other == one).count(), 1, "each is another");
    }
    let shown = format!("{:?}", out.trip);
    assert!(told.iter().all(|secret| !shown.contains(secret)), "{shown}");
}
