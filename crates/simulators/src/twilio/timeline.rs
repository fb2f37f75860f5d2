//! What happened on the line: the steps of a call that the world does not know, from its id.

use crate::world::Call;

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody, or something, spoke.
    Completed,
    /// The line was busy.
    Busy,
    /// It rang and nobody answered.
    NoAnswer,
    /// It was dialled and failed.
    Failed,
    /// It failed before it was dialled.
    FailedUndialled,
    /// It was given up while it rang.
    CanceledRinging,
    /// It was given up in the queue.
    CanceledQueued,
}

impl Outcome {
    fn is_undialled(self) -> bool {
        matches!(self, Self::FailedUndialled | Self::CanceledQueued)
    }

    fn status(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed | Self::FailedUndialled => "failed",
            Self::CanceledRinging | Self::CanceledQueued => "canceled",
        }
    }
}

/// The steps of one call, in unix milliseconds of whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeline {
    pub(super) is_inbound: bool,
    pub(super) created: i64,
    pub(super) started: Option<i64>,
    pub(super) ended: i64,
    pub(super) outcome: Outcome,
}

impl Timeline {
    /// Of a call that ends as its id decides, unless it is said.
    pub(super) fn of(call: &Call, said: Option<Outcome>) -> Self {
        let is_inbound = said.is_none() && share(&call.id, "direction") < 0.5;
        let outcome = said.unwrap_or_else(|| drawn(&call.id, is_inbound));
        let began = call.created_at.div_euclid(1000) * 1000;
        let queued = if is_inbound { 0.0 } else { (share(&call.id, "queue") * 5.0).floor() };
        let ended = began + i64::from(call.duration) * 1000;
        if outcome.is_undialled() {
            return Self { is_inbound, created: began, started: None, ended, outcome };
        }
        let created = began - (queued as i64) * 1000;
        Self { is_inbound, created, started: Some(began), ended, outcome }
    }

    /// Its status at an instant.
    pub(super) fn status(&self, at: i64) -> &'static str {
        match self.started {
            _ if at >= self.ended => self.outcome.status(),
            None => "queued",
            Some(started) if at < started => "queued",
            Some(started) if self.outcome == Outcome::Completed && at >= started + self.rings() => {
                "in-progress"
            }
            Some(_) => "ringing",
        }
    }

    fn rings(&self) -> i64 {
        3000
    }

    pub(super) fn has_ended(&self, at: i64) -> bool {
        at >= self.ended
    }

    /// The start, once it is dialled.
    pub(super) fn started_by(&self, at: i64) -> Option<i64> {
        self.started.filter(|started| at >= *started)
    }
}

fn drawn(id: &str, is_inbound: bool) -> Outcome {
    match (share(id, "outcome"), is_inbound) {
        (..0.76, _) => Outcome::Completed,
        (..0.82, _) => Outcome::NoAnswer,
        (..0.86, _) => Outcome::Busy,
        (..0.89, _) => Outcome::CanceledRinging,
        (_, true) => Outcome::Completed,
        (..0.92, false) => Outcome::Failed,
        (..0.96, false) => Outcome::FailedUndialled,
        (_, false) => Outcome::CanceledQueued,
    }
}

/// A number from 0 to 1 that depends on its arguments alone.
pub(super) fn share(id: &str, of: &str) -> f64 {
    (hash(id, of) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A SID that depends on its arguments alone.
pub(super) fn sid(prefix: &str, id: &str) -> String {
    format!("{prefix}{:016x}{:016x}", hash(id, prefix), hash(id, "second half"))
}

fn hash(id: &str, of: &str) -> u64 {
    let bytes = of.bytes().chain(id.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}
