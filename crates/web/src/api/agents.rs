//! Agents: who handles calls at the provider, and whose calls those are.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use domain::Timestamp;
use domain::access::Area;
use engine::agents::{listed_at, state as standing};
use schemars::JsonSchema;
use serde::Serialize;
use store::AgentRow;

use super::asked::{Asked, page};
use super::instant::Instant;
use super::route::Route;
use super::sources::{OfSourceAsked, named_or_all};
use super::told::AsOf;
use crate::failure::Failure;

/// Everything under `/agents`.
pub fn routes() -> Vec<Route> {
    let summary = "List agents with their account and number of calls";
    vec![
        Route::get("/agents", summary, Area::Operators, list)
            .asks::<OfSourceAsked>()
            .gives::<AsOf<Agents>>(),
    ]
}

/// A page of agents.
#[derive(Debug, Serialize, JsonSchema)]
struct Agents {
    /// By id.
    agents: Vec<AgentFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    next: Option<i64>,
}

/// An agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AgentFacts {
    id: i64,
    source: String,
    name: String,
    provider_agent_id: String,
    /// The account it is assigned to now.
    account: Option<String>,
    /// Calls that name it, whoever they belong to.
    calls: u64,
    /// `active`, `deleted` or `not listed`, as far as the provider's lists say.
    state: &'static str,
    /// When the provider's list last had it; none where no list ever had.
    #[schemars(with = "Option<Instant>")]
    last_listed_at: Option<Timestamp>,
    /// When the provider's whole list no longer had it.
    #[schemars(with = "Option<Instant>")]
    gone_at: Option<Timestamp>,
}

impl AgentFacts {
    fn of(source: &str, row: AgentRow, calls: &HashMap<String, u64>) -> Self {
        Self {
            state: standing(&row),
            last_listed_at: listed_at(&row),
            calls: calls.get(&row.provider_agent_id).copied().unwrap_or(0),
            id: row.agent_id,
            source: source.to_owned(),
            name: row.name,
            provider_agent_id: row.provider_agent_id,
            account: row.account,
            gone_at: row.gone_at.map(Timestamp::from_millis),
        }
    }
}

async fn list(
    State(state): State<crate::State>,
    Asked(asked): Asked<OfSourceAsked>,
) -> Result<Json<AsOf<Agents>>, Failure> {
    let as_of = state.clock.now();
    let mut agents = Vec::new();
    for source in named_or_all(&state, asked.source.as_deref()).await? {
        let rows = state.store.agents_list(source.id, as_of).await?;
        let calls = state.store.agent_calls(source.id, None).await?;
        agents.extend(rows.into_iter().map(|row| AgentFacts::of(&source.name, row, &calls)));
    }
    agents.sort_by_key(|agent| agent.id);
    let (agents, next) = page(agents, asked.after, asked.limit, |agent| agent.id)?;
    Ok(Json(AsOf { as_of, what: Agents { agents, next } }))
}
