//! Calls for people: newest first, page by page.

use domain::{SourceId, Timestamp};
use sqlx::QueryBuilder;

use crate::db::either;
use crate::text::text;
use crate::{CallKey, Scope, Store, StoreError};

/// Which calls to list.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Of this source only.
    pub source: Option<SourceId>,
    /// `placed`, `waiting` or `excluded` only.
    pub placement: Option<String>,
    /// Those only whose provider contradicts the ending it had told.
    pub is_in_conflict: bool,
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
    pub campaign: Option<String>,
    pub decided_by: Option<i64>,
    pub status_heard: Option<String>,
}

macro_rules! columns {
    () => {
        "c.source_id, s.name AS source, c.provider_call_id, c.occurred_at, c.occurred_text,
         c.duration_ms, c.direction, c.status, c.from_raw, c.from_e164, c.to_raw, c.to_e164,
         c.provider_agent_id, c.provider_contact_id, g.name AS agent, a.name AS account,
         c.placement, c.reason, c.tags, c.parts, c.version, c.first_seen_at, c.first_seen_by,
         c.changed_at, c.campaign, c.decided_by, c.status_heard
FROM calls c
JOIN sources s ON s.source_id = c.source_id
LEFT JOIN agents g ON g.source_id = c.source_id AND g.provider_agent_id = c.provider_agent_id
LEFT JOIN accounts a ON a.account_id = c.account_id"
    };
}

const LIST: &str = concat!("SELECT ", columns!(), "\nWHERE ");

const SOURCES: &str = "
SELECT source_id FROM sources ORDER BY source_id";

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
        if filter.source.is_some() {
            return self.page(scope, filter, None, count).await;
        }
        if scope != Scope::Operator {
            return self.page_of_account(scope, filter, count).await;
        }
        // Calls are in order within a source; an index over all sources would cost every write.
        let sources: Vec<(i64,)> =
            either!(self.read(), |db| sqlx::query_as(SOURCES).fetch_all(db).await)?;
        let mut rows = Vec::new();
        for (source,) in sources {
            let one = CallFilter { source: Some(SourceId(source)), ..filter.clone() };
            rows.extend(self.page(scope, &one, None, count).await?);
        }
        rows.sort_by(|a, b| b.place().cmp(&a.place()));
        // A page ends with all calls of its last place, or the next would miss their twins.
        let mut length = usize::try_from(count).unwrap_or(0).min(rows.len());
        while (1..rows.len()).contains(&length) && rows[length].place() == rows[length - 1].place()
        {
            length += 1;
        }
        rows.truncate(length);
        Ok(rows)
    }

    /// An index has the calls of an account over all sources. Here too a page ends with all calls of
    /// its last place.
    async fn page_of_account(
        &self,
        scope: Scope,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let mut rows = self.page(scope, filter, None, count).await?;
        if rows.len() as i64 == count
            && let Some(last) = rows.last()
        {
            let place = (last.occurred_at, last.provider_call_id.clone());
            rows.retain(|row| row.place() != (place.0, place.1.as_str()));
            rows.extend(self.page(scope, filter, Some(&place), i64::MAX).await?);
        }
        Ok(rows)
    }

    // Only conditions that are asked for are written, so that an index serves each.
    async fn page(
        &self,
        scope: Scope,
        filter: &CallFilter,
        at: Option<&(i64, String)>,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let mut list = QueryBuilder::new(LIST);
            list.push("c.occurred_at >= ")
                .push_bind(filter.from.unwrap_or(Timestamp::MIN).as_millis())
                .push(" AND c.occurred_at < ")
                .push_bind(filter.to.unwrap_or(Timestamp::MAX).as_millis());
            if let Some(account) = scope.account() {
                list.push(" AND c.account_id = ").push_bind(account);
            }
            if let Some(source) = filter.source {
                list.push(" AND c.source_id = ").push_bind(source.0);
            }
            if let Some(placement) = &filter.placement {
                list.push(" AND c.placement = ").push_bind(text(placement));
            }
            if filter.is_in_conflict {
                list.push(" AND c.status_heard IS NOT NULL");
            }
            if let Some((at, id)) = &filter.after {
                list.push(" AND (c.occurred_at, c.provider_call_id) < (")
                    .push_bind(*at)
                    .push(", ")
                    .push_bind(text(id))
                    .push(")");
            }
            if let Some((at, id)) = at {
                list.push(" AND c.provider_call_id = ").push_bind(text(id));
                list.push(" AND c.occurred_at = ").push_bind(*at);
            }
            list.push(" ORDER BY c.occurred_at DESC, c.provider_call_id DESC LIMIT ")
                .push_bind(count);
            list.build_query_as().fetch_all(db).await
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
                .bind(text(&call.id.0))
                .bind(scope.account())
                .fetch_optional(db)
                .await
        })?)
    }
}

impl CallRow {
    /// Its place in the list, which begins with the greatest.
    fn place(&self) -> (i64, &str) {
        (self.occurred_at, &self.provider_call_id)
    }
}
