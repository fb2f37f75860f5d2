//! The assignments and rules that are in force, for a person: page by page, by id.

use domain::SourceId;

use crate::db::either;
use crate::{Store, StoreError};

/// An assignment with whose it is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AssignmentInForce {
    /// Its id.
    pub assignment_id: i64,
    /// The source of the agent.
    pub source: String,
    /// The provider's id of the agent.
    pub provider_agent_id: String,
    /// The agent's name.
    pub agent: String,
    /// The account's id.
    pub account_id: i64,
    /// The account's name.
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

/// A rule with its source.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleInForce {
    /// Its id.
    pub rule_id: i64,
    /// Its source.
    pub source: String,
    /// `number`, `campaign`, `test_calls` or `whole_source`.
    pub kind: String,
    /// The number or the campaign; otherwise empty.
    pub key: String,
    /// The id of the account whose the calls are; none where they are left out.
    pub account_id: Option<i64>,
    /// That account's name.
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

const ASSIGNMENTS: &str = "
SELECT s.assignment_id, o.name AS source, g.provider_agent_id, g.name AS agent,
       s.account_id, a.name AS account, s.valid_from, s.valid_to, s.created_at, s.created_by
FROM assignments s
JOIN agents g ON g.agent_id = s.agent_id
JOIN sources o ON o.source_id = g.source_id
JOIN accounts a ON a.account_id = s.account_id
WHERE s.assignment_id > $1 AND s.ended_at IS NULL
  AND (CAST($2 AS BIGINT) IS NULL OR g.source_id = $2)
ORDER BY s.assignment_id LIMIT $3";

const RULES: &str = "
SELECT r.rule_id, o.name AS source, r.kind, r.key, r.account_id, a.name AS account,
       r.valid_from, r.valid_to, r.created_at, r.created_by
FROM rules r
JOIN sources o ON o.source_id = r.source_id
LEFT JOIN accounts a ON a.account_id = r.account_id
WHERE r.rule_id > $1 AND r.ended_at IS NULL
  AND (CAST($2 AS BIGINT) IS NULL OR r.source_id = $2)
ORDER BY r.rule_id LIMIT $3";

impl Store {
    /// Assignments in force, after this id; of one source, or of all.
    pub async fn assignments_page(
        &self,
        source: Option<SourceId>,
        after: i64,
        count: i64,
    ) -> Result<Vec<AssignmentInForce>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(ASSIGNMENTS).bind(after).bind(source.map(|id| id.0));
            query.bind(count).fetch_all(db).await
        })?)
    }

    /// Rules in force, after this id; of one source, or of all.
    pub async fn rules_page(
        &self,
        source: Option<SourceId>,
        after: i64,
        count: i64,
    ) -> Result<Vec<RuleInForce>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(RULES).bind(after).bind(source.map(|id| id.0));
            query.bind(count).fetch_all(db).await
        })?)
    }
}
