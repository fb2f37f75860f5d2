//! Calls a change of assignments may move, read by index and written many at a time.

use std::borrow::Cow;

use domain::{AccountId, Placement, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::write::written;
use crate::batch::marks;
use crate::contacts::by_keys;
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// Calls of one agent, where they stand now, in a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Of which source.
    pub source: SourceId,
    /// The provider's id of their agent.
    pub provider_agent_id: String,
    /// Where they stand.
    pub part: Part,
    /// The first instant of the span.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
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
}

// SQLite uses a partial index only where its condition is repeated word for word. It would walk
// all calls of the source by time, were the id not hidden in an expression: that index has the
// order, and the others only find the calls.
const UNPLACED: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id
FROM calls
WHERE source_id = $1 AND provider_agent_id = $2 AND placement <> 'placed' AND placement = $3
  AND reason = $4 AND occurred_at >= $5 AND occurred_at < $6
  AND (occurred_at > $5 OR provider_call_id || '' >= $7)
ORDER BY occurred_at, provider_call_id || '' LIMIT $8";

// The columns are those of a slice.
const BY_ID: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id
FROM calls WHERE source_id + 0 = $1 AND provider_call_id IN ";

const PLACED: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id
FROM calls
WHERE source_id = $1 AND provider_agent_id = $2 AND placement = $3
  AND account_id IS NOT NULL AND account_id = $4 AND occurred_at >= $5 AND occurred_at < $6
  AND (occurred_at > $5 OR provider_call_id || '' >= $7)
ORDER BY occurred_at, provider_call_id || '' LIMIT $8";

macro_rules! slice {
    ($on:expr, $slice:expr, $after:expr, $count:expr) => {{
        let Slice { source, provider_agent_id, part, from, to } = $slice;
        // The first text after an id: no stored text holds U+0000.
        let next = |(at, id): (i64, &str)| (at, format!("{id}\u{1}"));
        let (at, id) = $after.map_or((from.as_millis(), String::new()), next);
        Ok(either!($on, |db| {
            let query = match part {
                Part::Account(account) => sqlx::query_as(PLACED)
                    .bind(source.0)
                    .bind(text(provider_agent_id))
                    .bind("placed")
                    .bind(account.0),
                Part::Unplaced(reason) => {
                    let is_excluded = reason == domain::ExcludedReason::OutsideResetDate.as_str();
                    sqlx::query_as(UNPLACED)
                        .bind(source.0)
                        .bind(text(provider_agent_id))
                        .bind(if is_excluded { "excluded" } else { "waiting" })
                        .bind(text(reason))
                }
            };
            query.bind(at).bind(to.as_millis()).bind(text(&id)).bind($count).fetch_all(db).await
        })?)
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
}

const MOVE: &str = "UPDATE calls SET placement = ?, agent_id = ?, account_id = ?, reason = ?
WHERE source_id = ? AND provider_call_id IN ";

const MOVE_POSTGRES: &str = "
UPDATE calls SET placement = $1, agent_id = $2, account_id = $3, reason = $4
WHERE source_id + 0 = $5 AND provider_call_id = ANY($6)";

const IDS_MAX: usize = 512;

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
        let (placement, agent, account, reason) = written(to);
        for piece in ids.chunks(IDS_MAX) {
            // Few lengths make few statements; naming an id twice changes nothing.
            let count = piece.len().next_power_of_two();
            let sql = format!("{MOVE}({})", marks(count));
            let mut query = sqlx::query(AssertSqlSafe(sql))
                .bind(placement)
                .bind(agent)
                .bind(account)
                .bind(reason)
                .bind(source.0);
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
        let (placement, agent, account, reason) = written(to);
        let ids: Vec<Cow<'_, str>> = ids.iter().map(|id| text(id)).collect();
        sqlx::query(MOVE_POSTGRES)
            .bind(placement)
            .bind(agent)
            .bind(account)
            .bind(reason)
            .bind(source.0)
            .bind(ids)
            .execute(self)
            .await?;
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

    /// Whether this is where it belongs so far.
    pub fn is_at(&self, placement: Placement) -> bool {
        let (placement, agent, account, reason) = written(placement);
        (placement, reason) == (self.placement.as_str(), self.reason.as_str())
            && (agent, account) == (self.agent_id, self.account_id)
    }
}
