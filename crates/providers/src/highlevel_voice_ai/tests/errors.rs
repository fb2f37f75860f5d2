//! What the operator reads when HighLevel says no.

use crate::SourceError;
use crate::highlevel::errors::{Scope, explain, is_cured_by_new_token};
use crate::http::{Failure, Refusal};

fn refusal(status: u16, said: &str) -> Refusal {
    Refusal { request: "call logs, page 1".to_owned(), status, said: said.to_owned() }
}

fn error(status: u16, said: &str) -> SourceError {
    explain(Failure::Refused(refusal(status, said)), Scope::CALL_LOGS)
}

#[test]
fn each_refusal_names_what_to_change() {
    for (status, said, kind, hint) in [
        (401, "Invalid JWT", "Unauthorised", "private integration token"),
        (
            401,
            "Invalid token: access token is invalid",
            "Unauthorised",
            "private integration token",
        ),
        (
            401,
            "The token is not authorized for this scope.",
            "NotPermitted",
            "`voice-ai-dashboard.readonly`",
        ),
        (401, "version header was not found.", "Misspoken", "`api_version`"),
        (401, "version header is invalid", "Misspoken", "`api_version`"),
        (
            401,
            "This authClass type is not allowed to access this scope",
            "NotPermitted",
            "made in the sub-account itself",
        ),
        (403, "The token does not have access to this location.", "NotPermitted", "`location_id`"),
        (403, "You do not have permission", "NotPermitted", "scope `voice-ai-dashboard.readonly`"),
        (400, "Location is not active", "NotPermitted", "paused or unpaid"),
        (404, "Cannot GET /voice-ai", "Misspoken", "`base_url`"),
        (404, "Location not found", "NotFound", "`location_id`"),
        (302, "no message", "Misspoken", "`base_url`"),
        (422, "page must be a number", "Misspoken", "`page_size`"),
    ] {
        let error = error(status, said);
        assert!(format!("{error:?}").starts_with(kind), "{said}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(hint) && text.contains(said) && text.contains("page 1"), "{text}");
        assert!(error.needs_operator());
    }
}

#[test]
fn only_a_bad_token_is_worth_a_new_one() {
    let cured = |status, said| is_cured_by_new_token(&refusal(status, said));
    assert!(cured(401, "Invalid JWT"));
    assert!(cured(401, "no message"));
    for said in [
        "The token is not authorized for this scope.",
        "version header is invalid",
        "This authClass type is not allowed to access this scope",
    ] {
        assert!(!cured(401, said), "{said}");
    }
    assert!(!cured(403, "Forbidden"));
}
