//! What it answers: its configuration, its keys, tokens and addresses.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::{BACK, CLIENT_ID, CLIENT_SECRET, Inner, Twist, address};

type Shared = State<Arc<Mutex<Inner>>>;

pub fn router(inner: Arc<Mutex<Inner>>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/moved", get(async || Json(json!({ "issuer": "whatever" }))))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo))
        .with_state(inner)
}

/// OpenID Connect Discovery, 3.
async fn configuration(State(inner): Shared) -> Response {
    let mut inner = inner.lock().expect("nobody panicked");
    inner.asked.discovery += 1;
    let url = &inner.url;
    match inner.twist {
        Some(Twist::Moved) => {
            return (StatusCode::FOUND, [("location", format!("{url}/moved"))]).into_response();
        }
        Some(Twist::Endless) => return "x".repeat(2 << 20).into_response(),
        Some(Twist::Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => {}
    }
    let is_another = inner.twist == Some(Twist::PublishesAnother);
    Json(json!({
        "issuer": if is_another { "https://evil.example" } else { url.as_str() },
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "none"],
        "scopes_supported": ["openid", "email"],
        "code_challenge_methods_supported": ["S256"],
    }))
    .into_response()
}

/// RFC 7517, 5.
async fn keys(State(inner): Shared) -> Response {
    let mut inner = inner.lock().expect("nobody panicked");
    inner.asked.keys += 1;
    Json(json!({ "keys": [inner.key.published()] })).into_response()
}

/// RFC 6749, 5.2.
fn no(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": "<b>no</b>" })))
        .into_response()
}

/// OpenID Connect Core, 3.1.3; RFC 6749, 4.1.3 and 2.3.1; RFC 7636, 4.6.
async fn token(State(inner): Shared, headers: HeaderMap, body: String) -> Response {
    let mut inner = inner.lock().expect("nobody panicked");
    inner.asked.tokens += 1;
    let form: HashMap<String, String> = serde_urlencoded::from_str(&body).expect("it is a form");
    let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !is_client(&headers) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" })))
            .into_response();
    }
    if said("grant_type") != "authorization_code" {
        return no("unsupported_grant_type");
    }
    // A code is good once: RFC 6749, 4.1.2.
    let Some(code) = inner.codes.remove(said("code")) else { return no("invalid_grant") };
    let digest = ring::digest::digest(&ring::digest::SHA256, said("code_verifier").as_bytes());
    let is_proved = URL_SAFE_NO_PAD.encode(digest) == code.challenge;
    let is_refused = inner.twist == Some(Twist::Refuses);
    if !is_proved || said("redirect_uri") != BACK || is_refused {
        return no("invalid_grant");
    }
    let access = format!("access-{}", inner.given);
    inner.access.insert(access.clone(), code.whose.clone());
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300 });
    if inner.twist != Some(Twist::NoIdToken) {
        answer["id_token"] = json!(inner.key.token(&inner.claims(&code), inner.twist));
    }
    Json(answer).into_response()
}

/// Whether it is us: both names written as in a form, and then as RFC 7617 has it.
fn is_client(headers: &HeaderMap) -> bool {
    let sent = headers.get("authorization").and_then(|sent| sent.to_str().ok());
    let sent = sent.and_then(|sent| sent.strip_prefix("Basic "));
    let Some(pair) = sent.and_then(|sent| STANDARD.decode(sent).ok()) else { return false };
    let pair = String::from_utf8(pair).expect("it is text");
    let (id, secret) = pair.split_once(':').expect("it is a pair");
    let read = |text: &str| {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(&format!("x={text}")).expect("it is written as in a form");
        pairs[0].1.clone()
    };
    (read(id).as_str(), read(secret).as_str()) == (CLIENT_ID, CLIENT_SECRET)
}

/// OpenID Connect Core, 5.3.
async fn userinfo(State(inner): Shared, headers: HeaderMap) -> Response {
    let inner = inner.lock().expect("nobody panicked");
    let sent = headers.get("authorization").and_then(|sent| sent.to_str().ok());
    let token = sent.and_then(|sent| sent.strip_prefix("Bearer ")).unwrap_or_default();
    let Some(whose) = inner.access.get(token) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let is_another = inner.twist == Some(Twist::AddressOfAnother);
    let subject = if is_another { "another" } else { whose.subject.as_str() };
    let mut claims = json!({ "sub": subject });
    address(&mut claims, whose);
    Json(claims).into_response()
}
