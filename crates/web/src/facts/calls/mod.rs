//! Calls as pages and API tell them.

mod asked;
mod story;

use std::sync::Arc;

use domain::Timestamp;
use engine::list::{Listed, page, written};
use engine::search::{Found, Search};
use schemars::JsonSchema;
use serde::Serialize;
use store::{CallRow, Place};

pub use asked::{CallsAsked, PLACEMENTS, read as calls_asked, statuses};
pub use story::Story;

use crate::api::Instant;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::zone::Zone;

/// A page of calls.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallsFacts {
    /// The calls, newest first.
    pub calls: Vec<CallFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    pub next: Option<String>,
    /// Where calls are looked through one by one: how far back this page has looked. There may be
    /// more behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub looked_back_to: Option<Timestamp>,
    /// And how many calls it has looked through for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<i64>,
}

/// One call as listed. Its fields are the columns of `calls`, documented in the schema.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallFacts {
    pub source: String,
    pub provider_call_id: String,
    #[schemars(with = "Instant")]
    pub occurred_at: Timestamp,
    pub occurred_text: String,
    #[serde(rename = "duration_ms")]
    pub duration_ms: Option<i64>,
    pub direction: Option<String>,
    pub status: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub provider_agent_id: Option<String>,
    pub provider_contact_id: Option<String>,
    pub agent: Option<String>,
    pub account: Option<String>,
    pub placement: String,
    pub reason: String,
    pub tags: Vec<String>,
    pub version: i64,
}

impl From<CallRow> for CallFacts {
    fn from(row: CallRow) -> Self {
        Self {
            source: row.source,
            provider_call_id: row.provider_call_id,
            occurred_at: Timestamp::from_millis(row.occurred_at),
            occurred_text: row.occurred_text,
            duration_ms: row.duration_ms,
            direction: row.direction,
            status: row.status,
            from: row.from_e164.or(row.from_raw),
            to: row.to_e164.or(row.to_raw),
            provider_agent_id: row.provider_agent_id,
            provider_contact_id: row.provider_contact_id,
            agent: row.agent,
            account: row.account,
            placement: row.placement,
            reason: row.reason,
            tags: row.tags.split_whitespace().map(str::to_owned).collect(),
            version: row.version,
        }
    }
}

/// Calls that a page looks through at most, where no index finds what is asked for.
const LOOKED_THROUGH_MAX: i64 = 25_000;

/// Records that a page reads at most, to find what was said in them.
const RECORDS_MAX: usize = 5_000;

impl CallsFacts {
    /// Reads the page that was asked for; dates are those of `zone`.
    pub async fn load(
        state: &crate::State,
        guest: &Guest,
        zone: &Zone,
        asked: &CallsAsked,
    ) -> Result<Self, Failure> {
        let count = asked.count()?;
        let Some(mut filter) = asked.filter(&state.store, guest, zone).await? else {
            return Ok(Self::default());
        };
        if filter.is_sifting() {
            let reach = state.store.calls_reach(guest.scope(), &filter, LOOKED_THROUGH_MAX);
            filter.down_to = reach.await?;
        }
        if let Some(words) = asked.said()? {
            let mut search = Search::new(state.store.clone(), words, Arc::clone(&state.read));
            let pages = (usize::try_from(count).unwrap_or(usize::MAX), RECORDS_MAX);
            let found = search.page(guest.scope(), &filter, pages).await?;
            return Ok(Self::said(found, filter.down_to));
        }
        let Listed { calls, next: last } =
            page(&state.store, guest.scope(), &filter, count).await?;
        let reach = filter.down_to.filter(|_| last.is_none());
        let looked_back_to = reach.as_ref().map(|(at, _)| Timestamp::from_millis(*at));
        let looked_through = reach.is_some().then_some(LOOKED_THROUGH_MAX);
        let next = last.or(reach).as_ref().map(written);
        let calls = calls.into_iter().map(CallFacts::from).collect();
        Ok(Self { calls, next, looked_back_to, looked_through })
    }

    /// What was found by what was said. There may be more behind the place where the search ended, and
    /// behind the `reach` of those that were regarded at all.
    fn said(found: Found, reach: Option<Place>) -> Self {
        let Found { calls, looked, is_full, down_to } = found;
        let end = down_to.or(reach);
        let told = end.as_ref().filter(|_| !is_full);
        Self {
            looked_back_to: told.map(|(at, _)| Timestamp::from_millis(*at)),
            looked_through: told.and_then(|_| i64::try_from(looked).ok()),
            next: end.as_ref().map(written),
            calls: calls.into_iter().map(CallFacts::from).collect(),
        }
    }
}
