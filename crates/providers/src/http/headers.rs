//! What the headers of an answer say: rate limits, how long to wait, and the provider's time.

use std::time::Duration;

use domain::Timestamp;
use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};

/// Everything of use in the headers of one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The provider's clock, and for how long the answer lay in a cache (RFC 9111, section 5.1).
    pub date: Option<Timestamp>,
    /// When to come back.
    pub retry_after: Option<RetryAfter>,
    /// The state of our allowance.
    pub rate: RateFacts,
}

/// `Retry-After`, in either of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this long.
    In(Duration),
    /// At this instant of the provider's clock.
    At(Timestamp),
}

/// `x-ratelimit-*`. Not every answer has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateFacts {
    /// Requests allowed per interval.
    pub max: Option<u64>,
    /// How long the interval is.
    pub interval: Option<Duration>,
    /// Requests left in this interval.
    pub remaining: Option<u64>,
    /// Requests allowed per day.
    pub day_max: Option<u64>,
    /// Requests left today.
    pub day_remaining: Option<u64>,
    /// How long until the day begins anew.
    pub day_reset: Option<Duration>,
}

impl Facts {
    /// Reads them; what is absent or unreadable is `None`.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let number = |name: &str| text(name)?.parse::<u64>().ok();
        let millis = |name: &str| number(name).map(Duration::from_millis);
        let rate = RateFacts {
            max: number("x-ratelimit-max"),
            interval: millis("x-ratelimit-interval-milliseconds"),
            remaining: number("x-ratelimit-remaining"),
            day_max: number("x-ratelimit-limit-daily"),
            day_remaining: number("x-ratelimit-daily-remaining"),
            day_reset: millis("x-ratelimit-daily-reset"),
        };
        let retry_after = text(RETRY_AFTER.as_str()).and_then(retry_after);
        let age = number(AGE.as_str()).map_or(Duration::ZERO, Duration::from_secs);
        let date = text(DATE.as_str()).and_then(http_date).map(|date| date + age);
        Self { date, retry_after, rate }
    }

    /// How long the provider asks us to wait, by its own clock where it names an instant.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        match self.retry_after? {
            RetryAfter::In(wait) => Some(wait),
            RetryAfter::At(instant) => Some(instant.since(self.date.unwrap_or(now))),
        }
    }
}

fn retry_after(text: &str) -> Option<RetryAfter> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(wait) => Some(RetryAfter::In(wait)),
        None => http_date(text).map(RetryAfter::At),
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}
