//! The snapshot placement works with, and its version.

use domain::{
    AccountId, AgentId, AssignmentId, HeldAssignment, Rule, RuleEdit, RuleId, RuleKey, Rules,
    SourceId, Timestamp, Verdict,
};

use crate::agents::assignment;
use crate::db::either;
use crate::text::text;
use crate::{Engine, Store, StoreError, Tx};

const VERSION: &str = "
SELECT rules_version FROM sources WHERE source_id = $1";

// On PostgreSQL the lock keeps an assignment from slipping in between our look and our commit.
const VERSION_LOCKED: &str = "
SELECT rules_version FROM sources WHERE source_id = $1 FOR SHARE";

// Whoever places calls again and whoever writes them take turns: nobody locks calls in an order
// of its own, and what was read stays as it was until the new placement is written.
const LOCK: &str = "
UPDATE sources SET rules_version = rules_version WHERE source_id = $1";

const AGENTS: &str = "
SELECT provider_agent_id, agent_id FROM agents WHERE source_id = $1";

// Of two assignments that begin together, the one made last holds; domain takes the last listed.
const ASSIGNMENTS: &str = "
SELECT s.assignment_id, s.agent_id, s.account_id, s.valid_from, s.valid_to
FROM assignments s JOIN agents g ON g.agent_id = s.agent_id
WHERE g.source_id = $1 AND s.ended_at IS NULL
ORDER BY s.assignment_id";

const OF_SOURCE: &str = "
SELECT rule_id, kind, key, account_id, valid_from, valid_to
FROM rules WHERE source_id = $1 AND ended_at IS NULL
ORDER BY rule_id";

const ROW: &str = "
SELECT r.rule_id, r.kind, r.key, a.name AS account, r.valid_from, r.valid_to, r.created_at, r.created_by
FROM rules r LEFT JOIN accounts a ON a.account_id = r.account_id
WHERE r.rule_id = $1 AND r.source_id = $2";

const ADD: &str = "
INSERT INTO rules (source_id, kind, key, account_id, valid_from, valid_to, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

const CUT: &str = "
UPDATE rules SET valid_to = $2 WHERE rule_id = $1";

const WITHDRAW: &str = "
UPDATE rules SET ended_at = $2, ended_by = $3 WHERE rule_id = $1";

const BUMP: &str = "
UPDATE sources SET rules_version = rules_version + 1 WHERE source_id = $1";

/// A rule of a source, for a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleRow {
    /// Its id.
    pub rule_id: i64,
    /// `number`, `campaign`, `test_calls` or `whole_source`.
    pub kind: String,
    /// The number or the campaign; otherwise empty.
    pub key: String,
    /// Whose the calls are; none where they are left out.
    pub account: Option<String>,
    /// First instant it holds, in milliseconds since 1970.
    pub valid_from: i64,
    /// First instant it no longer holds.
    pub valid_to: i64,
    /// When it was made.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
}

type Raw = (i64, String, String, Option<i64>, i64, i64);

fn rule((id, kind, key, account, from, to): Raw) -> Rule {
    let key = match kind.as_str() {
        "number" => RuleKey::Number(key),
        "campaign" => RuleKey::Campaign(key),
        "test_calls" => RuleKey::TestCalls,
        _ => RuleKey::WholeSource,
    };
    Rule {
        id: Some(RuleId(id)),
        key,
        verdict: account.map_or(Verdict::Exclude, |account| Verdict::Place(AccountId(account))),
        valid_from: Timestamp::from_millis(from),
        valid_to: Timestamp::from_millis(to),
    }
}

fn columns(key: &RuleKey) -> (&'static str, &str) {
    match key {
        RuleKey::Number(number) => ("number", number),
        RuleKey::Campaign(name) => ("campaign", name),
        RuleKey::TestCalls => ("test_calls", ""),
        RuleKey::WholeSource => ("whole_source", ""),
    }
}

const RESETS: &str = "
SELECT account_id, calls_reset_at FROM accounts WHERE calls_reset_at IS NOT NULL";

