//! Calls: listed page by page, and one in full.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::Timestamp;
use domain::access::Area;
use engine::view::{Version, ViewError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use store::{LegRow, MoveRow};

use super::asked::Asked;
use super::instant::Instant;
use super::route::Route;
use super::told::AsOf;
use crate::facts::{CallFacts, CallsAsked, CallsFacts, Story, calls_asked};
use crate::failure::Failure;
use crate::guest::Guest;
use crate::zone::Zone;

/// Everything under `/calls`.
pub fn routes() -> Vec<Route> {
    let own = Area::Accounts;
    vec![
        Route::get("/calls", "List stored calls, newest first", own, list)
            .asks::<CallsAsked>()
            .gives::<AsOf<CallsFacts>>(),
        Route::get("/calls/{source}/{call}", "Show a call with its versions", own, show)
            .asks::<CallAsked>()
            .gives::<AsOf<CallWhole>>(),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CallAsked {
    /// With each record as the provider sent it.
    #[serde(default)]
    raw: bool,
}

/// A call in full.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CallWhole {
    #[serde(flatten)]
    call: CallFacts,
    /// Another ending that the provider told after the first.
    status_heard: Option<String>,
    campaign: Option<String>,
    /// The assignment or rule that decided; for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// Other calls that are the same conversation.
    legs: Vec<Leg>,
    /// How it went from one account to another; for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    moves: Option<Vec<Move>>,
    /// Each content it has had, oldest first.
    versions: Vec<Content>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Leg {
    source: String,
    provider: String,
    provider_call_id: String,
    #[schemars(with = "Instant")]
    occurred_at: Timestamp,
    #[serde(rename = "duration_ms")]
    duration_ms: Option<i64>,
    direction: Option<String>,
    status: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Move {
    #[schemars(with = "Instant")]
    moved_at: Timestamp,
    by: String,
    what: String,
    account_before: Option<String>,
    reason_before: String,
    account: Option<String>,
    reason: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Content {
    version: i64,
    #[schemars(with = "Instant")]
    seen_at: Timestamp,
    /// `poll`, `webhook`, `import` or `repair`.
    seen_by: String,
    /// The record as the provider sent it, letter by letter; where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    raw: Option<Box<RawValue>>,
}

impl From<LegRow> for Leg {
    fn from(row: LegRow) -> Self {
        Self {
            source: row.source,
            provider: row.provider,
            provider_call_id: row.provider_call_id,
            occurred_at: Timestamp::from_millis(row.occurred_at),
            duration_ms: row.duration_ms,
            direction: row.direction,
            status: row.status,
        }
    }
}

impl From<MoveRow> for Move {
    fn from(row: MoveRow) -> Self {
        Self {
            moved_at: Timestamp::from_millis(row.moved_at),
            by: row.changed_by,
            what: row.what,
            account_before: row.account_before,
            reason_before: row.reason_before,
            account: row.account,
            reason: row.reason,
        }
    }
}

impl Content {
    fn of(version: Version, with_raw: bool) -> Result<Self, Failure> {
        let raw = with_raw.then(|| record(&version.raw)).transpose();
        let raw = raw.map_err(|error| Failure::Defect { detail: error.to_string() })?;
        let Version { version, seen_at, seen_by, .. } = version;
        Ok(Self { version, seen_at, seen_by, raw })
    }
}

/// A record letter by letter; one that is no JSON, as a text.
fn record(raw: &[u8]) -> Result<Box<RawValue>, serde_json::Error> {
    let as_text = |_no_json| to_raw_value(&String::from_utf8_lossy(raw));
    serde_json::from_slice(raw).or_else(as_text)
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => error.into(),
            ViewError::Codec(_) => Self::Defect { detail: error.to_string() },
        }
    }
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    asked: Result<Query<CallsAsked>, QueryRejection>,
) -> Result<Json<AsOf<CallsFacts>>, Failure> {
    let asked = calls_asked(asked)?;
    let as_of = state.clock.now();
    let what = CallsFacts::load(&state, &guest, &Zone::utc(), &asked).await?;
    Ok(Json(AsOf { as_of, what }))
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    Path((source, id)): Path<(String, String)>,
    Asked(asked): Asked<CallAsked>,
) -> Result<Json<AsOf<CallWhole>>, Failure> {
    let as_of = state.clock.now();
    let Story { row, because, moves, legs, versions } =
        Story::load(&state, &guest, &source, id).await?;
    let versions = versions.into_iter().map(|version| Content::of(version, asked.raw));
    let what = CallWhole {
        status_heard: row.status_heard.clone(),
        campaign: row.campaign.clone(),
        call: row.into(),
        because,
        legs: legs.into_iter().map(Leg::from).collect(),
        moves: moves.map(|moves| moves.into_iter().map(Move::from).collect()),
        versions: versions.collect::<Result<_, _>>()?,
    };
    Ok(Json(AsOf { as_of, what }))
}
