//! What visitors see when something is wrong: a title, a sentence and a way out.
//!
//! Handlers return a [`Failure`]; [`explain`] turns it into a page, or into JSON under `/api`,
//! gives it an id, and writes the cause with the same id into the log.

mod ids;
mod users;
mod words;

use std::time::Duration;

use askama::Template;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::StoreError;

pub use ids::Ids;

use crate::frame::{Frame, html};
use crate::guard;

/// Why there is no answer.
#[derive(Debug, Clone)]
pub enum Failure {
    /// There is no such thing.
    NotFound {
        /// What was looked for: `page`, `run`, `source`.
        what: &'static str,
    },
    /// The address says something that makes no sense.
    Misasked {
        /// What, and what would make sense.
        sentence: String,
    },
    /// The request came under a name that is not served here.
    ForeignHost {
        /// Whether other names could be.
        has_sign_in: bool,
    },
    /// Somebody is signed in, and this is for operators.
    NoRights,
    /// A member is signed in who may look at no account.
    NoAccount,
    /// A form was sent that is none of our pages', or of one that was open too long.
    NotOurForm,
    /// An address to which forms are sent is asked for a page.
    OnlyForm,
    /// A page is asked for in a way that no page has.
    NotSo,
    /// There is no such way to use a route of the API.
    OtherMethod,
    /// The request needs a token that holds, and came without.
    Unauthorised {
        /// What is wrong with it, or that there is none.
        why: String,
        /// Whether a token came.
        has_token: bool,
    },
    /// Somebody is signed in by a password that somebody else chose, and has no other yet.
    PasswordFirst,
    /// The token holds and was not given out for this.
    Forbidden {
        /// What it lacks.
        why: String,
    },
    /// Too much was asked in too short a time.
    TooOften {
        /// Of what.
        what: &'static str,
        /// How long to wait.
        wait: Duration,
    },
    /// The body is too long.
    TooLong {
        /// How long it may be, in bytes.
        bytes_max: usize,
    },
    /// The body is of another kind than is read here.
    OtherType {
        /// What is read.
        wanted: &'static str,
    },
    /// What is there stands against it.
    Conflict {
        /// What is so.
        sentence: String,
    },
    /// It was understood and makes no sense.
    Unusable {
        /// What is wrong.
        sentence: String,
    },
    /// The database does not answer.
    Unreachable {
        /// What it says, for the log.
        detail: String,
    },
    /// It took too long.
    TooSlow,
    /// A change took too long.
    Unfinished,
    /// A defect of ours.
    Defect {
        /// What is known, for the log.
        detail: String,
    },
}

impl Failure {
    fn log(&self, id: &str, path: &str) {
        let title = self.title();
        match self {
            Self::Unreachable { detail } | Self::Defect { detail } => {
                tracing::error!(failure.id = id, path, "{title}: {detail}");
            }
            Self::TooSlow | Self::Unfinished => tracing::warn!(failure.id = id, path, "{title}"),
            _ => tracing::info!(failure.id = id, path, "{title}"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::Unreachable { .. } | StoreError::Busy { .. } | StoreError::Full { .. } => {
                Self::Unreachable { detail }
            }
            _ => Self::Defect { detail },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "failure/page.html")]
struct Page<'a> {
    frame: Frame,
    sentence: String,
    id: &'a str,
    /// Whether signing in as somebody else would help.
    is_theirs: bool,
}

/// Gives every failure its words and its id.
pub async fn explain(
    State((ids, notice)): State<(Ids, Option<String>)>,
    request: Request,
    next: Next,
) -> Response {
    let is_read = request.method().is_safe();
    let is_api = request.uri().path().starts_with("/api/");
    let path = guard::route(&request).to_owned();
    let mut response = next.run(request).await;
    let allow = response.headers_mut().remove(header::ALLOW);
    let known = response.extensions_mut().remove::<Failure>();
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let timed_out = response.status() == StatusCode::SERVICE_UNAVAILABLE && is_bare;
    let late = if is_read { Failure::TooSlow } else { Failure::Unfinished };
    let Some(failure) = known.or_else(|| timed_out.then_some(late)) else { return response };
    let id = ids.next();
    failure.log(&id, &path);
    let mut answer = if is_api { as_json(&failure, &id) } else { as_page(&failure, &id, notice) };
    answer.headers_mut().extend(failure.headers());
    answer.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    answer
}

fn as_page(failure: &Failure, id: &str, notice: Option<String>) -> Response {
    let frame = Frame::plain(failure.title(), notice);
    let page =
        html(&Page { frame, sentence: failure.sentence(), id, is_theirs: failure.is_about_whom() });
    page.map_or_else(
        |_| failure.status().into_response(),
        |page| (failure.status(), page).into_response(),
    )
}

/// As a problem of RFC 9457.
fn as_json(failure: &Failure, id: &str) -> Response {
    let status = failure.status();
    let body = json!({
        "type": format!("urn:everycall:problem:{}", failure.code()),
        "title": failure.title(),
        "status": status.as_u16(),
        "detail": failure.sentence(),
        "id": id,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body).0.to_string())
        .into_response()
}
