//! Requests that were named by whoever sent them (`Idempotency-Key`): sending one again does nothing
//! again and is answered as before.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};
use store::{KeptAnswer, KeyTaken, StoreError};

use super::Behind;
use crate::failure::Failure;

/// The header a name comes in.
pub const HEADER: &str = "idempotency-key";
/// Says that an answer was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const LETTERS_MAX: usize = 255;
/// The longest answer that is kept, in bytes.
const ANSWER_MAX: usize = 1 << 20;

/// A token's name for one of its requests.
pub struct Name {
    token: i64,
    key: String,
}

/// The name a request came with. Only what makes or does something is named; anything else can be
/// sent again anyway.
pub fn name(parts: &Parts, token: Option<i64>) -> Result<Option<Name>, Failure> {
    let mut sent = parts.headers.get_all(HEADER).into_iter();
    let (Some(first), Some(token)) = (sent.next(), token) else { return Ok(None) };
    if parts.method != Method::POST {
        return Ok(None);
    }
    let key = first.to_str().ok().filter(|key| (1..=LETTERS_MAX).contains(&key.len()));
    if let (Some(key), None) = (key, sent.next()) {
        return Ok(Some(Name { token, key: key.to_owned() }));
    }
    let sentence = format!("Idempotency-Key is one text of 1 to {LETTERS_MAX} printable letters");
    Err(Failure::Misasked { sentence })
}

/// Lets a named request through once, and answers it as before after that.
pub async fn once(
    state: &crate::State,
    name: &Name,
    body: &Bytes,
    request: Request,
    behind: Behind,
) -> Response {
    let hash = hash(&request, body);
    let taken = match take(state, name, &hash).await {
        Ok(taken) => taken,
        Err(error) => return Failure::from(error).into_response(),
    };
    match taken {
        KeyTaken::Ours => {}
        KeyTaken::Answered(kept) => return replayed(kept),
        KeyTaken::UnderWay => {
            let sentence = "the first request with this Idempotency-Key is still under way";
            return Failure::Conflict { sentence: sentence.to_owned() }.into_response();
        }
        KeyTaken::Another => {
            let sentence = "this Idempotency-Key was sent with another request before";
            return Failure::Unusable { sentence: sentence.to_owned() }.into_response();
        }
    }
    let answer = behind.run(request).await;
    // What failed is told anew each time, for by then it may not fail.
    if !answer.status().is_success() {
        let freed = free(state, name).await;
        return freed.map_or_else(|error| Failure::from(error).into_response(), |()| answer);
    }
    keep(state, name, answer).await
}

async fn take(state: &crate::State, name: &Name, hash: &[u8; 32]) -> Result<KeyTaken, StoreError> {
    let mut tx = state.store.begin().await?;
    let taken = tx.idempotency_take((name.token, &name.key), hash, state.clock.now()).await?;
    tx.commit().await?;
    Ok(taken)
}

async fn free(state: &crate::State, name: &Name) -> Result<(), StoreError> {
    let mut tx = state.store.begin().await?;
    tx.idempotency_free((name.token, &name.key)).await?;
    tx.commit().await
}

async fn keep(state: &crate::State, name: &Name, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = match to_bytes(body, ANSWER_MAX).await {
        Ok(body) => body,
        Err(error) => return Failure::Defect { detail: error.to_string() }.into_response(),
    };
    let kept = KeptAnswer { status: parts.status.as_u16(), body: body.to_vec() };
    let written = async {
        let mut tx = state.store.begin().await?;
        tx.idempotency_answer((name.token, &name.key), &kept).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        // It was done all the same, and whoever sends it again is told that it is under way.
        tracing::warn!("The answer to a named request could not be kept: {error}");
    }
    Response::from_parts(parts, Body::from(body))
}

fn replayed(kept: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let json = HeaderValue::from_static("application/json");
    let yes = HeaderValue::from_static("true");
    (status, [(header::CONTENT_TYPE, json), (REPLAYED, yes)], kept.body).into_response()
}

/// What makes two requests the same one.
fn hash(request: &Request, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    let uri = request.uri();
    let path = uri.path_and_query().map_or_else(|| uri.path(), |whole| whole.as_str());
    for part in [request.method().as_str().as_bytes(), path.as_bytes(), body] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
