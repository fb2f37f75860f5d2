//! Every page and every JSON answer, asked without a socket.

mod api;
mod api_page;
mod browser;
mod certificate;
mod changes;
mod charts;
mod connections;
mod contacts;
mod dashboard;
mod document;
mod door;
mod exporting;
mod first_page;
mod forms;
mod health;
mod hostile;
mod identity;
mod isolation;
mod issuer;
mod jobs;
mod looks;
mod named;
mod page_isolation;
mod pages;
mod people;
mod refused;
mod requests;
mod said;
mod sample;
mod schedules;
mod schema;
mod setting_up;
mod setting_up_sources;
mod signing_in;
mod single_sign_on;
mod tls;
mod users_pages;
mod watching;
mod world;
mod writing;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt;

/// What came back.
pub struct Answer {
    /// How it went.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub text: String,
}

/// Asks as a browser on this machine does.
pub async fn get(state: &web::State, path: &str) -> Answer {
    ask(state, Request::get(path).header("host", "127.0.0.1:7070")).await
}

/// Asks in any way.
pub async fn ask(state: &web::State, request: axum::http::request::Builder) -> Answer {
    let request = request.body(Body::empty()).expect("the test writes a request");
    let answer = web::router(state.clone()).oneshot(request).await.expect("it never fails");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = to_bytes(answer.into_body(), 4 << 20).await.expect("the answer is small");
    Answer { status, headers, text: String::from_utf8(body.to_vec()).expect("it is text") }
}

/// A folder for one test's database.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room")
}
