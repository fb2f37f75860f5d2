//! What ElevenLabs' refusals mean, and what the operator must change.
//!
//! A 401 says three things: a bad key, a right the key lacks, or credits used up; the code in its
//! `detail` tells which. A 404 is either a conversation nobody knows, whose `detail` is an object,
//! or an address nobody serves, whose `detail` is the framework's own text.

use crate::SourceError;
use crate::http::{Failure, Refusal};

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Key,
    Right,
    Credits,
    Route,
    Thing,
    Redirect,
    Request,
}

fn about(refusal: &Refusal) -> About {
    let says = |words: &str| refusal.said.contains(words);
    match refusal.status {
        401 | 403 if says("missing_permissions") => About::Right,
        401..=403 if says("quota_exceeded") => About::Credits,
        401 => About::Key,
        403 => About::Right,
        404 if refusal.is_unknown_thing() => About::Thing,
        404 => About::Route,
        300..=399 => About::Redirect,
        _ => About::Request,
    }
}

/// Puts a failure into words for the operator.
pub fn explain(failure: Failure) -> SourceError {
    let refusal = match failure {
        Failure::Source(error) => return error,
        Failure::Refused(refusal) => refusal,
    };
    let about = about(&refusal);
    let Refusal { request, status, said } = refusal;
    let (said, hint) = (format!("{status} {said}"), hint(about).to_owned());
    match about {
        About::Key => SourceError::Unauthorised { request, said, hint },
        About::Right | About::Credits => SourceError::NotPermitted { request, said, hint },
        About::Thing => SourceError::NotFound { request, said, hint },
        About::Route | About::Redirect | About::Request => {
            SourceError::Misspoken { request, said, hint }
        }
    }
}

fn hint(about: About) -> &'static str {
    match about {
        About::Key => {
            "Make a new API key in the workspace (Developers, API keys) and set it as this \
             source's token. A workspace with data residency lives on a host of its own: check \
             `base_url` too"
        }
        About::Right => {
            "Edit the API key (Developers, API keys) and give it read access to ElevenAgents, \
             the right called `convai_read`; the key stays the same"
        }
        About::Credits => {
            "The workspace's credits are used up. Nothing needs to be set up again: reading goes \
             on once there are some"
        }
        About::Route => "ElevenLabs has no such address: check `base_url`",
        About::Thing => "Check that the key belongs to the workspace the calls are in",
        About::Redirect => "The address leads elsewhere: check `base_url`",
        About::Request => "Check `page_size` and `base_url`",
    }
}
