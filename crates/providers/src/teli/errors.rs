//! What Teli's refusals mean, and what the operator must change.

use crate::SourceError;
use crate::http::{Failure, Refusal};

/// Puts a failure into words for the operator.
pub fn explain(failure: Failure) -> SourceError {
    let Refusal { request, status, said } = match failure {
        Failure::Source(error) => return error,
        Failure::Refused(refusal) => refusal,
    };
    let said = format!("{status} {said}");
    let hint = hint(status).to_owned();
    match status {
        401 => SourceError::Unauthorised { request, said, hint },
        403 => SourceError::NotPermitted { request, said, hint },
        404 => SourceError::NotFound { request, said, hint },
        _ => SourceError::Misspoken { request, said, hint },
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        401 => {
            "Make a new API key at Teli, in the partner settings, and set it as this source's token"
        }
        403 => {
            "Check `organization_id`: the key must be one of that organisation, and its user must \
             be allowed to see the call history of all its users"
        }
        404 => "Check `base_url`: Teli has no such address there",
        300..=399 => "The address leads elsewhere: check `base_url`",
        _ => {
            "Check `organization_id`, `statuses`, `start_parameter`, `end_parameter` and `page_size`"
        }
    }
}
