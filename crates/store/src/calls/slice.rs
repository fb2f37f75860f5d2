//! Calls a change of assignments may move, read by index and written many at a time.

use std::borrow::Cow;

use domain::{
    AccountId, Direction, ExcludedReason, Placement, PlacementFacts, SourceId, Timestamp,
};
use sqlx::{AssertSqlSafe, PgConnection, Row, SqliteConnection};

use super::write::{Written, written};
use crate::batch::marks;
use crate::contacts::by_keys;
use crate::db::either;
use crate::legs::day;
use crate::text::text;
use crate::{Engine, Store, StoreError, Tx};

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

// SQLite uses a partial index only where its condition is repeated word for word. It would walk
// all calls of the source by time, were the id not hidden in an expression: that index has the
// order, and the others only find the calls.
// What was erased says no more by which rule it would be placed, so it stays where it is.
macro_rules! sliced {
    ($($condition:literal),+) => { sliced!(of "calls" at "occurred_at"; $($condition),+) };
    (of $calls:literal at $at:literal; $($condition:literal),+) => {
        concat!(
            "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id,
       direction, from_e164, to_e164, campaign, tags
FROM ",
            $calls,
            "
WHERE source_id = $1 AND ",
            $at,
            " >= $2 AND ",
            $at,
            " < $3 AND erased_at IS NULL
  AND (occurred_at > $2 OR provider_call_id || '' >= $4)
  AND ",
            $($condition,)+
            "
ORDER BY occurred_at, provider_call_id || '' LIMIT $5"
        )
    };
}

// The indexes by number are led by the day: each day of the span is looked up by itself. `+ 0`
// keeps SQLite from going by the time, which is led by the source as they are, and from comparing
// the day as a column of numbers, by which it would not look an expression up.
macro_rules! by_day {
    ($condition:literal) => {
        concat!(
            "
WITH RECURSIVE days (day) AS (
    SELECT CAST($7 AS BIGINT) UNION ALL SELECT day + 1 FROM days WHERE day < $8
)",
            sliced!(of "days CROSS JOIN calls" at "occurred_at + 0"; "occurred_at / 86400000 = day + 0 AND ", $condition)
        )
    };
}

const FIRST_AND_LAST: &str = "
SELECT (SELECT MIN(occurred_at) FROM calls WHERE source_id = $1),
       (SELECT MAX(occurred_at) FROM calls WHERE source_id = $1)";

// The columns are those of a slice.
const BY_ID: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id,
       direction, from_e164, to_e164, campaign, tags
FROM calls WHERE source_id + 0 = $1 AND provider_call_id IN ";

const UNPLACED: &str =
    sliced!("placement <> 'placed' AND provider_agent_id = $6 AND placement = $7 AND reason = $8");
const UNPLACED_OF_NOBODY: &str = sliced!(
    "placement <> 'placed' AND provider_agent_id IS NULL AND placement = $6 AND reason = $7"
);
const PLACED: &str =
    sliced!("account_id IS NOT NULL AND provider_agent_id = $6 AND account_id = $7");
const OF_ACCOUNT: &str = sliced!("account_id IS NOT NULL AND account_id = $6");
const CALLED: &str =
    by_day!("to_e164 IS NOT NULL AND COALESCE(direction, '') <> 'outbound' AND to_e164 = $6");
const CALLING: &str =
    by_day!("from_e164 IS NOT NULL AND COALESCE(direction, '') <> 'inbound' AND from_e164 = $6");
const CAMPAIGN: &str = sliced!("campaign IS NOT NULL AND campaign = $6");
const TESTS: &str = sliced!("tags IN ('test_call', 'test_call agent_deleted')");

/// `waiting` or `excluded`: what a call is that is not placed for this reason.
fn unplaced_as(reason: &str) -> &'static str {
    let is_excluded = ExcludedReason::ALL.iter().any(|excluded| excluded.as_str() == reason);
    if is_excluded { "excluded" } else { "waiting" }
}

/// The statement that reads calls of this kind.
fn statement(of: &Of) -> &'static str {
    match of {
        Of::Agent(_, Part::Account(_)) => PLACED,
        Of::Agent(_, Part::Unplaced(_)) => UNPLACED,
        Of::Nobody(_) => UNPLACED_OF_NOBODY,
        Of::Account(_) => OF_ACCOUNT,
        Of::Called(_) => CALLED,
        Of::Calling(_) => CALLING,
        Of::Campaign(_) => CAMPAIGN,
        Of::Tests => TESTS,
    }
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
        let days = match slice.of {
            Of::Called(_) | Of::Calling(_) => {
                let (oldest, newest): (Option<i64>, Option<i64>) = either!($on, |db| {
                    sqlx::query_as(FIRST_AND_LAST).bind(slice.source.0).fetch_one(db).await
                })?;
                Days::within(oldest, newest, at, slice.to.as_millis())
            }
            _ => Days::all_at_once(),
        };
        let mut found: Vec<PlacedCall> = Vec::new();
        for some_days in days {
            let left = $count - found.len() as i64;
            if left <= 0 {
                break;
            }
            let some: Vec<PlacedCall> = either!($on, |db| {
                let query = sqlx::query_as(statement(&slice.of));
                bound!(query, slice, (at, &id), some_days, left).fetch_all(db).await
            })?;
            found.extend(some);
        }
        Ok(found)
    }};
}

