//! What HighLevel's refusals mean, and what the operator must change.
//!
//! Its 401 says four different things (a bad token, a missing scope, the wrong kind of token, a
//! wrong version header), and only the first can be cured by a new token.

use crate::SourceError;
use crate::http::{Failure, Refusal};

/// The right a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope(pub &'static str);

impl Scope {
    /// To list calls.
    pub const CALL_LOGS: Self = Self("voice-ai-dashboard.readonly");
    /// To list agents.
    pub const AGENTS: Self = Self("voice-ai-agents.readonly");
    /// To list conversations.
    pub const CONVERSATIONS: Self = Self("conversations.readonly");
    /// To read messages, calls among them.
    pub const MESSAGES: Self = Self("conversations/message.readonly");
    /// To list users.
    pub const USERS: Self = Self("users.readonly");
    /// To read the sub-account.
    pub const LOCATION: Self = Self("locations.readonly");
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Token,
    Scope,
    KindOfToken,
    Version,
    Location,
    Inactive,
    Permission,
    Route,
    Thing,
    Redirect,
    Request,
}

fn about(refusal: &Refusal) -> About {
    let said = refusal.said.to_lowercase();
    let says = |words: &str| said.contains(words);
    match refusal.status {
        _ if says("location is not active") => About::Inactive,
        _ if says("version header") => About::Version,
        401 if says("authclass") => About::KindOfToken,
        401 | 403 if says("scope") => About::Scope,
        401 => About::Token,
        403 if says("location") => About::Location,
        403 => About::Permission,
        404 if says("cannot get") => About::Route,
        404 => About::Thing,
        300..=399 => About::Redirect,
        _ => About::Request,
    }
}

/// Whether a new access token could make the same request succeed.
pub fn is_cured_by_new_token(refusal: &Refusal) -> bool {
    refusal.status == 401 && about(refusal) == About::Token
}

/// Puts a failure into words for the operator.
pub fn explain(failure: Failure, scope: Scope) -> SourceError {
    let refusal = match failure {
        Failure::Source(error) => return error,
        Failure::Refused(refusal) => refusal,
    };
    let about = about(&refusal);
    let Refusal { request, status, said } = refusal;
    let said = format!("{status} {said}");
    let hint = hint(about, scope);
    match about {
        About::Token => SourceError::Unauthorised { request, said, hint },
        About::Scope
        | About::KindOfToken
        | About::Location
        | About::Inactive
        | About::Permission => SourceError::NotPermitted { request, said, hint },
        About::Thing => SourceError::NotFound { request, said, hint },
        About::Version | About::Route | About::Redirect | About::Request => {
            SourceError::Misspoken { request, said, hint }
        }
    }
}

fn hint(about: About, scope: Scope) -> String {
    let Scope(scope) = scope;
    match about {
        About::Token => "Make a new private integration token in the sub-account's settings, or \
            install the app again, and set it as this source's token"
            .to_owned(),
        About::Scope => format!(
            "Add the scope `{scope}` to the private integration (its token stays the same), or \
            install the app again with that scope"
        ),
        About::KindOfToken => "Use a token made in the sub-account itself: an agency's token does \
            not open a sub-account's calls"
            .to_owned(),
        About::Version => "Set `api_version` to a version HighLevel publishes, such as \
            2021-04-15; the token is not the cause"
            .to_owned(),
        About::Location => {
            "Check `location_id`: it must be the sub-account the token was made in".to_owned()
        }
        About::Inactive => "The sub-account is paused or unpaid. Nothing needs to be set up \
            again: reading goes on once it is active"
            .to_owned(),
        About::Permission => {
            format!("Check that the token was made in this sub-account and has the scope `{scope}`")
        }
        About::Route => {
            "HighLevel has no such address: check `base_url` and `api_version`".to_owned()
        }
        About::Thing => "Check `location_id`".to_owned(),
        About::Redirect => "The address leads elsewhere: check `base_url`".to_owned(),
        About::Request => "Check `location_id`, `page_size` and `api_version`".to_owned(),
    }
}
