//! Changes of whose calls an agent's are: who made them, what is left to do, and what moved.

use domain::{
    AccountId, AgentId, AssignmentEdit, AssignmentId, HeldAssignment, Placement, SourceId,
    Timestamp,
};

use crate::agents::assignment;
use crate::calls::{Of, Part, Slice, written};
use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::text::text;
use crate::{CallKey, Scope, Store, StoreError, Tx};

/// Calls to place again because of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Its id.
    pub id: i64,
    /// The change that causes it.
    pub change: i64,
    /// Which calls.
    pub slice: Slice,
}

/// A call that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// The account it belonged to.
    pub account_before: Option<i64>,
    /// Why it was where it was.
    pub reason_before: String,
    /// Where it belongs now.
    pub placement: Placement,
}

/// One move of a call, for a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MoveRow {
    /// When, in milliseconds since 1970.
    pub moved_at: i64,
    /// Who made the change.
    pub changed_by: String,
    /// The change, as a sentence.
    pub what: String,
    /// The account it belonged to.
    pub account_before: Option<String>,
    /// Why it was where it was.
    pub reason_before: String,
    /// The account it went to.
    pub account: Option<String>,
    /// Why.
    pub reason: String,
}

/// An assignment of an agent, for a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AssignmentRow {
    /// The account.
    pub account: String,
    /// First instant it holds, in milliseconds since 1970.
    pub valid_from: i64,
    /// First instant it no longer holds.
    pub valid_to: i64,
    /// When it was made.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
}

const HELD: &str = "
SELECT assignment_id, agent_id, account_id, valid_from, valid_to
FROM assignments WHERE agent_id = $1 AND ended_at IS NULL
ORDER BY assignment_id";

const ROWS: &str = "
SELECT a.name AS account, s.valid_from, s.valid_to, s.created_at, s.created_by
FROM assignments s
JOIN agents g ON g.agent_id = s.agent_id
JOIN accounts a ON a.account_id = s.account_id
WHERE g.source_id = $1 AND g.provider_agent_id = $2 AND s.ended_at IS NULL
ORDER BY s.valid_from, s.assignment_id";

const CUT: &str = "
UPDATE assignments SET valid_to = $2 WHERE assignment_id = $1";

const WITHDRAW: &str = "
UPDATE assignments SET ended_at = $2, ended_by = $3 WHERE assignment_id = $1";

const BUMP: &str = "
UPDATE sources SET rules_version = rules_version + 1
WHERE source_id = (SELECT source_id FROM agents WHERE agent_id = $1)";

const CHANGE: &str = "
INSERT INTO changes (changed_at, changed_by, what) VALUES ($1, $2, $3) RETURNING change_id";

const PENDING: &str = "
SELECT replacement_id, change_id, who, key, account_id, reason, span_from, span_to
FROM replacements WHERE source_id = $1
ORDER BY replacement_id";

const SOURCES: &str = "
SELECT DISTINCT source_id FROM replacements ORDER BY source_id";

const DONE: &str = "
DELETE FROM replacements WHERE replacement_id = $1";

const MOVED: &str = "
SELECT COUNT(*) FROM placements WHERE change_id = $1";

// A change that was interrupted and done again moved a call once, to where it came in the end.
const ON_CONFLICT: &str = "
ON CONFLICT (change_id, source_id, provider_call_id) DO UPDATE SET
    moved_at = excluded.moved_at, account_id = excluded.account_id,
    placement = excluded.placement, reason = excluded.reason";

const MOVES: &str = "
SELECT p.moved_at, h.changed_by, h.what, b.name AS account_before, p.reason_before,
       a.name AS account, p.reason
FROM placements p
JOIN changes h ON h.change_id = p.change_id
JOIN calls c ON c.source_id = p.source_id AND c.provider_call_id = p.provider_call_id
LEFT JOIN accounts b ON b.account_id = p.account_before
LEFT JOIN accounts a ON a.account_id = p.account_id
WHERE p.source_id = $1 AND p.provider_call_id = $2
  AND (CAST($3 AS BIGINT) IS NULL OR c.account_id = $3)
ORDER BY p.change_id";

type Pending = (i64, i64, String, String, Option<i64>, Option<String>, i64, i64);

/// Which calls, as `replacements` has it: who, key, account and reason.
fn columns(of: &Of) -> (&'static str, &str, Option<i64>, Option<&str>) {
    match of {
        Of::Agent(id, Part::Account(account)) => ("agent", id, Some(account.0), None),
        Of::Agent(id, Part::Unplaced(reason)) => ("agent", id, None, Some(reason)),
        Of::Nobody(reason) => ("nobody", "", None, Some(reason)),
        Of::Account(account) => ("anyone", "", Some(account.0), None),
        Of::Called(number) => ("called", number, None, None),
        Of::Calling(number) => ("calling", number, None, None),
        Of::Campaign(name) => ("campaign", name, None, None),
        Of::Tests => ("tests", "", None, None),
    }
}

fn read((who, key, account, reason): (&str, String, Option<i64>, Option<String>)) -> Of {
    let reason = reason.unwrap_or_default();
    match (who, account.map(AccountId)) {
        ("called", _) => Of::Called(key),
        ("calling", _) => Of::Calling(key),
        ("campaign", _) => Of::Campaign(key),
        ("tests", _) => Of::Tests,
        ("nobody", _) => Of::Nobody(reason),
        ("anyone", Some(account)) => Of::Account(account),
        (_, Some(account)) => Of::Agent(key, Part::Account(account)),
        (_, None) => Of::Agent(key, Part::Unplaced(reason)),
    }
}

