//! What stands in the path and the query of a page, as axum reads it. What cannot be read is refused in
//! our words, on a page with an id.

use axum::extract::{FromRequestParts, Path as AxumPath, Query as AxumQuery};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// What stands in the path.
pub struct Path<T>(pub T);

/// What stands in the query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = AxumPath::from_request_parts(parts, state).await;
        // Of what is no id there is none.
        read.map(|AxumPath(found)| Self(found))
            .map_err(|_unreadable| Failure::NotFound { what: "page" })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let read = AxumQuery::try_from_uri(&parts.uri);
        read.map(|AxumQuery(asked)| Self(asked))
            .map_err(|error| Failure::Misasked { sentence: error.body_text() })
    }
}