impl Store {
    /// One rule of a source, for a person.
    pub async fn rule_row(&self, source: SourceId, id: i64) -> Result<Option<RuleRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(ROW).bind(id).bind(source.0).fetch_optional(db).await
        })?)
    }

    /// The rules of a source and their version, to be loaded again when the version moved.
    pub async fn rules_load(&self, source: SourceId) -> Result<(i64, Rules), StoreError> {
        let mut tx = self.begin().await?;
        let version = tx.rules_version(source).await?;
        let rules = tx.rules_load(source).await?;
        tx.commit().await?;
        Ok((version, rules))
    }
}

impl Tx {
    /// The version of the rules, which cannot move until this transaction ends.
    pub async fn rules_version(&mut self, source: SourceId) -> Result<i64, StoreError> {
        let engine = match self.conn() {
            crate::db::Either::Sqlite(_) => Engine::Sqlite,
            crate::db::Either::Postgres(_) => Engine::Postgres,
        };
        let sql = if engine == Engine::Postgres { VERSION_LOCKED } else { VERSION };
        let (version,): (i64,) =
            either!(self.conn(), |db| sqlx::query_as(sql).bind(source.0).fetch_one(db).await)?;
        Ok(version)
    }

    /// Keeps everybody else from writing calls of a source until this transaction ends.
    pub async fn rules_lock(&mut self, source: SourceId) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(LOCK).bind(source.0).execute(db).await?;
        });
        Ok(())
    }

    /// Says that the rules of a source are others now, where what changed is none of its own.
    pub async fn rules_bump(&mut self, source: SourceId) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(BUMP).bind(source.0).execute(db).await?;
        });
        Ok(())
    }

    /// The rules as this transaction sees them.
    pub async fn rules_load(&mut self, source: SourceId) -> Result<Rules, StoreError> {
        either!(self.conn(), |db| {
            let agents: Vec<(String, i64)> =
                sqlx::query_as(AGENTS).bind(source.0).fetch_all(&mut *db).await?;
            let assignments: Vec<(i64, i64, i64, i64, i64)> =
                sqlx::query_as(ASSIGNMENTS).bind(source.0).fetch_all(&mut *db).await?;
            let of_source: Vec<Raw> =
                sqlx::query_as(OF_SOURCE).bind(source.0).fetch_all(&mut *db).await?;
            let resets: Vec<(i64, i64)> = sqlx::query_as(RESETS).fetch_all(db).await?;
            let held = |(id, agent, account, from, to)| HeldAssignment {
                id: AssignmentId(id),
                assignment: assignment((agent, account, from, to)),
            };
            let rules = Rules::new(
                agents.into_iter().map(|(name, id)| (name, AgentId(id))),
                assignments.into_iter().map(held),
                resets.into_iter().map(|(id, at)| (AccountId(id), Timestamp::from_millis(at))),
            );
            Ok(rules.ruling(of_source.into_iter().map(rule).collect()))
        })
    }

    /// Changes the rules of a source, and with them their version. Whoever calls this writes down
    /// in the same transaction which calls to place again.
    pub async fn rules_edit(
        &mut self,
        source: SourceId,
        edits: &[RuleEdit],
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for edit in edits {
                let query = match edit {
                    RuleEdit::Cut { id, valid_to } => {
                        sqlx::query(CUT).bind(id.0).bind(valid_to.as_millis())
                    }
                    RuleEdit::Withdraw { id } => {
                        sqlx::query(WITHDRAW).bind(id.0).bind(now.as_millis()).bind(text(by))
                    }
                    RuleEdit::Add(rule) => {
                        let (kind, key) = columns(&rule.key);
                        let account = match rule.verdict {
                            Verdict::Place(account) => Some(account.0),
                            Verdict::Exclude => None,
                        };
                        let query = sqlx::query(ADD).bind(source.0).bind(kind).bind(text(key));
                        let query = query.bind(account).bind(rule.valid_from.as_millis());
                        query.bind(rule.valid_to.as_millis()).bind(now.as_millis()).bind(text(by))
                    }
                };
                query.execute(&mut *db).await?;
            }
            sqlx::query(BUMP).bind(source.0).execute(db).await?;
            Ok(())
        })
    }
}
