//! The JSON API: the same facts as the pages, times in RFC 3339.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use domain::Timestamp;
use serde::Serialize;

use crate::calls::{CallsAsked, CallsFacts, calls_asked};
use crate::facts::{LogEntry, RunFacts, SkipFacts, Status};
use crate::failure::Failure;
use crate::run::run_id;

/// Runs listed at once.
const RUNS: i64 = 50;

/// Everything under `/api/v1`.
pub fn routes() -> Router<crate::State> {
    Router::new()
        .route("/status", get(status))
        .route("/runs", get(runs))
        .route("/runs/{id}", get(run))
        .route("/calls", get(calls))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AsOf<T> {
    as_of: Timestamp,
    #[serde(flatten)]
    what: T,
}

#[derive(Serialize)]
struct Runs {
    runs: Vec<RunFacts>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    #[serde(flatten)]
    facts: RunFacts,
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

async fn run(
    State(state): State<crate::State>,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Json<AsOf<Run>>, Failure> {
    let id = run_id(id)?;
    let as_of = state.clock.now();
    let row = state.store.run_get(id).await?.ok_or(Failure::NotFound { what: "run" })?;
    let skipped = state.store.run_skips(id).await?;
    let logs = state.store.run_log(id).await?;
    let what = Run {
        facts: RunFacts::of(row, as_of),
        skipped_calls: skipped.into_iter().map(SkipFacts::from).collect(),
        logs: logs.into_iter().map(LogEntry::from).collect(),
    };
    Ok(Json(AsOf { as_of, what }))
}

async fn calls(
    State(state): State<crate::State>,
    asked: Result<Query<CallsAsked>, QueryRejection>,
) -> Result<Json<AsOf<CallsFacts>>, Failure> {
    let asked = calls_asked(asked)?;
    let as_of = state.clock.now();
    let what = CallsFacts::load(&state, &asked).await?;
    Ok(Json(AsOf { as_of, what }))
}
