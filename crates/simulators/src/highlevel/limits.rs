//! Rate limits per app and location (§6): a burst window and a day, both from their first request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const DAY_MS: i64 = 86_400_000;

/// How many requests an app may make for one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per interval.
    pub max: u32,
    /// The interval, counted from its first request.
    pub interval_ms: i64,
    /// Requests per 24 hours, counted from the first of them.
    pub daily: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { max: 100, interval_ms: 10_000, daily: 200_000 }
    }
}

/// What remains of a budget after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remaining {
    pub(crate) is_refused: bool,
    pub(crate) burst: u32,
    pub(crate) daily: u32,
    pub(crate) daily_reset_ms: i64,
}

impl Remaining {
    /// Nothing is left and the request is refused.
    pub(crate) fn nothing() -> Self {
        Self { is_refused: true, burst: 0, daily: 0, daily_reset_ms: DAY_MS }
    }

    /// The six documented headers.
    pub(crate) fn headers(&self, limit: RateLimit) -> Vec<(&'static str, String)> {
        vec![
            ("x-ratelimit-max", limit.max.to_string()),
            ("x-ratelimit-interval-milliseconds", limit.interval_ms.to_string()),
            ("x-ratelimit-remaining", self.burst.to_string()),
            ("x-ratelimit-limit-daily", limit.daily.to_string()),
            ("x-ratelimit-daily-remaining", self.daily.to_string()),
            ("x-ratelimit-daily-reset", self.daily_reset_ms.to_string()),
        ]
    }
}

#[derive(Debug, Default)]
pub(crate) struct Limits {
    used: Mutex<HashMap<(String, String), Used>>,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    burst_since: i64,
    burst: u32,
    day_since: i64,
    day: u32,
}

impl Limits {
    /// Counts a request; one that is refused is not counted.
    pub(crate) fn spend(&self, app: &str, location: &str, limit: RateLimit, now: i64) -> Remaining {
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.to_owned(), location.to_owned());
        let used =
            all.entry(key).or_insert(Used { burst_since: now, burst: 0, day_since: now, day: 0 });
        if now - used.burst_since >= limit.interval_ms {
            (used.burst_since, used.burst) = (now, 0);
        }
        if now - used.day_since >= DAY_MS {
            (used.day_since, used.day) = (now, 0);
        }
        let is_refused = used.burst >= limit.max || used.day >= limit.daily;
        if !is_refused {
            used.burst += 1;
            used.day += 1;
        }
        Remaining {
            is_refused,
            burst: limit.max - used.burst.min(limit.max),
            daily: limit.daily - used.day.min(limit.daily),
            daily_reset_ms: used.day_since + DAY_MS - now,
        }
    }
}
