//! Calls for people: newest first, page by page.

use domain::{AccountId, ContactId, SourceId, Timestamp};
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
    /// Of this account only.
    pub account: Option<AccountId>,
    /// Of the agent with this id at its provider only.
    pub agent: Option<String>,
    /// With this contact only.
    pub contact: Option<ContactId>,
    /// `inbound` or `outbound` only.
    pub direction: Option<String>,
    /// With this status only.
    pub status: Option<String>,
    /// From or to this number only, in E.164.
    pub number: Option<String>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// After this call of the page before, in the order of the list.
    pub after: Option<Place>,
    /// No call behind this place of the list.
    pub down_to: Option<Place>,
}

/// The place of a call in the list: when it happened, in milliseconds since 1970, and its id.
pub type Place = (i64, String);

impl CallFilter {
    /// Whether no index finds what is asked for, so that calls are looked through one by one.
    pub fn is_sifting(&self) -> bool {
        let words = [&self.agent, &self.direction, &self.status, &self.number];
        words.into_iter().any(Option::is_some)
    }
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

const PLACES: &str = "
SELECT c.occurred_at, c.provider_call_id FROM calls c WHERE ";

const GET: &str = concat!(
    "SELECT ",
    columns!(),
    "
WHERE c.source_id = $1 AND c.provider_call_id = $2
  AND (CAST($3 AS BIGINT) IS NULL OR c.account_id = $3)"
);

/// Writes the conditions of a filter. Only those that are asked for, so that an index serves each.
macro_rules! conditions {
    ($query:ident, $filter:expr) => {{
        let filter: &CallFilter = $filter;
        $query
            .push("c.occurred_at >= ")
            .push_bind(filter.from.unwrap_or(Timestamp::MIN).as_millis())
            .push(" AND c.occurred_at < ")
            .push_bind(filter.to.unwrap_or(Timestamp::MAX).as_millis());
        let ids = [
            ("account_id", filter.account.map(|account| account.0)),
            ("source_id", filter.source.map(|source| source.0)),
            ("contact_id", filter.contact.map(|contact| contact.0)),
        ];
        for (column, id) in ids {
            if let Some(id) = id {
                $query.push(format!(" AND c.{column} = ")).push_bind(id);
            }
        }
        let words = [
            ("placement", &filter.placement),
            ("provider_agent_id", &filter.agent),
            ("direction", &filter.direction),
            ("status", &filter.status),
        ];
        for (column, word) in words {
            if let Some(word) = word {
                $query.push(format!(" AND c.{column} = ")).push_bind(text(word));
            }
        }
        if filter.is_in_conflict {
            $query.push(" AND c.status_heard IS NOT NULL");
        }
        for (than, place) in [("<", &filter.after), (">=", &filter.down_to)] {
            if let Some((at, id)) = place {
                $query.push(format!(" AND (c.occurred_at, c.provider_call_id) {than} ("));
                $query.push_bind(*at).push(", ").push_bind(text(id)).push(")");
            }
        }
        if let Some(number) = &filter.number {
            $query.push(" AND (c.from_e164 = ").push_bind(text(number));
            $query.push(" OR c.to_e164 = ").push_bind(text(number)).push(")");
        }
    }};
}

impl CallFilter {
    /// The same, of what this scope sees; nothing where that is nothing.
    fn seen_by(&self, scope: Scope) -> Option<Self> {
        let account = match scope.account().map(AccountId) {
            Some(own) if self.account.is_some_and(|account| account != own) => return None,
            Some(own) => Some(own),
            None => self.account,
        };
        Some(Self { account, ..self.clone() })
    }
}

impl Store {
    /// A page of calls, newest first.
    pub async fn calls_list(
        &self,
        scope: Scope,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let Some(filter) = filter.seen_by(scope) else { return Ok(Vec::new()) };
        if filter.source.is_some() {
            return self.page(&filter, None, count).await;
        }
        if filter.account.is_some() {
            return self.page_of_account(&filter, count).await;
        }
        // Calls are in order within a source; an index over all sources would cost every write.
        let mut rows = Vec::new();
        for source in self.source_ids().await? {
            let one = CallFilter { source: Some(source), ..filter.clone() };
            rows.extend(self.page(&one, None, count).await?);
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
            CallFilter { agent: None, direction: None, status: None, number: None, ..filter };
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
