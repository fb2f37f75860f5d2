//! Where everything stands, and the runs that brought it there.

use axum::Json;
use axum::extract::State;
use domain::RunId;
use domain::access::Area;
use schemars::JsonSchema;
use serde::Serialize;

use super::asked::Id;
use super::route::Route;
use super::told::AsOf;
use crate::facts::{LogEntry, ResponseFacts, RunFacts, SkipFacts, Status};
use crate::failure::Failure;

/// Runs listed at once.
const RUNS: i64 = 50;

/// Everything under `/status` and `/runs`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::get("/status", "Say where every call stands", Operators, status).gives::<Status>(),
        Route::get("/runs", "List the latest runs", Operators, runs).gives::<AsOf<Runs>>(),
        Route::get("/runs/{run}", "Show a run with its log", Operators, run).gives::<AsOf<Run>>(),
    ]
}

#[derive(Serialize, JsonSchema)]
struct Runs {
    /// The latest, newest first.
    runs: Vec<RunFacts>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Run {
    #[serde(flatten)]
    facts: RunFacts,
    /// What came back while it went on, as far as it was recorded.
    response: ResponseFacts,
    /// Calls it could not place and records it could not read, as far as they are kept in detail.
    skipped_calls: Vec<SkipFacts>,
    logs: Vec<LogEntry>,
}

async fn status(State(state): State<crate::State>) -> Result<Json<Status>, Failure> {
    Ok(Json(Status::load(&state).await?))
}

async fn runs(State(state): State<crate::State>) -> Result<Json<AsOf<Runs>>, Failure> {
    let as_of = state.clock.now();
    let rows = state.store.runs_list(None, RUNS).await?;
    let runs = rows.into_iter().map(|row| RunFacts::of(row, as_of)).collect();
    Ok(Json(AsOf { as_of, what: Runs { runs } }))
}

async fn run(State(state): State<crate::State>, Id(id): Id) -> Result<Json<AsOf<Run>>, Failure> {
    let id = RunId(id);
    let as_of = state.clock.now();
    let row = state.store.run_get(id).await?.ok_or(Failure::NotFound { what: "run" })?;
    let pages = state.store.run_pages(id).await?;
    let response = ResponseFacts::of(row.response.as_deref(), &pages);
    let skipped = state.store.run_skips(id).await?;
    let logs = state.store.run_log(id).await?;
    let what = Run {
        facts: RunFacts::of(row, as_of),
        response,
        skipped_calls: skipped.into_iter().map(SkipFacts::from).collect(),
        logs: logs.into_iter().map(LogEntry::from).collect(),
    };
    Ok(Json(AsOf { as_of, what }))
}
