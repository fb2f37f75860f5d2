//! What is refused, and what a visitor is told.

use axum::http::{Request, StatusCode};

use crate::{ask, folder, get, sample};

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    for host in ["calls.example.com", "127.0.0.1.example.com:7070", "10.0.0.1"] {
        for path in ["/", "/calls", "/api/v1/calls", "/healthz"] {
            let answer = ask(&state, Request::get(path).header("host", host)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host} {path}");
            assert!(answer.text.contains("http://127.0.0.1") && !answer.text.contains("+1201"));
        }
    }
    assert_eq!(ask(&state, Request::get("/")).await.status, StatusCode::FORBIDDEN);
    let named = ask(&state, Request::get("/").header("host", "localhost:7070")).await;
    assert_eq!(named.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    for path in ["/nowhere", "/runs/99", "/runs/x", "/calls?source=other"] {
        let answer = get(&state, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains("There is no such") && answer.text.contains("href=\"/\""));
        assert!(answer.text.contains("Id of this message"));
    }
    let answer = get(&state, "/api/v1/runs/99").await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert!(answer.text.contains("There is no such run"));
}

#[tokio::test]
async fn an_address_that_makes_no_sense_says_what_would() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    for path in [
        "/calls?placement=lost",
        "/calls?after=x",
        "/calls?limit=0",
        "/calls?after=1&after=2",
        "/calls?sourc=main",
    ] {
        assert_eq!(get(&state, path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert!(get(&state, "/calls?placement=lost").await.text.contains("placed, waiting, excluded"));
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    let request = Request::post("/calls").header("host", "localhost");
    assert_eq!(ask(&state, request).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_database_that_is_gone_is_said_to_be() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    assert_eq!(get(&state, "/healthz").await.text, "ok");
    state.store.close().await;
    for path in ["/", "/calls", "/runs/1", "/api/v1/status"] {
        let answer = get(&state, path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.text.contains("The database cannot be reached"), "{path}");
        assert!(!answer.text.contains("pool"), "{path} shows the driver's words");
    }
    assert_eq!(get(&state, "/healthz").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
