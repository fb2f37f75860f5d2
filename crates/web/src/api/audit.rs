//! Who changed what.

use axum::Json;
use axum::extract::State;
use domain::access::Area;
use schemars::JsonSchema;
use serde::Deserialize;

use super::asked::{Asked, count};
use super::route::Route;
use super::told::AsOf;
use crate::facts::AuditFacts;
use crate::failure::Failure;

/// Where it is.
pub fn routes() -> Vec<Route> {
    let list = Route::get("/audit", "List who changed what", Area::Operators, list);
    vec![list.asks::<AuditAsked>().gives::<AsOf<AuditFacts>>()]
}

/// Which changes.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuditAsked {
    /// Those before the one of this number.
    before: Option<i64>,
    /// How many, from 1 to 500.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

async fn list(
    State(state): State<crate::State>,
    Asked(asked): Asked<AuditAsked>,
) -> Result<Json<AsOf<AuditFacts>>, Failure> {
    let as_of = state.clock.now();
    let what = AuditFacts::load(&state, asked.before, count(asked.limit)?).await?;
    Ok(Json(AsOf { as_of, what }))
}
