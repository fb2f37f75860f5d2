//! The words, the status and the headers of each failure.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::Failure;
use crate::figures::Count;

impl Failure {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Misasked { .. } => StatusCode::BAD_REQUEST,
            Self::ForeignHost { .. }
            | Self::NotOurForm
            | Self::NoRights
            | Self::NoAccount
            | Self::PasswordFirst
            | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::OnlyForm | Self::NotSo | Self::OtherMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorised { .. } => StatusCode::UNAUTHORIZED,
            Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OtherType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Unusable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unreachable { .. } | Self::TooSlow | Self::Unfinished => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Defect { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong, for a person.
    pub fn title(&self) -> String {
        match self {
            Self::NotFound { what } => format!("There is no such {what}"),
            Self::Misasked { .. } => "This was asked in a way that makes no sense".to_owned(),
            Self::OtherMethod => "This route is not used that way".to_owned(),
            Self::Unauthorised { .. } => "This needs a token that holds".to_owned(),
            Self::PasswordFirst => "Your password is to be changed first".to_owned(),
            Self::Forbidden { .. } => "This token was not given out for that".to_owned(),
            Self::TooOften { .. } => "Too much was asked in too short a time".to_owned(),
            Self::TooLong { .. } => "The body is too long".to_owned(),
            Self::OtherType { .. } => "The body is of another kind".to_owned(),
            Self::Conflict { .. } => "What is there stands against it".to_owned(),
            Self::Unusable { .. } => "This cannot be done so".to_owned(),
            Self::ForeignHost { .. } => "This name is not served here".to_owned(),
            Self::NoRights => "This is for operators".to_owned(),
            Self::NoAccount => "There is no account yet that you may look at".to_owned(),
            Self::NotOurForm => "This form is not one of ours".to_owned(),
            Self::OnlyForm => "This address is only for sending a form".to_owned(),
            Self::NotSo => "This page is not used that way".to_owned(),
            Self::Unreachable { .. } => "The database cannot be reached".to_owned(),
            Self::TooSlow | Self::Unfinished => "This took too long".to_owned(),
            Self::Defect { .. } => "Something went wrong on our side".to_owned(),
        }
    }

    /// What is so, and what to do about it.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotFound { what: "route" } => {
                "/api/v1/openapi.json describes the routes there are.".to_owned()
            }
            Self::NotFound { .. } => {
                "The link may be mistyped, or from another database.".to_owned()
            }
            Self::Misasked { sentence }
            | Self::Conflict { sentence }
            | Self::Unusable { sentence } => whole(sentence),
            Self::OtherMethod => "The header Allow names the methods it has; \
                /api/v1/openapi.json describes all routes."
                .to_owned(),
            Self::Unauthorised { why, .. } => format!(
                "{} Send one as Authorization: Bearer TOKEN; everycall token add NAME gives one \
                 out.",
                whole(why)
            ),
            Self::Forbidden { why } => format!(
                "{} everycall token add NAME gives out another, with --write one that may change \
                 things.",
                whole(why)
            ),
            Self::TooOften { what, wait } => {
                let wait = Count(seconds(*wait)).of_things("second", "seconds");
                format!("There were too many {what}. Go on in {wait}.")
            }
            Self::TooLong { bytes_max: 0 } => "This route reads no body.".to_owned(),
            Self::TooLong { bytes_max } => {
                format!("It may have {bytes_max} bytes. Send it in parts.")
            }
            Self::OtherType { wanted } => {
                format!("Send it as {wanted} and say so in the header Content-Type.")
            }
            Self::ForeignHost { has_sign_in: false } => {
                "Nobody signs in here, so that it answers on \
                this machine only. Open it as http://127.0.0.1 or http://localhost with its port."
                    .to_owned()
            }
            Self::ForeignHost { has_sign_in: true } => "Add the name to hosts in [web] of the \
                configuration, or open it on its own machine as http://127.0.0.1 with its port."
                .to_owned(),
            Self::NoRights => "You are signed in as a member, who sees the calls and contacts of \
                their own accounts. Ask an operator if you need more."
                .to_owned(),
            Self::NoAccount => {
                "Ask an operator to let you look at one; then load this page again.".to_owned()
            }
            Self::NotOurForm => "Nothing was changed. The page was open since before the last \
                sign-in, or another site sent this. Go back, load the page again, and send it \
                once more."
                .to_owned(),
            Self::OnlyForm => "Nothing was changed. Open the page that has the form, and send it \
                from there."
                .to_owned(),
            Self::NotSo => "Nothing was changed. Pages are looked at, and changed by their forms; \
                programs use /api/v1."
                .to_owned(),
            Self::PasswordFirst => "Somebody else chose the one you have. Choose another on the \
                page /password; then this is answered."
                .to_owned(),
            Self::Unreachable { .. } => "Nothing is lost. Check that the database runs and that \
                its file or server can be reached, then load this page again; everycall doctor \
                says more."
                .to_owned(),
            Self::TooSlow => "The database is busy. Load this page again in a moment.".to_owned(),
            Self::Unfinished => {
                "What was decided by then is kept, and its calls move with the next \
                run; sending the same again finishes it."
                    .to_owned()
            }
            Self::Defect { .. } => "Nothing is lost. The log has the details under the id below; \
                please report it."
                .to_owned(),
        }
    }

    /// What a program tells it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::Misasked { .. } => "misasked",
            Self::ForeignHost { .. } => "foreign-host",
            Self::NoRights => "no-rights",
            Self::NoAccount => "no-account",
            Self::NotOurForm => "not-our-form",
            Self::OnlyForm | Self::NotSo | Self::OtherMethod => "other-method",
            Self::PasswordFirst => "password-first",
            Self::Unauthorised { .. } => "unauthorised",
            Self::Forbidden { .. } => "forbidden",
            Self::TooOften { .. } => "too-often",
            Self::TooLong { .. } => "too-long",
            Self::OtherType { .. } => "other-type",
            Self::Conflict { .. } => "conflict",
            Self::Unusable { .. } => "unusable",
            Self::Unreachable { .. } => "database-unreachable",
            Self::TooSlow | Self::Unfinished => "too-slow",
            Self::Defect { .. } => "defect",
        }
    }

    /// Whether it is about who somebody is.
    pub fn is_about_whom(&self) -> bool {
        matches!(self, Self::NoRights | Self::NoAccount)
    }

    /// The headers that go with it.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::Unauthorised { has_token, .. } => {
                let asks = if *has_token {
                    "Bearer realm=\"everycall\", error=\"invalid_token\""
                } else {
                    "Bearer realm=\"everycall\""
                };
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(asks));
            }
            Self::Forbidden { .. } => {
                let asks = "Bearer realm=\"everycall\", error=\"insufficient_scope\"";
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(asks));
            }
            Self::TooOften { wait, .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(*wait)));
            }
            _ => {}
        }
        headers
    }
}

/// Whole seconds after which a wait is over.
fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u64::MAX)
}

/// A sentence as one is written. A name that it begins with stays as it is.
fn whole(sentence: &str) -> String {
    let stop = if sentence.ends_with(['.', '?', '!']) { "" } else { "." };
    for (word, capital) in
        [("the ", "The "), ("there ", "There "), ("a ", "A "), ("this ", "This ")]
    {
        if let Some(rest) = sentence.strip_prefix(word) {
            return format!("{capital}{rest}{stop}");
        }
    }
    format!("{sentence}{stop}")
}
