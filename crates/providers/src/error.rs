//! Why a provider could not be read. One variant per thing the caller, or the operator, does next.

use domain::Trouble;
use std::time::Duration;

/// A request that failed for good, after its retries.
///
/// Every message says what happened, to which request, and what to do. None of them holds a
/// token, a phone number or a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each field is")]
pub enum SourceError {
    /// The token is wrong, expired or revoked.
    #[error("{request}: the provider refused our token ({said}). {hint}")]
    Unauthorised { request: String, said: String, hint: String },
    /// The token is good and lacks a right.
    #[error("{request}: the token may not do this ({said}). {hint}")]
    NotPermitted { request: String, said: String, hint: String },
    /// The provider does not accept the way we speak to it, such as a version header.
    #[error("{request}: the provider does not accept our request ({said}). {hint}")]
    Misspoken { request: String, said: String, hint: String },
    /// There is no such thing at the provider.
    #[error("{request}: the provider knows nothing there ({said}). {hint}")]
    NotFound { request: String, said: String, hint: String },
    /// Too many requests, for longer than we are willing to wait.
    #[error(
        "{request}: the provider still asks us to slow down after {attempts} attempts. Nothing is lost; the next run goes on here"
    )]
    RateLimited { request: String, attempts: u32, wait: Option<Duration> },
    /// The requests of a whole day are used up.
    #[error(
        "{request}: today's requests are used up, and a new day begins in {} minutes. Nothing is lost; the next run after that goes on here",
        wait.as_secs().div_ceil(60)
    )]
    DaySpent { request: String, wait: Duration },
    /// It did not answer, or not with what it promised.
    #[error(
        "{request}: {what} (tried {attempts} times). Nothing is lost; the next run goes on here"
    )]
    Unavailable { request: String, what: String, attempts: u32, wait: Option<Duration> },
    /// It answered with something that is no call list at all.
    #[error("{request}: {what}. Nothing was read from this answer")]
    Nonsense { request: String, what: String },
}

impl SourceError {
    /// What kind of failure this is for a [`domain::RetryPolicy`].
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::RateLimited { wait, .. } => Trouble::RateLimited { wait: *wait },
            Self::Unavailable { wait, .. } => Trouble::Unavailable { wait: *wait },
            _ => Trouble::Final,
        }
    }

    /// Whether only a change by the operator can help, so that asking again is pointless.
    pub fn needs_operator(&self) -> bool {
        let passing = matches!(
            self,
            Self::RateLimited { .. }
                | Self::DaySpent { .. }
                | Self::Unavailable { .. }
                | Self::Nonsense { .. }
        );
        !passing
    }

    /// What the operator should do, where something is to be done.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Unauthorised { hint, .. }
            | Self::NotPermitted { hint, .. }
            | Self::Misspoken { hint, .. }
            | Self::NotFound { hint, .. } => Some(hint),
            Self::RateLimited { .. }
            | Self::DaySpent { .. }
            | Self::Unavailable { .. }
            | Self::Nonsense { .. } => None,
        }
    }
}