impl Tx {
    /// The assignments of an agent that are in force.
    pub async fn assignments_held(
        &mut self,
        agent: AgentId,
    ) -> Result<Vec<HeldAssignment>, StoreError> {
        let rows: Vec<(i64, i64, i64, i64, i64)> =
            either!(self.conn(), |db| { sqlx::query_as(HELD).bind(agent.0).fetch_all(db).await })?;
        let held = |(id, agent, account, from, to)| HeldAssignment {
            id: AssignmentId(id),
            assignment: assignment((agent, account, from, to)),
        };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Changes the assignments of an agent, and with them the version of its source's rules.
    /// Whoever calls this writes down in the same transaction which calls to place again.
    pub async fn assignments_edit(
        &mut self,
        agent: AgentId,
        edits: &[AssignmentEdit],
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for edit in edits {
            match edit {
                AssignmentEdit::Add(assignment) => self.assignment_add(assignment, by, now).await?,
                AssignmentEdit::Cut { id, valid_to } => either!(self.conn(), |db| {
                    sqlx::query(CUT).bind(id.0).bind(valid_to.as_millis()).execute(db).await?;
                }),
                AssignmentEdit::Withdraw { id } => either!(self.conn(), |db| {
                    let query = sqlx::query(WITHDRAW).bind(id.0).bind(now.as_millis());
                    query.bind(text(by)).execute(db).await?;
                }),
            }
        }
        either!(self.conn(), |db| {
            sqlx::query(BUMP).bind(agent.0).execute(db).await?;
        });
        Ok(())
    }

    /// Writes down a change and the calls to place again because of it. Returns its id.
    pub async fn change_add(
        &mut self,
        (by, what): (&str, &str),
        slices: &[Slice],
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query_as(CHANGE).bind(now.as_millis()).bind(text(by));
            let (change,): (i64,) = query.bind(text(what)).fetch_one(&mut *db).await?;
            let rows = Insert::into("replacements", slices)
                .same_number("change_id", change)
                .number("source_id", |slice: &Slice| slice.source.0)
                .text("who", |slice| columns(&slice.of).0)
                .text("key", |slice| columns(&slice.of).1)
                .number("account_id", |slice| columns(&slice.of).2)
                .text("reason", |slice| columns(&slice.of).3)
                .number("span_from", |slice| slice.from.as_millis())
                .number("span_to", |slice| slice.to.as_millis());
            db.insert(rows).await?;
            Ok(change)
        })
    }

    /// Writes down calls that move because of a change.
    pub async fn placements_add(
        &mut self,
        (change, source): (i64, SourceId),
        moved: &[MovedCall],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = Insert::into("placements", moved)
            .same_number("change_id", change)
            .same_number("source_id", source.0)
            .same_number("moved_at", now.as_millis())
            .text("provider_call_id", |row: &MovedCall| row.provider_call_id.as_str())
            .number("account_before", |row| row.account_before)
            .text("reason_before", |row| row.reason_before.as_str())
            .number("account_id", |row| written(row.placement).account)
            .text("placement", |row| written(row.placement).placement)
            .text("reason", |row| written(row.placement).reason)
            .on_conflict(ON_CONFLICT);
        either!(self.conn(), |db| db.insert(rows).await)
    }

    /// Says that the calls of a slice have been placed again.
    pub async fn replacement_done(&mut self, id: i64) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(DONE).bind(id).execute(db).await?;
        });
        Ok(())
    }
}

impl Store {
    /// What is left to do of the changes of a source, in order.
    pub async fn replacements_pending(
        &self,
        source: SourceId,
    ) -> Result<Vec<Replacement>, StoreError> {
        let rows: Vec<Pending> = either!(self.read(), |db| {
            sqlx::query_as(PENDING).bind(source.0).fetch_all(db).await
        })?;
        let replacement = |(id, change, who, key, account, reason, from, to): Pending| {
            let of = read((who.as_str(), key, account, reason));
            let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
            Replacement { id, change, slice: Slice { source, of, from, to } }
        };
        Ok(rows.into_iter().map(replacement).collect())
    }

    /// The sources that have some of that.
    pub async fn replacements_sources(&self) -> Result<Vec<SourceId>, StoreError> {
        let rows: Vec<(i64,)> =
            either!(self.read(), |db| sqlx::query_as(SOURCES).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(source,)| SourceId(source)).collect())
    }

    /// How many calls a change has moved.
    pub async fn change_moved(&self, change: i64) -> Result<u64, StoreError> {
        let (moved,): (i64,) =
            either!(self.read(), |db| { sqlx::query_as(MOVED).bind(change).fetch_one(db).await })?;
        Ok(moved.unsigned_abs())
    }

    /// How a call has moved since it was first placed, oldest first.
    pub async fn call_moves(
        &self,
        scope: Scope,
        call: &CallKey,
    ) -> Result<Vec<MoveRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(MOVES).bind(call.source.0).bind(text(&call.id.0));
            query.bind(scope.account()).fetch_all(db).await
        })?)
    }

    /// The assignments of an agent that are in force, by time.
    pub async fn assignments_list(
        &self,
        source: SourceId,
        provider_agent_id: &str,
    ) -> Result<Vec<AssignmentRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(ROWS).bind(source.0).bind(text(provider_agent_id));
            query.fetch_all(db).await
        })?)
    }
}
