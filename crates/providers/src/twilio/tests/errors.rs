//! What the operator reads when Twilio says no.

use crate::http::{Failure, Refusal, said};
use crate::twilio::errors::explain;

fn refusal(status: u16, said: &str) -> Refusal {
    Refusal { request: "calls".to_owned(), status, said: said.to_owned() }
}

#[test]
fn each_refusal_names_what_to_change() {
    for (status, said, kind, hint) in [
        (401, "Authenticate", "Unauthorised", "`account_sid`"),
        (401, "no message", "Unauthorised", "`api_key_sid`"),
        (403, "Permission denied", "NotPermitted", "may read calls"),
        (404, "The requested resource was not found", "NotFound", "`account_sid`"),
        (302, "no message", "Misspoken", "`base_url`"),
        (400, "Invalid parameter PageSize", "Misspoken", "`page_size`"),
    ] {
        let error = explain(Failure::Refused(refusal(status, said)));
        assert!(format!("{error:?}").starts_with(kind), "{said}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(hint) && text.contains(said), "{text}");
        assert!(error.needs_operator());
    }
}

#[test]
fn both_kinds_of_error_body_are_read() {
    let legacy = br#"{"code":20003,"message":"Authenticate","more_info":"x","status":401}"#;
    assert_eq!(said(legacy), "Authenticate");
    let problem = br#"{"type":"x","title":"Not allowed","status":403,"code":1,"detail":"No plan"}"#;
    assert_eq!(said(problem), "No plan");
    let bare = br#"{"type":"x","title":"Not allowed","status":403,"code":1}"#;
    assert_eq!(said(bare), "Not allowed");
}
