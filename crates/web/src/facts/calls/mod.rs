//! Calls as pages and API tell them.

mod asked;

use domain::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::{CallRow, Scope};

pub use asked::{CallsAsked, PLACEMENTS, read as calls_asked};

use crate::api::Instant;
use crate::failure::Failure;

/// A page of calls.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CallsFacts {
    /// The calls, newest first.
    pub calls: Vec<CallFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    pub next: Option<String>,
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

impl CallsFacts {
    /// Reads the page that was asked for.
    pub async fn load(
        state: &crate::State,
        scope: Scope,
        asked: &CallsAsked,
    ) -> Result<Self, Failure> {
        let count = asked.count()?;
        let filter = match asked.filter(&state.store).await {
            // Which sources there are is none of an account's business.
            Err(Failure::NotFound { .. }) if scope != Scope::Operator => {
                return Ok(Self { calls: Vec::new(), next: None });
            }
            filter => filter?,
        };
        // One more than shown tells whether there is another page.
        let mut rows = state.store.calls_list(scope, &filter, count + 1).await?;
        let mut length = usize::try_from(count).unwrap_or(usize::MAX).min(rows.len());
        // Where the one more is a twin of the last, nobody has looked behind it, so there may be more.
        let has_more = rows.len() > length;
        // The next page begins after a place, so that calls of one place are on one page.
        while (1..rows.len()).contains(&length) && place(&rows[length]) == place(&rows[length - 1])
        {
            length += 1;
        }
        rows.truncate(length);
        let next = rows.last().filter(|_| has_more).map(asked::after);
        Ok(Self { calls: rows.into_iter().map(CallFacts::from).collect(), next })
    }
}

/// The place of a call in the list; calls of several sources may share one.
fn place(row: &CallRow) -> (i64, &str) {
    (row.occurred_at, &row.provider_call_id)
}
