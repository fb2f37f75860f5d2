//! What Twilio's refusals mean, and what the operator must change.
//!
//! Only the status is judged. Twilio's own codes are believed, not confirmed, and its two kinds of
//! error body carry them differently.

use crate::SourceError;
use crate::http::{Failure, Refusal};

/// Puts a failure into words for the operator.
pub fn explain(failure: Failure) -> SourceError {
    let refusal = match failure {
        Failure::Source(error) => return error,
        Failure::Refused(refusal) => refusal,
    };
    let Refusal { request, status, said } = refusal;
    let said = format!("{status} {said}");
    let hint = hint(status).to_owned();
    match status {
        401 => SourceError::Unauthorised { request, said, hint },
        403 => SourceError::NotPermitted { request, said, hint },
        404 | 410 => SourceError::NotFound { request, said, hint },
        _ => SourceError::Misspoken { request, said, hint },
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        401 => {
            "Set this source's token anew: the Auth Token of the account `account_sid` (Twilio \
             Console, Account Info), or with `api_key_sid` that key's secret, which Twilio shows \
             once, when the key is made. With `parent_account_sid` it is the main account's Auth Token"
        }
        403 => {
            "Check that the account is active and that the API key may read calls (Twilio Console, \
             API keys & tokens), or use the account's Auth Token without `api_key_sid`"
        }
        404 | 410 => {
            "Check `account_sid`: it must be the account, or a subaccount, that the token belongs to"
        }
        300..=399 => "The address leads elsewhere: check `base_url`",
        _ => "Check `base_url`, `page_size` and `account_sid`",
    }
}
