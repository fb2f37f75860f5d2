//! All that is kept of a call, as an archive.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use engine::evidence::{EvidenceError, Told, files, write};
use store::CallRow;

use crate::extract::Path;
use crate::facts::Story;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::list::encoded;

/// Where the archive of this call is.
pub fn address(row: &CallRow) -> String {
    format!("/calls/{}/{}/evidence.zip", encoded(&row.source), encoded(&row.provider_call_id))
}

/// Sends it.
pub async fn send(
    State(state): State<crate::State>,
    guest: Guest,
    Path((source, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let story = Story::load(&state, &guest, &source, id).await?;
    let told = Told {
        call: &story.row,
        why: story.because.as_deref().unwrap_or_default(),
        legs: &story.legs,
        moves: story.moves.as_deref().unwrap_or_default(),
        versions: &story.versions,
    };
    let defect = |detail: String| Failure::Defect { detail };
    let files = files(&state.store, &told, now).await.map_err(|error| match error {
        EvidenceError::Store(error) => Failure::from(error),
        error => defect(error.to_string()),
    })?;
    let bytes = write(&files, Vec::new()).map_err(|error| defect(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"evidence.zip\""),
    ];
    Ok((headers, bytes).into_response())
}
