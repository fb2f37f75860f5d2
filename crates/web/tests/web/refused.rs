//! What is refused, and what a visitor is told.

use axum::http::{Method, Request, StatusCode};

use crate::browser::HOST;
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

/// The address of a page, with this wherever it names something.
fn url(page: &web::PageRoute, word: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { word.to_owned() } else { part.to_owned() };
    page.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn no_page_is_used_otherwise_than_it_says_and_nothing_is_changed_by_trying() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let table = web::pages();
    for page in &table {
        let of_path = table.iter().filter(|other| other.path == page.path);
        let has: Vec<&Method> = of_path.map(|other| &other.method).collect();
        let all = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        for method in all.iter().filter(|method| !has.contains(method)) {
            let url = url(page, "1");
            let request = Request::builder().method(method).uri(&url).header("host", HOST);
            let answer = ask(&state, request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {url}");
            let says = match *method {
                Method::GET => "This address is only for sending a form",
                _ => "This page is not used that way",
            };
            assert!(answer.text.contains(says), "{method} {url}: {}", answer.text);
            assert!(answer.headers.contains_key("allow"), "{method} {url}");
        }
    }
    let entries = state.store.audit_list(None, 1).await.expect("it answers");
    assert!(entries.is_empty(), "{entries:?}");
}

/// Whatever somebody types into the address of a page, they are told on a page, with an id.
#[tokio::test]
async fn an_address_that_cannot_be_read_is_told_on_a_page() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    for page in web::pages().iter().filter(|page| page.method == Method::GET) {
        for word in ["abc", "%FF", "9999999999999999999999"] {
            for asked in ["", "?after=x", "?before=x&phase=1", "?nonsense=1", "?source=%FF"] {
                let path = format!("{}{asked}", url(page, word));
                let answer = get(&state, &path).await;
                assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
                if answer.status.is_client_error() {
                    assert!(answer.text.contains("Id of this message"), "{path}: {}", answer.text);
                }
            }
        }
    }
    for (path, status) in [
        ("/jobs/abc", StatusCode::NOT_FOUND),
        ("/contacts?after=x", StatusCode::BAD_REQUEST),
        ("/gaps?nonsense=1", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(get(&state, path).await.status, status, "{path}");
    }
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
