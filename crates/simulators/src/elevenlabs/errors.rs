//! Error answers, in the shapes they are documented in.

use serde_json::json;

use crate::server::Answer;

use super::settings::ErrorShape;

/// An error whose `detail` is an object.
pub(super) fn error(shape: ErrorShape, status: u16, code: &str, message: &str) -> Answer {
    let kind = match status {
        401 | 403 => "authentication_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        _ => "invalid_request_error",
    };
    let detail = match shape {
        ErrorShape::Older => json!({ "status": code, "message": message }),
        ErrorShape::Current => json!({
            "type": kind,
            "code": code,
            "message": message,
            "status": code,
            "request_id": "simulated",
        }),
    };
    Answer::json(status, json!({ "detail": detail }).to_string())
}

/// 422 of the framework, whose `detail` is a list.
pub(super) fn unprocessable(parameter: &str, message: &str) -> Answer {
    let fault = json!({ "loc": ["query", parameter], "msg": message, "type": "value_error" });
    Answer::json(422, json!({ "detail": [fault] }).to_string())
}

/// An address nobody serves.
pub(super) fn no_route() -> Answer {
    Answer::json(404, r#"{"detail":"Not Found"}"#)
}
