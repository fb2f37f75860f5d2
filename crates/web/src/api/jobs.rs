//! Jobs: asking that something is done, watching it, and asking that it stops.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Area;
use domain::{JobId, JobKind, JobParameters, RunId, Timestamp};
use engine::jobs::{self, JobError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::AskedJob;

use super::asked::{Asked, Id, Named, Said, account, count, whole_opt};
use super::instant::DayOrInstant;
use super::route::Route;
use super::schedules::SendingFacts;
use super::sources::{named, named_or_only};
use super::told::AsOf;
use crate::facts::{JobFacts, RunFacts};
use crate::failure::Failure;
use crate::guest::Guest;

/// Everything under `/jobs`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::get("/jobs", "List jobs, newest first", Operators, list)
            .asks::<ListAsked>()
            .gives::<AsOf<Jobs>>(),
        Route::post("/jobs", "Ask for a sync, a comparison or a repair", Operators, ask)
            .takes::<JobSaid>()
            .makes::<JobAsked>(),
        Route::get("/jobs/{job}", "Show a job, how far it is and what came of it", Operators, show)
            .gives::<AsOf<JobWhole>>(),
        Route::post("/jobs/{job}/cancel", "Ask that a job stops", Operators, cancel)
            .gives::<JobFacts>(),
    ]
}

/// Which jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListAsked {
    /// Of the source of this name only.
    source: Option<String>,
    /// Go on after this one: what the page before named as its next.
    after: Option<i64>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

/// A page of jobs.
#[derive(Debug, Serialize, JsonSchema)]
struct Jobs {
    /// Newest first.
    jobs: Vec<JobFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    next: Option<i64>,
}

/// What is to be done.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JobSaid {
    /// The source, when there are several.
    source: Option<String>,
    kind: Kind,
    /// First instant of the span; without a span, a sync reads whatever is missing, and the others
    /// compare the last thirty days.
    #[schemars(with = "Option<DayOrInstant>")]
    from: Option<Timestamp>,
    /// First instant after the span.
    #[schemars(with = "Option<DayOrInstant>")]
    to: Option<Timestamp>,
    /// Of a sync: read and judge everything, and write nothing.
    #[serde(default)]
    dry_run: bool,
    /// Of a comparison or repair: only the calls that the rules give to this account.
    account: Option<Named>,
    /// Of a comparison or repair: keep the provider's record of each call that is missing or differs.
    #[serde(default)]
    keeps_raw: bool,
    /// Of a comparison: with what this other source holds of the same calls, and not with the
    /// provider.
    with_source: Option<String>,
    /// Of a comparison or repair: how many seconds two times or lengths may lie apart and still be
    /// the same; 1 where it is not said, and 60 between two sources.
    #[serde(default, deserialize_with = "whole_opt")]
    #[schemars(range(max = 86400))]
    tolerance_seconds: Option<u32>,
}

/// What can be asked for.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Read what is missing, or a span.
    Sync,
    /// Compare with the provider, and change nothing.
    Compare,
    /// Compare, read what was found, and compare again.
    Repair,
}

/// A job that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobAsked {
    /// Whether it is new; else the same waited already.
    pub is_new: bool,
    pub job: JobFacts,
}

/// A job with what came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct JobWhole {
    #[serde(flatten)]
    facts: JobFacts,
    /// The run that does it or did it, with its numbers.
    run: Option<RunFacts>,
    /// The report of a dry run.
    report: Option<Value>,
    /// Whom it was told, where a schedule made it.
    sendings: Vec<SendingFacts>,
}

impl From<Kind> for JobKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sync => Self::Sync,
            Kind::Compare => Self::Compare,
            Kind::Repair => Self::Repair,
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        let sentence = error.to_string();
        match error {
            JobError::Store(error) => error.into(),
            JobError::Refused(_) => Self::Unusable { sentence },
            JobError::TooMany | JobError::HasEnded { .. } => Self::Conflict { sentence },
            JobError::NoJob { .. } => Self::NotFound { what: "job" },
        }
    }
}

async fn list(
    State(state): State<crate::State>,
    Asked(asked): Asked<ListAsked>,
) -> Result<Json<AsOf<Jobs>>, Failure> {
    let as_of = state.clock.now();
    let source = match &asked.source {
        Some(name) => Some(named(&state, name).await?.id),
        None => None,
    };
    let (count, before) = (count(asked.limit)?, asked.after.map(JobId));
    let mut rows = state.store.jobs_list(source, before, count as i64 + 1, as_of).await?;
    let has_more = rows.len() > count;
    rows.truncate(count);
    let next = rows.last().filter(|_| has_more).map(|row| row.job_id);
    let jobs = rows.into_iter().map(JobFacts::of).collect();
    Ok(Json(AsOf { as_of, what: Jobs { jobs, next } }))
}

async fn ask(
    State(state): State<crate::State>,
    guest: Guest,
    Said(said): Said<JobSaid>,
) -> Result<(StatusCode, Json<JobAsked>), Failure> {
    let source = named_or_only(&state, said.source.as_deref()).await?;
    let account = match &said.account {
        Some(named) => Some(account(&state, &guest, named).await?.id),
        None => None,
    };
    let with_source = match &said.with_source {
        Some(name) => Some(named(&state, name).await?.id),
        None => None,
    };
    let JobSaid { from, to, dry_run, keeps_raw, tolerance_seconds, .. } = said;
    let parameters = JobParameters {
        from,
        to,
        account,
        dry_run,
        keeps_raw,
        with_source,
        tolerance_seconds: tolerance(tolerance_seconds)?,
        ..JobParameters::default()
    };
    let (store, now) = (&state.store, state.clock.now());
    let what = (said.kind.into(), &parameters);
    let asked = jobs::ask(store, source.id, what, &guest.by(), now).await?;
    let row = store.job_get(asked.id(), now).await?.ok_or(Failure::NotFound { what: "job" })?;
    let is_new = matches!(asked, AskedJob::New(_));
    Ok((StatusCode::CREATED, Json(JobAsked { is_new, job: JobFacts::of(row) })))
}

/// Two calls a day apart are two calls.
fn tolerance(said: Option<u32>) -> Result<Option<u32>, Failure> {
    const MAX: u32 = 86_400;
    if said.is_some_and(|seconds| seconds > MAX) {
        let sentence = format!("toleranceSeconds is at most {MAX}, which is a day.");
        return Err(Failure::Unusable { sentence });
    }
    Ok(said)
}

async fn show(
    State(state): State<crate::State>,
    Id(id): Id,
) -> Result<Json<AsOf<JobWhole>>, Failure> {
    let as_of = state.clock.now();
    let row = state.store.job_get(JobId(id), as_of).await?;
    let row = row.ok_or(Failure::NotFound { what: "job" })?;
    let run = match row.run_id {
        Some(run) => state.store.run_get(RunId(run)).await?,
        None => None,
    };
    let run = run.map(|run| RunFacts::of(run, as_of));
    let report = JobFacts::report(&row);
    let sendings = state.store.sendings_of(JobId(id)).await?;
    let sendings = sendings.into_iter().map(SendingFacts::from).collect();
    let facts = JobFacts::of(row);
    Ok(Json(AsOf { as_of, what: JobWhole { facts, run, report, sendings } }))
}

async fn cancel(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
) -> Result<Json<JobFacts>, Failure> {
    let now = state.clock.now();
    let row = jobs::cancel(&state.store, JobId(id), &guest.by(), now).await?;
    Ok(Json(JobFacts::of(row)))
}
