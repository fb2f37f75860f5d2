//! What whoever came back from an identity provider in vain is told, and what the log is.
//!
//! Neither says whether there is anybody else.

use axum::http::StatusCode;
use engine::users::identity::{IdentityError, Unknown, Vouched};

/// What is told.
pub struct Told {
    pub status: StatusCode,
    /// What happened, and what to do.
    pub sentence: String,
    /// The same for the log, without anything of the person.
    pub logged: String,
}

fn forbidden(sentence: String, logged: &str) -> Told {
    Told { status: StatusCode::FORBIDDEN, sentence, logged: logged.to_owned() }
}

/// The trip is not one of this browser's that is under way.
pub fn stale() -> Told {
    let sentence = "This sign-in was begun in another browser, under another name of this service or \
                    more than ten minutes ago, or it was finished before. Begin it again.";
    forbidden(sentence.to_owned(), "the sign-in was not under way in this browser")
}

/// The identity provider sent somebody back with a code of OAuth.
pub fn of_code(code: &str) -> Told {
    if code == "access_denied" {
        let sentence = "The identity provider did not let you in, or you said no there. Begin again, \
                        or sign in with your password.";
        return forbidden(sentence.to_owned(), "access_denied");
    }
    let is_code = code.len() <= 40 && code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    let why = if is_code { code } else { "it does not say why" }.to_owned();
    of_provider(&IdentityError::Refused { why })
}

/// The identity provider did not say who it is.
pub fn of_provider(error: &IdentityError) -> Told {
    let sentence = match error {
        IdentityError::Unreachable { .. } => {
            "The identity provider cannot be reached. Try again in a moment, or sign in with your \
             password."
                .to_owned()
        }
        IdentityError::Misanswered { .. } => {
            "The identity provider answers what is not understood. Sign in with your password; \
             whoever runs this service finds the reason in its log."
                .to_owned()
        }
        IdentityError::Refused { why } => format!(
            "The identity provider refused ({why}). Begin again, or sign in with your password; \
             if it stays so, tell whoever runs this service."
        ),
        IdentityError::Untrusted { why } => format!(
            "What the identity provider said is not to be trusted: {why}. Begin again; if it stays \
             so, tell whoever runs this service."
        ),
    };
    let status = match error {
        IdentityError::Unreachable { .. } | IdentityError::Misanswered { .. } => {
            StatusCode::BAD_GATEWAY
        }
        IdentityError::Refused { .. } | IdentityError::Untrusted { .. } => StatusCode::FORBIDDEN,
    };
    Told { status, sentence, logged: error.to_string() }
}

/// The identity provider says who it is, and it is nobody who may come in. Their own address is
/// repeated to them, so that they know which one to hand on.
pub fn of_nobody(unknown: Unknown, vouched: &Vouched) -> Told {
    let address = vouched.email.as_deref().unwrap_or_default();
    match unknown {
        Unknown::NoAddress => forbidden(
            "The identity provider tells no e-mail address of you, by which you could be known \
             here. Ask whoever runs it to tell this service, or sign in with your password."
                .to_owned(),
            "it tells no address",
        ),
        Unknown::Unverified => forbidden(
            format!(
                "The identity provider has not made sure that {address} is yours. Verify the \
                 address there, or sign in with your password."
            ),
            "it has not verified the address",
        ),
        Unknown::Nobody if address.is_empty() => forbidden(
            "Nobody who may sign in here is known to be you. Ask an operator.".to_owned(),
            "it vouches for nobody who may come in",
        ),
        Unknown::Nobody => forbidden(
            format!(
                "The identity provider knows you as {address}, and nobody who may sign in here is \
                 entered with that address. Ask an operator to enter it on your page below Users."
            ),
            "it vouches for nobody who may come in",
        ),
    }
}
