//! Error answers in each of the published shapes (§1).

use serde_json::json;

use crate::server::Answer;

use super::settings::ErrorBody;

/// An error of this status, code and message.
pub(super) fn error(shape: ErrorBody, status: u16, code: u32, message: &str) -> Answer {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    let body = match shape {
        ErrorBody::Legacy => {
            json!({ "code": code, "message": message, "more_info": more_info, "status": status })
        }
        ErrorBody::WithoutCode => json!({ "message": message, "status": status }),
        ErrorBody::ProblemDetails => json!({
            "type": more_info,
            "title": message,
            "status": status,
            "code": code,
            "detail": message,
        }),
    };
    Answer::json(status, body.to_string())
}

/// Nobody knows who asks.
pub(super) fn unauthorised(shape: ErrorBody) -> Answer {
    error(shape, 401, 20003, "Authenticate")
}

/// There is nothing at this path.
pub(super) fn not_found(shape: ErrorBody, path: &str) -> Answer {
    error(shape, 404, 20404, &format!("The requested resource {path} was not found"))
}

/// A parameter nobody can read.
pub(super) fn bad_request(shape: ErrorBody, parameter: &str) -> Answer {
    error(shape, 400, 20001, &format!("Invalid parameter {parameter}"))
}
