//! A job as it goes on, watched on its page, for as long as whoever watches is let in.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use futures::StreamExt as _;
use serde_json::json;
use testkit::on_both_databases;
use tower::ServiceExt as _;

use crate::browser::{Browser, HOST};
use crate::people::{PASSWORD, People};
use crate::world::{Asks, send};

/// Longer than a stream that ended takes to notice, and shorter than one lasts.
const PATIENCE: Duration = Duration::from_secs(30);

/// Begins to watch the only job; the first of what is told has come.
async fn watch(people: &People, browser: &Browser) -> Body {
    let cookie = browser.cookie.as_ref().expect("they are signed in");
    let request = Request::get("/jobs/1/live").header("host", HOST);
    let request = request.header("cookie", format!("everycall={cookie}")).body(Body::empty());
    let request = request.expect("the test writes a request");
    let answer = web::router(people.state.clone()).oneshot(request).await.expect("it never fails");
    assert_eq!(answer.status(), StatusCode::OK);
    let mut told = answer.into_body().into_data_stream();
    let first = told.next().await.expect("it is told at once").expect("it is told");
    assert!(first.starts_with(b"event: progress"), "{first:?}");
    Body::from_stream(told)
}

/// What is told until the stream ends.
async fn rest(stream: Body) -> String {
    let rest = tokio::time::timeout(PATIENCE, to_bytes(stream, 1 << 20)).await;
    let rest = rest.expect("it ends").expect("it ends as it should");
    String::from_utf8(rest.to_vec()).expect("it is text")
}

on_both_databases! {
    async fn whoever_is_signed_out_or_shut_out_sees_no_more_of_a_job(db) {
        let people = People::of(&db).await;
        let said = json!({ "kind": "sync", "source": "main" });
        let asked = send(&people.world.state, Some(&people.world.writer), &Asks::post("/jobs", &said)).await;
        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text);
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let left = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let streams = (watch(&people, &olga).await, watch(&people, &left).await);
        olga.post("/sign-out", &[]).await;
        assert_eq!(rest(streams.0).await, "");
        // Looking on is no use of a session: it ends as if nobody had looked.
        people.clock.pass(Duration::from_hours(13));
        assert_eq!(rest(streams.1).await, "");
    }
}
