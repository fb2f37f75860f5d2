//! How a source goes: when it was last read well, when it is read next, how late its calls come, and
//! what its provider still lets us ask today.

use std::time::Duration;

use domain::{Capabilities, LOOKED_BACK, NextRun, Rhythm, Timestamp, WhyThen, look_at};
use engine::lateness::age as of_age;
use schemars::JsonSchema;
use serde::Serialize;
use store::HealthRow;

use crate::Known;
use crate::api::Instant;
use crate::figures::{Count, age, share};

/// Ages over this stand for whatever is older than what ages are counted up to.
const OLDER_SECONDS: u64 = 200 * 86_400;

/// Since when lateness is told.
pub fn looked_back(now: Timestamp) -> Timestamp {
    now - LOOKED_BACK
}

/// How a source goes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// When a run of it last came to a good end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub succeeded_at: Option<Timestamp>,
    /// When it is read next by itself, and why then; nothing where it is not read by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_run: Option<Next>,
    /// Since when it rests, where somebody paused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub paused_at: Option<Timestamp>,
    /// How long after it began a call may still be missing though everything was read, in seconds;
    /// nothing where its provider is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_delay_seconds: Option<u64>,
    /// The ages at which each time is read again, in seconds.
    pub read_again_at_seconds: Vec<u64>,
    /// In what time 99 of a hundred calls of the last thirty days were listed, in seconds; nothing
    /// where too few were seen to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_within_seconds: Option<u64>,
    /// Calls of the last thirty days that came after their time had been proved.
    pub late_calls: u64,
    /// What may be asked of its provider, as the process that answers knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// When a source is read next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Next {
    /// Not before this instant; nothing where it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub at: Option<Timestamp>,
    /// What decides it: `first`, `more`, `rhythm`, `retry`, `refused`, `held` or `interrupted`.
    pub why: &'static str,
    /// How many runs failed one after another.
    #[serde(skip_serializing_if = "is_none")]
    #[schemars(with = "Option<u32>")]
    pub failures: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(number: &u32) -> bool {
    *number == 0
}

/// What may be asked of a provider, and how much of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Budget {
    /// Requests within the last interval.
    pub used: u64,
    /// Requests that may be within any interval.
    pub limit: u64,
    /// How long an interval is, in seconds.
    pub interval_seconds: u64,
    /// Requests of the day so far, where a day has a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_used: Option<u64>,
    /// Requests of a day, where it has a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_limit: Option<u64>,
}

impl Health {
    /// From what the database and the configuration know of a source.
    pub fn of(row: &HealthRow, known: &Known, now: Timestamp) -> Self {
        let Known { capabilities: Capabilities { lag, tiers, .. }, rhythm, budget, .. } = known;
        let next = rhythm.as_ref().filter(|_| row.paused_at.is_none());
        let late_within = row.lateness.within(99).filter(|_| row.lateness.calls() > 0);
        Self {
            succeeded_at: row.succeeded_at,
            next_run: next.map(|rhythm| Next::of(row, rhythm, now)),
            paused_at: row.paused_at,
            settle_delay_seconds: rhythm.as_ref().map(|_| lag.as_secs()),
            read_again_at_seconds: tiers.ages().iter().map(Duration::as_secs).collect(),
            late_within_seconds: late_within.map(|age| age.as_secs()),
            late_calls: row.lateness.late(),
            budget: *budget,
        }
    }

    /// How long numbers may still move, for a person.
    pub fn settles(&self) -> String {
        let Some(delay) = self.settle_delay_seconds else { return "not known yet".to_owned() };
        let ages = &self.read_again_at_seconds;
        let told = |seconds: &u64| format!("+{}", of_age(Duration::from_secs(*seconds)));
        let lag = of_age(Duration::from_secs(delay));
        let young = match delay {
            0 => "Calls are read as they come".to_owned(),
            _ => format!("Calls of the last {lag} may still come"),
        };
        match ages.as_slice() {
            [] => format!("{young}; nothing is read again by itself."),
            [only] => {
                format!("{young}; each time is read again at {}, and stands then.", told(only))
            }
            [more @ .., last] => format!(
                "{young}; each time is read again at {} and {}, and stands then.",
                more.iter().map(told).collect::<Vec<_>>().join(", "),
                told(last)
            ),
        }
    }

    /// How late calls come, for a person.
    pub fn lateness(&self) -> String {
        let late = match self.late_calls {
            0 => String::new(),
            late => format!("; {} after their time was proved", Count(late)),
        };
        match self.late_within_seconds {
            Some(seconds) if seconds > OLDER_SECONDS => {
                format!("more than 1 % later than 128 days{late}")
            }
            Some(seconds) => {
                format!("99 % within {}{late}", of_age(Duration::from_secs(seconds)))
            }
            None => "not known yet".to_owned(),
        }
    }

    /// When it is read next, for a person.
    pub fn next(&self, now: Timestamp) -> String {
        let Some(next) = &self.next_run else {
            let rests = self.paused_at.map(|at| format!("rests for {}", age(now.since(at))));
            return rests.unwrap_or_else(|| "not by itself".to_owned());
        };
        let when = match next.at {
            Some(at) => format!("in {}", age(at.since(now))),
            None => "due".to_owned(),
        };
        match next.why {
            "held" => "being read".to_owned(),
            "first" => "the first is due".to_owned(),
            "retry" => {
                format!(
                    "{when}, after {}",
                    Count(next.failures.into()).of_things("failed run", "failed runs")
                )
            }
            "refused" => format!("{when}; rarely, until a person has mended it"),
            "more" => format!("{when}, for history"),
            _ => when,
        }
    }

    /// What may be asked, for a person.
    pub fn budget(&self) -> String {
        match self.budget {
            None => "–".to_owned(),
            Some(Budget { day_used: Some(used), day_limit: Some(limit), .. }) => format!(
                "{} of {} today ({} left)",
                Count(used),
                Count(limit),
                share(limit.saturating_sub(used), limit)
            ),
            Some(Budget { used, limit, interval_seconds, .. }) => {
                format!("{} of {} in {interval_seconds} s", Count(used), Count(limit))
            }
        }
    }
}

impl Next {
    fn of(row: &HealthRow, rhythm: &Rhythm, now: Timestamp) -> Self {
        let NextRun { at, why } = look_at(&row.runs, rhythm, row.held_until, now);
        let (why, failures) = match why {
            WhyThen::First => ("first", 0),
            WhyThen::More => ("more", 0),
            WhyThen::Rhythm => ("rhythm", 0),
            WhyThen::Retry { failures } => ("retry", failures),
            WhyThen::Refused => ("refused", 0),
            WhyThen::Held => ("held", 0),
            WhyThen::Interrupted => ("interrupted", 0),
        };
        Self { at: (at > now).then_some(at), why, failures }
    }
}
