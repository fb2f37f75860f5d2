//! Schedules of comparisons, and what was told of them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Timestamp;
use domain::access::Area;
use engine::schedules::{self, ScheduleAsked, ScheduleError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AskedJob, ScheduleRow, SendingRow};

use super::asked::{Id, Named, Said, account, whole_opt};
use super::instant::Instant;
use super::jobs::JobAsked;
use super::route::Route;
use super::sources::named_or_only;
use super::told::AsOf;
use crate::facts::JobFacts;
use crate::failure::Failure;
use crate::guest::Guest;

/// Everything under `/schedules`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::get("/schedules", "List schedules of comparisons", Operators, list)
            .gives::<AsOf<Schedules>>(),
        Route::post("/schedules", "Compare a source by itself from now on", Operators, add)
            .takes::<ScheduleSaid>()
            .makes::<ScheduleFacts>(),
        Route::delete("/schedules/{schedule}", "Take a schedule away", Operators, remove)
            .gives::<ScheduleFacts>(),
        Route::post("/schedules/{schedule}/pause", "Pause a schedule", Operators, pause)
            .gives::<ScheduleFacts>(),
        Route::post("/schedules/{schedule}/resume", "Let a schedule go on", Operators, resume)
            .gives::<ScheduleFacts>(),
        Route::post("/schedules/{schedule}/run", "Compare by a schedule now", Operators, run)
            .makes::<JobAsked>(),
    ]
}

/// Every schedule.
#[derive(Debug, Serialize, JsonSchema)]
struct Schedules {
    /// By name.
    schedules: Vec<ScheduleFacts>,
}

/// A schedule of comparisons. What it made is under `/jobs`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ScheduleFacts {
    id: i64,
    name: String,
    source: String,
    /// Whose calls are compared; the source's where it is none.
    account_id: Option<i64>,
    account: Option<String>,
    cron: String,
    time_zone: String,
    /// How many days each comparison covers, back from when it is due.
    days: i64,
    /// Whether what is found is repaired.
    repairs: bool,
    send_to: Vec<String>,
    paused: bool,
    /// When it comes next; none while it is paused.
    #[schemars(with = "Option<Instant>")]
    next_at: Option<Timestamp>,
    /// The newest occurrence that was made.
    #[schemars(with = "Option<Instant>")]
    last_due_at: Option<Timestamp>,
    #[schemars(with = "Instant")]
    created_at: Timestamp,
    created_by: String,
}

/// A schedule to be kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ScheduleSaid {
    name: String,
    /// The source, when there are several.
    source: Option<String>,
    /// Only the calls that the rules give to this account.
    account: Option<Named>,
    /// When, in the five fields of crontab(5): `0 6 * * mon` is each Monday at six.
    cron: String,
    /// The zone of these times; UTC where it is not said.
    time_zone: Option<String>,
    /// How many days each comparison covers, from 1 to 366; 7 where it is not said.
    #[serde(default, deserialize_with = "whole_opt")]
    #[schemars(range(min = 1, max = 366))]
    days: Option<u32>,
    /// Read again what is missing or differs.
    #[serde(default)]
    repairs: bool,
    /// https addresses and mail addresses, twenty at most.
    #[serde(default)]
    send_to: Vec<String>,
}

/// What was told to one address.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendingFacts {
    send_to: String,
    /// `waiting`, `sent` or `failed`.
    status: String,
    attempts: i64,
    #[schemars(with = "Option<Instant>")]
    tried_at: Option<Timestamp>,
    /// When it is tried next.
    #[schemars(with = "Option<Instant>")]
    next_at: Option<Timestamp>,
    /// What the other side said when it failed.
    error: Option<String>,
}

impl From<SendingRow> for SendingFacts {
    fn from(row: SendingRow) -> Self {
        let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let (tried_at, next_at) = (at(row.tried_at), at(row.next_at));
        let SendingRow { send_to, status, attempts, error, .. } = row;
        Self { send_to, status, attempts, tried_at, next_at, error }
    }
}