/// Stretches of days to look through one after the other, first and last day of each: few at first
/// and twice as many each time, so that neither many calls of a day nor many days without one are
/// read for a page.
struct Days {
    next: i64,
    last: i64,
    count: i64,
}

impl Days {
    fn within(first: Option<i64>, last: Option<i64>, from: i64, to: i64) -> Self {
        let (Some(first), Some(last)) = (first, last) else {
            return Self { next: 0, last: -1, count: 1 };
        };
        Self { next: day(first.max(from)), last: day(last.min(to)), count: 1 }
    }

    /// For what is not looked up by the day.
    fn all_at_once() -> Self {
        Self { next: 0, last: 0, count: 1 }
    }
}

impl Iterator for Days {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        let first = self.next;
        if first > self.last {
            return None;
        }
        let last = (first + self.count - 1).min(self.last);
        (self.next, self.count) = (last + 1, self.count * 2);
        Some((first, last))
    }
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
        let (explain, place) = match self.engine() {
            Engine::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            Engine::Postgres => ("EXPLAIN", 0),
        };
        let (at, to) = (slice.from.as_millis(), slice.to.as_millis());
        let (place_in_time, days) = ((at, ""), (day(at), day(to)));
        either!(self.read(), |db| {
            let sql = AssertSqlSafe(format!("{explain} {}", statement(&slice.of)));
            let rows = bound!(sqlx::query(sql), slice, place_in_time, days, count);
            let rows = rows.fetch_all(db).await?;
            let lines: Result<Vec<String>, sqlx::Error> =
                rows.iter().map(|row| row.try_get(place)).collect();
            Ok(lines?)
        })
    }
}

const MOVE: &str = "UPDATE calls
SET placement = ?, agent_id = ?, account_id = ?, reason = ?, decided_by = ?
WHERE source_id = ? AND provider_call_id IN ";

const MOVE_POSTGRES: &str = "
UPDATE calls
SET placement = $1, agent_id = $2, account_id = $3, reason = $4, decided_by = $5
WHERE source_id + 0 = $6 AND provider_call_id = ANY($7)";

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const SET_CAMPAIGN: &str = "
UPDATE calls SET campaign = $1
WHERE source_id + 0 = $2 AND provider_call_id = $3 AND campaign IS NULL AND erased_at IS NULL";

const IDS_MAX: usize = 512;

/// A statement that moves calls, with everything but their ids.
macro_rules! moving {
    ($sql:expr, $source:expr, $to:expr) => {{
        let Written { placement, agent, account, reason, decided_by } = written($to);
        let query = sqlx::query($sql).bind(placement).bind(agent).bind(account);
        query.bind(reason).bind(decided_by).bind($source.0)
    }};
}

/// Where calls can be moved. Only PostgreSQL takes many ids as one value.
trait Moves {
    async fn moved(
        &mut self,
        source: SourceId,
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError>;
}

impl Moves for SqliteConnection {
    async fn moved(
        &mut self,
        source: SourceId,
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        for piece in ids.chunks(IDS_MAX) {
            // Few lengths make few statements; naming an id twice changes nothing.
            let count = piece.len().next_power_of_two();
            let sql = format!("{MOVE}({})", marks(count));
            let mut query = moving!(AssertSqlSafe(sql), source, to);
            for id in piece.iter().chain(std::iter::repeat_n(&piece[0], count - piece.len())) {
                query = query.bind(text(id));
            }
            query.execute(&mut *self).await?;
        }
        Ok(())
    }
}

impl Moves for PgConnection {
    async fn moved(
        &mut self,
        source: SourceId,
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        let ids: Vec<Cow<'_, str>> = ids.iter().map(|id| text(id)).collect();
        moving!(MOVE_POSTGRES, source, to).bind(ids).execute(self).await?;
        Ok(())
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

    /// Writes the campaigns of calls that were stored before campaigns were read.
    pub async fn calls_campaigns_set(
        &mut self,
        source: SourceId,
        campaigns: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for (id, campaign) in campaigns {
                let query = sqlx::query(SET_CAMPAIGN).bind(text(campaign)).bind(source.0);
                query.bind(text(id)).execute(&mut *db).await?;
            }
        });
        Ok(())
    }

    /// Writes one new placement of many calls; the calls themselves are untouched.
    pub async fn calls_move(
        &mut self,
        source: SourceId,
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| db.moved(source, to, ids).await)
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
