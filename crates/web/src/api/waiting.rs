//! The waiting room: which calls wait, for what, since when, and what ends it.

use axum::Json;
use axum::extract::State;
use domain::access::Area;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Scope;

use super::asked::Asked;
use super::route::Route;
use super::sources::named_or_all;
use super::told::AsOf;
use crate::facts::WaitingFor;
use crate::failure::Failure;

/// Everything under `/waiting`.
pub fn routes() -> Vec<Route> {
    let summary = "List what calls wait for, since when, and what ends it";
    vec![
        Route::get("/waiting", summary, Area::Operators, list)
            .asks::<WaitingAsked>()
            .gives::<AsOf<Waiting>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WaitingAsked {
    /// Of the source of this name only.
    source: Option<String>,
}

/// All that calls wait for.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    /// By source, most first.
    waiting: Vec<WaitingAt>,
}

/// Calls of a source that wait for the same thing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WaitingAt {
    source: String,
    #[serde(flatten)]
    group: WaitingFor,
    /// How long the oldest of them has waited.
    #[serde(rename = "age_ms")]
    age_ms: u64,
    /// The route that ends it; none where only the provider can.
    solved_by: Option<&'static str>,
}

async fn list(
    State(state): State<crate::State>,
    Asked(asked): Asked<WaitingAsked>,
) -> Result<Json<AsOf<Waiting>>, Failure> {
    let as_of = state.clock.now();
    let mut waiting = Vec::new();
    for source in named_or_all(&state, asked.source.as_deref()).await? {
        for group in state.store.waiting_groups(Scope::Operator, source.id).await? {
            let group = WaitingFor::of(&source.name, group);
            let age = as_of.since(group.oldest).as_millis();
            waiting.push(WaitingAt {
                source: source.name.clone(),
                solved_by: solved_by(&group.reason),
                age_ms: u64::try_from(age).unwrap_or(u64::MAX),
                group,
            });
        }
    }
    Ok(Json(AsOf { as_of, what: Waiting { waiting } }))
}

fn solved_by(reason: &str) -> Option<&'static str> {
    use domain::WaitingReason as R;
    match reason.parse().ok()? {
        // What names no agent is placed by its number, its campaign or its source.
        R::AgentNotAssignedToUser | R::AgentNotInSystem | R::NoAgentIdInCall => {
            Some("POST /api/v1/assignments")
        }
        R::ContactNotFound => Some("POST /api/v1/contacts"),
        R::ContactAmbiguous => Some("POST /api/v1/contacts/{contact}/merge"),
        R::NoPhoneInCall => None,
    }
}