impl ScheduleFacts {
    fn of(row: ScheduleRow, now: Timestamp) -> Self {
        Self {
            send_to: schedules::addresses(&row),
            next_at: schedules::next(&row, now),
            id: row.schedule_id,
            name: row.name,
            source: row.source,
            account_id: row.account_id,
            account: row.account,
            cron: row.cron,
            time_zone: row.time_zone,
            days: row.span_days,
            repairs: row.repairs != 0,
            paused: row.is_paused != 0,
            last_due_at: row.last_due_at.map(Timestamp::from_millis),
            created_at: Timestamp::from_millis(row.created_at),
            created_by: row.created_by,
        }
    }
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        let sentence = error.to_string();
        match error {
            ScheduleError::Store(error) => error.into(),
            ScheduleError::NameTaken { .. } => Self::Conflict { sentence },
            ScheduleError::NoSchedule { .. } => Self::NotFound { what: "schedule" },
            ScheduleError::NoName
            | ScheduleError::NoTimes { .. }
            | ScheduleError::NoSpan
            | ScheduleError::NoAddress(_)
            | ScheduleError::TooManyAddresses => Self::Unusable { sentence },
        }
    }
}

async fn list(State(state): State<crate::State>) -> Result<Json<AsOf<Schedules>>, Failure> {
    let as_of = state.clock.now();
    let rows = state.store.schedules_list().await?;
    let schedules = rows.into_iter().map(|row| ScheduleFacts::of(row, as_of)).collect();
    Ok(Json(AsOf { as_of, what: Schedules { schedules } }))
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Said(said): Said<ScheduleSaid>,
) -> Result<(StatusCode, Json<ScheduleFacts>), Failure> {
    let source = named_or_only(&state, said.source.as_deref()).await?;
    let account = match &said.account {
        Some(named) => Some(account(&state, &guest, named).await?.id),
        None => None,
    };
    let asked = ScheduleAsked {
        name: said.name,
        source,
        account,
        cron: said.cron,
        time_zone: said.time_zone.unwrap_or_else(|| "UTC".to_owned()),
        span_days: said.days.unwrap_or(7),
        repairs: said.repairs,
        send_to: said.send_to,
    };
    let now = state.clock.now();
    let row = schedules::add(&state.store, &asked, &guest.by(), now).await?;
    Ok((StatusCode::CREATED, Json(ScheduleFacts::of(row, now))))
}

async fn known(state: &crate::State, id: i64) -> Result<ScheduleRow, Failure> {
    state.store.schedule_get(id).await?.ok_or(Failure::NotFound { what: "schedule" })
}

async fn remove(
    State(state): State<crate::State>,
    Id(id): Id,
) -> Result<Json<ScheduleFacts>, Failure> {
    let row = known(&state, id).await?;
    schedules::remove(&state.store, &row).await?;
    Ok(Json(ScheduleFacts::of(row, state.clock.now())))
}

async fn pause(state: State<crate::State>, id: Id) -> Result<Json<ScheduleFacts>, Failure> {
    pauses(state, id, true).await
}

async fn resume(state: State<crate::State>, id: Id) -> Result<Json<ScheduleFacts>, Failure> {
    pauses(state, id, false).await
}

async fn pauses(
    State(state): State<crate::State>,
    Id(id): Id,
    pauses: bool,
) -> Result<Json<ScheduleFacts>, Failure> {
    let now = state.clock.now();
    schedules::pause(&state.store, &known(&state, id).await?, pauses, now).await?;
    Ok(Json(ScheduleFacts::of(known(&state, id).await?, now)))
}

async fn run(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
) -> Result<(StatusCode, Json<JobAsked>), Failure> {
    let (store, now) = (&state.store, state.clock.now());
    let asked = schedules::run(store, &known(&state, id).await?, &guest.by(), now).await?;
    let row = store.job_get(asked.id(), now).await?.ok_or(Failure::NotFound { what: "job" })?;
    let is_new = matches!(asked, AskedJob::New(_));
    Ok((StatusCode::CREATED, Json(JobAsked { is_new, job: JobFacts::of(row) })))
}
