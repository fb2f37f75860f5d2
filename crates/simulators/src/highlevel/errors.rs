//! Error answers, worded as documented (§7).

use serde_json::{Value, json};

use crate::server::Answer;

/// `{statusCode, message, error?}` with a trace id, as most bodies carry.
pub(crate) fn error(status: u16, message: &str) -> Answer {
    let mut body = json!({ "statusCode": status, "message": message });
    let name = match status {
        401 => Some("Unauthorized"),
        403 => Some("Forbidden"),
        _ => None,
    };
    if let Some(name) = name {
        body["error"] = name.into();
    }
    traced(status, body)
}

/// 400 without a reason, the documented one.
pub(crate) fn bad_request() -> Answer {
    error(400, "Bad Request")
}

/// 422, whose message is a list.
pub(crate) fn unprocessable(messages: &[&str]) -> Answer {
    let body = json!({
        "statusCode": 422,
        "message": messages,
        "error": "Unprocessable Entity",
    });
    traced(422, body)
}

/// An unknown route.
pub(crate) fn cannot(method: &str, path: &str) -> Answer {
    error(404, &format!("Cannot {method} {path}"))
}

fn traced(status: u16, mut body: Value) -> Answer {
    body["traceId"] = "00000000-0000-4000-8000-51b07a7ed000".into();
    Answer::json(status, body.to_string())
}
