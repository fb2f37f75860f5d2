//! What an answer, or the lack of one, means: understood, worth repeating, or final.

use std::fmt;
use std::time::Duration;

use domain::Timestamp;

use super::{Answer, Failure, Refusal, redact};
use crate::SourceError;

/// Why an answer with a good status could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misread {
    /// It is not what was sent, such as half a body: ask again.
    Broken(String),
    /// It is an error in the dress of a success: ask again, and do not believe it then either.
    ErrorBody(String),
    /// It is something else altogether: asking again brings the same.
    Nonsense(String),
}

/// Why one attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    RateLimited {
        wait: Option<Duration>,
    },
    DaySpent {
        wait: Duration,
    },
    /// Nobody knows what the other workers send.
    Unasked {
        why: String,
    },
    Unreachable {
        what: String,
    },
    Unavailable {
        what: String,
        wait: Option<Duration>,
    },
    Misread(Misread),
    Refused {
        status: u16,
        said: String,
    },
}

impl Trouble {
    pub(super) fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), wait: None }
    }

    /// The error's own text may hold the whole address, so only its kind is kept.
    pub(super) fn from_transport(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            let what = if error.is_timeout() { "in time" } else { "at all" };
            return Self::Unreachable { what: format!("the provider could not be reached {what}") };
        }
        Self::unavailable(if error.is_timeout() {
            "the provider did not answer in time"
        } else {
            "the connection broke before the answer was complete"
        })
    }

    pub(super) fn kind(&self) -> domain::Trouble {
        match self {
            Self::RateLimited { wait } => domain::Trouble::RateLimited { wait: *wait },
            Self::Unavailable { wait, .. } => domain::Trouble::Unavailable { wait: *wait },
            Self::Unreachable { .. }
            | Self::Misread(Misread::Broken(_) | Misread::ErrorBody(_)) => {
                domain::Trouble::Unavailable { wait: None }
            }
            Self::DaySpent { .. }
            | Self::Unasked { .. }
            | Self::Misread(Misread::Nonsense(_))
            | Self::Refused { .. } => domain::Trouble::Final,
        }
    }

    pub(super) fn is_rate_limit(&self) -> bool {
        matches!(self, Self::RateLimited { .. })
    }

    /// It never arrived, or was turned away at the door.
    pub(super) fn was_not_acted_on(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::RateLimited { .. })
    }

    pub(super) fn into_failure(self, request: &str, attempts: u32) -> Failure {
        let request = request.to_owned();
        Failure::Source(match self {
            Self::Refused { status, said } => {
                return Failure::Refused(Refusal { request, status, said });
            }
            Self::RateLimited { wait } => SourceError::RateLimited { request, attempts, wait },
            Self::DaySpent { wait } => SourceError::DaySpent { request, wait },
            Self::Unasked { why } => {
                let what = format!(
                    "nothing was asked, because our own database did not say what other workers ask: {why}"
                );
                SourceError::Unavailable { request, what, attempts, wait: None }
            }
            Self::Unreachable { what } | Self::Misread(Misread::Broken(what)) => {
                SourceError::Unavailable { request, what, attempts, wait: None }
            }
            Self::Unavailable { what, wait } => {
                SourceError::Unavailable { request, what, attempts, wait }
            }
            Self::Misread(Misread::ErrorBody(what) | Misread::Nonsense(what)) => {
                SourceError::Nonsense { request, what }
            }
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RateLimited { .. } => f.write_str("the provider asks us to slow down"),
            Self::DaySpent { .. } => f.write_str("today's requests are used up"),
            Self::Unasked { why } => write!(f, "other workers' requests are not known ({why})"),
            Self::Unreachable { what }
            | Self::Unavailable { what, .. }
            | Self::Misread(
                Misread::Broken(what) | Misread::ErrorBody(what) | Misread::Nonsense(what),
            ) => f.write_str(what),
            Self::Refused { status, said } => write!(f, "refused with {status} ({said})"),
        }
    }
}

/// Understands a whole answer, or says what is wrong with it.
pub(super) fn judge<T>(
    answer: &Answer,
    now: Timestamp,
    read: &impl Fn(&Answer) -> Result<T, Misread>,
) -> Result<T, Trouble> {
    let status = answer.status;
    if let Some(trace_id) = redact::trace_id(answer) {
        tracing::debug!(status, trace_id, "The provider answered {status}, trace {trace_id}");
    }
    let is_page = redact::is_web_page(&answer.body);
    match status {
        200..=299 if is_page => Err(Trouble::unavailable(format!(
            "it answered {status} with a web page instead of JSON"
        ))),
        200..=299 => read(answer).map_err(Trouble::Misread),
        429 => Err(slow_down(answer, now)),
        408 | 425 | 500..=599 => Err(Trouble::Unavailable {
            what: format!("it answered {status} ({})", redact::said(&answer.body)),
            wait: answer.facts.wait(now),
        }),
        403 if is_page => {
            Err(Trouble::unavailable("the provider's edge answered 403 with a web page"))
        }
        _ => Err(Trouble::Refused { status, said: redact::said(&answer.body) }),
    }
}

fn slow_down(answer: &Answer, now: Timestamp) -> Trouble {
    let rate = &answer.facts.rate;
    if rate.day_remaining == Some(0) {
        return Trouble::DaySpent { wait: rate.day_reset.unwrap_or(Duration::from_hours(1)) };
    }
    Trouble::RateLimited { wait: answer.facts.wait(now).or(rate.interval) }
}
