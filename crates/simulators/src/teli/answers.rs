//! Envelopes, worded as published.

use serde_json::{Value, json};

use crate::server::Answer;

/// A success.
pub(super) fn success(mut body: Value) -> Answer {
    body["success"] = true.into();
    body["powered_by"] = "Teli".into();
    Answer::json(200, body.to_string())
}

/// An error.
pub(super) fn error(status: u16, said: &str) -> Answer {
    let body = json!({ "error": said, "success": false, "powered_by": "Teli" });
    Answer::json(status, body.to_string())
}
