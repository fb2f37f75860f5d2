//! Calls that a change of assignments, rules or accounts may move, read by index.

mod days;
mod statements;

use domain::{AccountId, Direction, Placement, PlacementFacts, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, Row};

pub(super) use self::days::Days;
pub(super) use self::statements::NEXT;
use self::statements::{BY_ID, statement, unplaced_as};
use super::write::{Written, written};
use crate::contacts::by_keys;
use crate::db::either;
use crate::explain::Explain;
use crate::legs::day;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// Some calls of a source, where they stand now, in a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Of which source.
    pub source: SourceId,
    /// Which calls, and of those, which.
    pub of: Of,
    /// The first instant of the span.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

/// Which calls a slice has. Each kind has an index of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Those of an agent, by the provider's id, that stand here.
    Agent(String, Part),
    /// Those that name no agent and are not placed for this reason.
    Nobody(String),
    /// Those of an account, whoever's they are.
    Account(AccountId),
    /// Those to this number, in E.164, where it may be ours.
    Called(String),
    /// Those from this number, in E.164, where it may be ours.
    Calling(String),
    /// Those of this campaign.
    Campaign(String),
    /// Those made to try an agent out.
    Tests,
}

/// Where the calls of a slice stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Placed with this account.
    Account(AccountId),
    /// Not placed, for this reason.
    Unplaced(String),
}

/// A call that may belong elsewhere now, and where it belongs so far.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PlacedCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// When it happened, in milliseconds since 1970.
    pub occurred_at: i64,
    /// The provider's id of its agent.
    pub provider_agent_id: Option<String>,
    /// Why it is where it is.
    pub reason: String,
    /// The account it belongs to.
    pub account_id: Option<i64>,
    placement: String,
    agent_id: Option<i64>,
    direction: Option<String>,
    from_e164: Option<String>,
    to_e164: Option<String>,
    campaign: Option<String>,
    tags: String,
}

/// A statement with everything it asks for.
macro_rules! bound {
    ($query:expr, $slice:expr, $place:expr, $days:expr, $count:expr) => {{
        let Slice { source, of, to, .. } = $slice;
        let ((at, id), (first, last)) = ($place, $days);
        let query = $query.bind(source.0).bind(at).bind(to.as_millis());
        let query = query.bind(text(id)).bind($count);
        match of {
            Of::Agent(agent, Part::Account(account)) => query.bind(text(agent)).bind(account.0),
            Of::Agent(agent, Part::Unplaced(reason)) => {
                query.bind(text(agent)).bind(unplaced_as(reason)).bind(text(reason))
            }
            Of::Nobody(reason) => query.bind(unplaced_as(reason)).bind(text(reason)),
            Of::Account(account) => query.bind(account.0),
            Of::Campaign(key) => query.bind(text(key)),
            Of::Called(number) | Of::Calling(number) => {
                query.bind(text(number)).bind(first).bind(last)
            }
            Of::Tests => query,
        }
    }};
}

macro_rules! slice {
    ($on:expr, $slice:expr, $after:expr, $count:expr) => {{
        let slice = $slice;
        // The first text after an id: no stored text holds U+0000.
        let next = |(at, id): (i64, &str)| (at, format!("{id}\u{1}"));
        let (at, id) = $after.map_or((slice.from.as_millis(), String::new()), next);
        let mut days = match slice.of {
            Of::Called(_) | Of::Calling(_) => Days::from(at),
            _ => Days::all_at_once(),
        };
        let mut found: Vec<PlacedCall> = Vec::new();
        loop {
            let left = $count - found.len() as i64;
            if left <= 0 {
                break;
            }
            // Days on which nobody called are jumped over, however far ahead a single call lies.
            if let Some(from) = days.looks_from() {
                let (next,): (Option<i64>,) = either!($on, |db| {
                    let query = sqlx::query_as(NEXT).bind(slice.source.0).bind(from);
                    query.bind(slice.to.as_millis()).fetch_one(db).await
                })?;
                days.goes_to(next);
            }
            let Some(some_days) = days.next() else { break };
            let some: Vec<PlacedCall> = either!($on, |db| {
                let query = sqlx::query_as(statement(&slice.of));
                bound!(query, slice, (at, &id), some_days, left).fetch_all(db).await
            })?;
            found.extend(some);
        }
        Ok(found)
    }};
}

impl Store {
    /// Calls of a slice by time and id, after the given one.
    pub async fn slice_calls(
        &self,
        slice: &Slice,
        after: Option<(i64, &str)>,
        count: i64,
    ) -> Result<Vec<PlacedCall>, StoreError> {
        slice!(self.read(), slice, after, count)
    }

    /// By what the database finds so many calls of a slice, in its own words: whoever moves a few
    /// calls of many must not read the others.
    pub async fn slice_plan(&self, slice: &Slice, count: i64) -> Result<Vec<String>, StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let (at, to) = (slice.from.as_millis(), slice.to.as_millis());
        let (place_in_time, days) = ((at, ""), (day(at), day(to)));
        either!(self.read(), |db| {
            let sql = AssertSqlSafe(format!("{words} {}", statement(&slice.of)));
            let rows = bound!(sqlx::query(sql), slice, place_in_time, days, count);
            let rows = rows.fetch_all(db).await?;
            let lines: Result<Vec<String>, sqlx::Error> =
                rows.iter().map(|row| row.try_get(column)).collect();
            Ok(lines?)
        })
    }
}

impl Tx {
    /// Calls of a slice by time and id, after the given one, as this transaction sees them.
    pub async fn slice_calls(
        &mut self,
        slice: &Slice,
        after: Option<(i64, &str)>,
        count: i64,
    ) -> Result<Vec<PlacedCall>, StoreError> {
        slice!(self.conn(), slice, after, count)
    }

    /// These calls, as this transaction sees them.
    pub async fn calls_placed(
        &mut self,
        source: SourceId,
        ids: &[String],
    ) -> Result<Vec<PlacedCall>, StoreError> {
        either!(self.conn(), |db| by_keys!(db, PlacedCall, BY_ID, [source.0], ids, ""))
    }
}

impl PlacedCall {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.occurred_at)
    }

    /// What placement looks at.
    pub fn facts(&self) -> PlacementFacts<'_> {
        let direction = match self.direction.as_deref() {
            Some("inbound") => Some(Direction::Inbound),
            Some("outbound") => Some(Direction::Outbound),
            _ => None,
        };
        PlacementFacts {
            direction,
            from: self.from_e164.as_deref(),
            to: self.to_e164.as_deref(),
            campaign: self.campaign.as_deref(),
            is_test: self.tags.split(' ').any(|tag| tag == "test_call"),
            ..PlacementFacts::of_agent(self.provider_agent_id.as_deref(), self.at())
        }
    }

    /// Whether this is where it belongs so far, by whichever rule of that kind. Whether the agent
    /// of a placed call has become known since moves nothing.
    pub fn is_at(&self, at: Placement) -> bool {
        let Written { placement, agent, account, reason, .. } = written(at);
        (placement, reason) == (self.placement.as_str(), self.reason.as_str())
            && account == self.account_id
            && (account.is_some() || agent == self.agent_id)
    }
}
