//! Calls for people: newest first, page by page.

use domain::SourceId;
use sqlx::QueryBuilder;

use crate::db::either;
use crate::text::text;
use crate::{CallKey, Scope, Store, StoreError};

use super::across::IN_ORDER;
use super::filter::conditions;
use super::{CallFilter, Place};

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
        columns!("calls c")
    };
    ($calls:literal) => {
        concat!(
            "c.source_id, s.name AS source, c.provider_call_id, c.occurred_at, c.occurred_text,
         c.duration_ms, c.direction, c.status, c.from_raw, c.from_e164, c.to_raw, c.to_e164,
         c.provider_agent_id, c.provider_contact_id, g.name AS agent, a.name AS account,
         c.placement, c.reason, c.tags, c.parts, c.version, c.first_seen_at, c.first_seen_by,
         c.changed_at, c.campaign, c.decided_by, c.status_heard
FROM ",
            $calls,
            "
JOIN sources s ON s.source_id = c.source_id
LEFT JOIN agents g ON g.source_id = c.source_id AND g.provider_agent_id = c.provider_agent_id
LEFT JOIN accounts a ON a.account_id = c.account_id"
        )
    };
}

pub(super) use columns;

const LIST: &str = concat!("SELECT ", columns!(), "\nWHERE ");

const SOURCES: &str = "
SELECT source_id FROM sources ORDER BY source_id";

const PLACES: &str = "
SELECT c.occurred_at, c.provider_call_id FROM calls c WHERE ";

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
        let Some(filter) = filter.seen_by(scope) else { return Ok(Vec::new()) };
        if let (Some(source), Some(number)) = (filter.source, &filter.number) {
            return self.page_of_number(&[source], number, &filter, count).await;
        }
        if filter.source.is_some() {
            return self.page(&filter, None, count).await;
        }
        if filter.account.is_some() && filter.number.is_none() {
            return self.page_of_account(&filter, count).await;
        }
        let sources = self.source_ids().await?;
        // A place is at most once in a source, so that these are enough for the twins of the last.
        let beyond = i64::try_from(sources.len()).unwrap_or(i64::MAX);
        let enough = count.saturating_add(beyond);
        let mut rows = match &filter.number {
            Some(number) => self.page_of_number(&sources, number, &filter, enough).await?,
            None => self.page_across(&sources, &filter, enough).await?,
        };
        // A page ends with all calls of its last place, or the next would miss their twins.
        let mut length = usize::try_from(count).unwrap_or(0).min(rows.len());
        while (1..rows.len()).contains(&length) && rows[length].place() == rows[length - 1].place()
        {
            length += 1;
        }
        rows.truncate(length);
        Ok(rows)
    }

    /// Where a page that looks through `count` calls comes to its end; none where there are not so
    /// many. What calls are sifted for is not regarded.
    pub async fn calls_reach(
        &self,
        scope: Scope,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Option<Place>, StoreError> {
        let Some(filter) = filter.seen_by(scope) else { return Ok(None) };
        let filter =
            CallFilter { agent: None, direction: None, status: None, has_words: false, ..filter };
        if filter.source.is_some() || filter.account.is_some() {
            return self.place_at(&filter, count).await;
        }
        let mut reach = None;
        for source in self.source_ids().await? {
            let one = CallFilter { source: Some(source), ..filter.clone() };
            reach = reach.max(self.place_at(&one, count).await?);
        }
        Ok(reach)
    }

    async fn place_at(&self, filter: &CallFilter, nth: i64) -> Result<Option<Place>, StoreError> {
        Ok(either!(self.read(), |db| {
            let mut places = QueryBuilder::new(PLACES);
            conditions!(places, filter);
            places.push(" ORDER BY c.occurred_at DESC, c.provider_call_id DESC LIMIT 1 OFFSET ");
            places.push_bind(nth);
            places.build_query_as().fetch_optional(db).await
        })?)
    }

    async fn source_ids(&self) -> Result<Vec<SourceId>, StoreError> {
        let sources: Vec<(i64,)> =
            either!(self.read(), |db| sqlx::query_as(SOURCES).fetch_all(db).await)?;
        Ok(sources.into_iter().map(|(id,)| SourceId(id)).collect())
    }

    /// An index has the calls of an account over all sources. Here too a page ends with all calls of
    /// its last place.
    async fn page_of_account(
        &self,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let mut rows = self.page(filter, None, count).await?;
        if rows.len() as i64 == count
            && let Some(last) = rows.last()
        {
            let place = (last.occurred_at, last.provider_call_id.clone());
            rows.retain(|row| row.place() != (place.0, place.1.as_str()));
            rows.extend(self.page(filter, Some(&place), i64::MAX).await?);
        }
        Ok(rows)
    }

    async fn page(
        &self,
        filter: &CallFilter,
        at: Option<&Place>,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let mut list = QueryBuilder::new(LIST);
            conditions!(list, filter);
            if let Some((at, id)) = at {
                list.push(" AND c.provider_call_id = ").push_bind(text(id));
                list.push(" AND c.occurred_at = ").push_bind(*at);
            }
            list.push(IN_ORDER).push_bind(count);
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
    pub(super) fn place(&self) -> (i64, &str) {
        (self.occurred_at, &self.provider_call_id)
    }
}
