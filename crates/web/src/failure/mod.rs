//! What visitors see when something is wrong: a title, a sentence and a way out.
//!
//! Handlers return a [`Failure`]; [`explain`] turns it into a page, or into JSON under `/api`,
//! gives it an id, and writes the cause with the same id into the log.

mod ids;

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
    /// The request came under a name that is not this machine's.
    ForeignHost,
    /// The request wants to change something.
    ReadOnly,
    /// The database does not answer.
    Unreachable {
        /// What it says, for the log.
        detail: String,
    },
    /// It took too long.
    TooSlow,
    /// A defect of ours.
    Defect {
        /// What is known, for the log.
        detail: String,
    },
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Misasked { .. } => StatusCode::BAD_REQUEST,
            Self::ForeignHost => StatusCode::FORBIDDEN,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreachable { .. } | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Defect { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::NotFound { what } => format!("There is no such {what}"),
            Self::Misasked { .. } => "This address makes no sense".to_owned(),
            Self::ForeignHost => "This name is not served here".to_owned(),
            Self::ReadOnly => "Nothing can be changed here".to_owned(),
            Self::Unreachable { .. } => "The database cannot be reached".to_owned(),
            Self::TooSlow => "This took too long".to_owned(),
            Self::Defect { .. } => "Something went wrong on our side".to_owned(),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::NotFound { .. } => {
                "The link may be mistyped, or from another database.".to_owned()
            }
            Self::Misasked { sentence } => sentence.clone(),
            Self::ForeignHost => "The dashboard has no sign-in yet and answers on this machine \
                only. Open it as http://127.0.0.1 or http://localhost with its port."
                .to_owned(),
            Self::ReadOnly => "These pages only show. Changes are made on the command line; \
                see everycall --help."
                .to_owned(),
            Self::Unreachable { .. } => "Nothing is lost. Check that the database runs and that \
                its file or server can be reached, then load this page again; everycall doctor \
                says more."
                .to_owned(),
            Self::TooSlow => "The database is busy. Load this page again in a moment.".to_owned(),
            Self::Defect { .. } => "Nothing is lost. The log has the details under the id below; \
                please report it."
                .to_owned(),
        }
    }

    fn log(&self, id: &str, path: &str) {
        let title = self.title();
        match self {
            Self::Unreachable { detail } | Self::Defect { detail } => {
                tracing::error!(failure.id = id, path, "{title}: {detail}");
            }
            Self::TooSlow => tracing::warn!(failure.id = id, path, "{title}"),
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
}

/// Gives every failure its words and its id.
pub async fn explain(
    State((ids, notice)): State<(Ids, Option<String>)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let known = response.extensions_mut().remove::<Failure>();
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    let timed_out = response.status() == StatusCode::SERVICE_UNAVAILABLE && is_bare;
    let Some(failure) = known.or_else(|| timed_out.then_some(Failure::TooSlow)) else {
        return response;
    };
    let id = ids.next();
    failure.log(&id, &path);
    if path.starts_with("/api/") {
        return as_json(&failure, &id);
    }
    let frame = Frame::new(failure.title(), "", notice, None);
    let page = html(&Page { frame, sentence: failure.sentence(), id: &id });
    page.map_or_else(
        |_| failure.status().into_response(),
        |page| (failure.status(), page).into_response(),
    )
}

fn as_json(failure: &Failure, id: &str) -> Response {
    let status = failure.status();
    let body = json!({
        "title": failure.title(),
        "status": status.as_u16(),
        "detail": failure.sentence(),
        "id": id,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body).0.to_string())
        .into_response()
}
