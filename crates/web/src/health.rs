//! Whether the service can do its work, for whoever watches it.

use axum::extract::State;
use axum::http::StatusCode;

/// `ok` when the database answers.
pub async fn show(State(state): State<crate::State>) -> (StatusCode, &'static str) {
    match state.store.sources_list().await {
        Ok(_) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::error!("The database does not answer the health check: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    }
}
