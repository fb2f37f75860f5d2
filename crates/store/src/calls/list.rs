//! Calls for people: newest first, page by page.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::{CallKey, Scope, Store, StoreError};

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Of this source only.
    pub source: Option<SourceId>,
    /// `placed`, `waiting` or `excluded` only.
    pub placement: Option<String>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// After this call of the page before, in the order of the list.
    pub after: Option<(i64, String)>,
}

/// A call as listed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `calls`, documented in the schema")]
pub struct CallRow {
    pub source_id: i64,
    pub source: String,
    pub provider_call_id: String,
    pub occurred_at: i64,
    pub occurred_text: String,
    pub duration_ms: Option<i64>,
    pub direction: Option<String>,
    pub status: String,
    pub from_raw: Option<String>,
    pub from_e164: Option<String>,
    pub to_raw: Option<String>,
    pub to_e164: Option<String>,
    pub provider_agent_id: Option<String>,
    pub provider_contact_id: Option<String>,
    pub agent: Option<String>,
    pub account: Option<String>,
    pub placement: String,
    pub reason: String,
    pub tags: String,
    pub parts: i64,
    pub version: i64,
    pub first_seen_at: i64,
    pub first_seen_by: String,
    pub changed_at: i64,
}

macro_rules! columns {
    () => {
        "c.source_id, s.name AS source, c.provider_call_id, c.occurred_at, c.occurred_text,
         c.duration_ms, c.direction, c.status, c.from_raw, c.from_e164, c.to_raw, c.to_e164,
         c.provider_agent_id, c.provider_contact_id, g.name AS agent, a.name AS account,
         c.placement, c.reason, c.tags, c.parts, c.version, c.first_seen_at, c.first_seen_by,
         c.changed_at
FROM calls c
JOIN sources s ON s.source_id = c.source_id
LEFT JOIN agents g ON g.source_id = c.source_id AND g.provider_agent_id = c.provider_agent_id
LEFT JOIN accounts a ON a.account_id = c.account_id"
    };
}

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    "
WHERE (CAST($1 AS BIGINT) IS NULL OR c.account_id = $1)
  AND (CAST($2 AS BIGINT) IS NULL OR c.source_id = $2)
  AND (CAST($3 AS TEXT) IS NULL OR c.placement = $3)
  AND c.occurred_at >= $4 AND c.occurred_at < $5
  AND (CAST($6 AS BIGINT) IS NULL
       OR c.occurred_at < $6 OR (c.occurred_at = $6 AND c.provider_call_id < $7))
ORDER BY c.occurred_at DESC, c.provider_call_id DESC
LIMIT $8"
);

const GET: &str = concat!(
    "SELECT ",
    columns!(),
    "
WHERE c.source_id = $1 AND c.provider_call_id = $2
  AND (CAST($3 AS BIGINT) IS NULL OR c.account_id = $3)"
);

impl Store {
    /// A page of calls, newest first.
    pub async fn calls_list(
        &self,
        scope: Scope,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let (after_at, after_id) = filter.after.clone().unzip();
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST)
                .bind(scope.account())
                .bind(filter.source.map(|source| source.0))
                .bind(&filter.placement)
                .bind(filter.from.unwrap_or(Timestamp::MIN).as_millis())
                .bind(filter.to.unwrap_or(Timestamp::MAX).as_millis())
                .bind(after_at)
                .bind(after_id)
                .bind(count)
                .fetch_all(db)
                .await
        })?)
    }

    /// One call.
    pub async fn call_get(
        &self,
        scope: Scope,
        call: &CallKey,
    ) -> Result<Option<CallRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(GET)
                .bind(call.source.0)
                .bind(&call.id.0)
                .bind(scope.account())
                .fetch_optional(db)
                .await
        })?)
    }
}
