//! The gate every request passes: tokens, limits, agencies and OAuth, the same for every API.

use crate::server::{Answer, Asked};
use crate::world::World;

use super::access::{Access, Caller};
use super::errors::error;
use super::limits::{Limits, RateLimit, Remaining};
use super::{admission, agency, oauth};

/// Who was let in, and how often.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) access: Access,
    limits: Limits,
    limit: Option<RateLimit>,
    has_headers: bool,
}

impl Gate {
    /// A gate of this world's sub-account; `limit` as the API counts, `has_headers` if it says so.
    pub(crate) fn of(world: &World, limit: Option<RateLimit>, has_headers: bool) -> Self {
        // Tokens follow the world, so that equal worlds have equal tokens.
        let seed = world
            .location()
            .id
            .bytes()
            .fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self { access: Access::new(seed), limits: Limits::default(), limit, has_headers }
    }

    /// Answers what is not about data: tokens and agencies. `None` when it is about data.
    pub(crate) fn doorman(&self, world: &World, asked: &Asked, now: i64) -> Option<Answer> {
        let location = world.location();
        if asked.method == "POST" && asked.path == "/oauth/token" {
            return Some(oauth::token(&self.access, &location.company_id, asked, now));
        }
        agency::answer(&self.access, location, asked, now)
    }

    /// Recognises and counts who asks, and lets `answer` say whether and what they get.
    pub(crate) fn pass(
        &self,
        asked: &Asked,
        now: i64,
        answer: impl FnOnce(&Caller) -> Result<Answer, Answer>,
    ) -> Answer {
        let caller = match admission::recognise(&self.access, asked, now) {
            Ok(caller) => caller,
            Err(refusal) => return refusal,
        };
        let remaining = self.spend(&caller, now);
        let mut answer = if remaining.is_some_and(|it| it.is_refused) {
            error(429, "Too Many Requests")
        } else {
            answer(&caller).unwrap_or_else(|refusal| refusal)
        };
        if let (Some(remaining), Some(limit), true) = (remaining, self.limit, self.has_headers) {
            answer.headers.extend(remaining.headers(limit));
        }
        answer
    }

    /// The headers of a 429.
    pub(crate) fn limit_headers(&self) -> Vec<(&'static str, String)> {
        Remaining::nothing().headers(self.limit.unwrap_or_default())
    }

    fn spend(&self, caller: &Caller, now: i64) -> Option<Remaining> {
        Some(self.limits.spend(&caller.app, caller.holder.id(), self.limit?, now))
    }
}
