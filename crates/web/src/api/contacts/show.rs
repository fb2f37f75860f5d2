//! One contact with its history: its calls, each with its transcript as a message.

use axum::Json;
use axum::extract::State;
use domain::{ContactId, Timestamp};
use engine::contacts::{History, HistoryError, Message, history};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::seen;
use crate::api::asked::{Asked, Id, count};
use crate::api::instant::Instant;
use crate::api::told::AsOf;
use crate::failure::Failure;
use crate::guest::Guest;

/// How much of the history.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryAsked {
    /// How many of its calls, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

/// A contact with its history.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactWhole {
    id: i64,
    account: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    /// The number its calls told, as opposed to those it is found by.
    phone: Option<String>,
    appointment_time: Option<String>,
    day: Option<String>,
    month: Option<String>,
    /// Whatever else was said or extracted.
    custom: Map<String, Value>,
    /// In E.164.
    phones: Vec<String>,
    /// Ids that other systems gave out.
    external_ids: Vec<External>,
    /// The contacts merged into it.
    merged: Vec<i64>,
    /// The contact it was merged into.
    merged_into: Option<i64>,
    #[schemars(with = "Instant")]
    created_at: Timestamp,
    /// Who made it; for operators, and where it was whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[schemars(with = "Instant")]
    changed_at: Timestamp,
    #[schemars(with = "Option<Instant>")]
    erased_at: Option<Timestamp>,
    /// How many calls there are.
    calls: i64,
    /// The latest of them, newest first.
    history: Vec<Heard>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct External {
    kind: String,
    id: String,
}

/// One call on a contact's history.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Heard {
    #[schemars(with = "Instant")]
    at: Timestamp,
    source: String,
    provider_call_id: String,
    direction: Option<String>,
    status: String,
    #[serde(rename = "duration_ms")]
    duration_ms: Option<i64>,
    agent: Option<String>,
    account: Option<String>,
    /// `external_id` or `phone`.
    found_by: Option<String>,
    #[schemars(with = "Option<Instant>")]
    erased_at: Option<Timestamp>,
    /// What was said in it.
    message: Option<String>,
    /// What its agent extracted.
    extracted: Option<Value>,
}

impl From<Message> for Heard {
    fn from(message: Message) -> Self {
        let Message { call, transcript, extracted } = message;
        Self {
            at: Timestamp::from_millis(call.occurred_at),
            source: call.source,
            provider_call_id: call.provider_call_id,
            direction: call.direction,
            status: call.status,
            duration_ms: call.duration_ms,
            agent: call.agent,
            account: call.account,
            found_by: call.contact_by,
            erased_at: call.erased_at.map(Timestamp::from_millis),
            message: transcript,
            extracted,
        }
    }
}

impl ContactWhole {
    fn of(guest: &Guest, account: String, history: History) -> Self {
        let History { family, fields, phones, ids, calls, messages } = history;
        let row = &family[0];
        let text = |name: &str| fields.text(name);
        Self {
            id: row.id.0,
            account,
            first_name: text("first_name"),
            last_name: text("last_name"),
            email: text("email"),
            phone: text("phone"),
            appointment_time: text("appointment_time"),
            day: text("day"),
            month: text("month"),
            custom: fields.custom().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            phones,
            external_ids: ids.into_iter().map(|(kind, id)| External { kind, id }).collect(),
            merged: family.iter().skip(1).map(|row| row.id.0).collect(),
            merged_into: row.merged_into.map(|into| into.0),
            created_at: Timestamp::from_millis(row.created_at),
            created_by: guest.may_know(row.created_by.clone()),
            changed_at: Timestamp::from_millis(row.changed_at),
            erased_at: row.erased_at.map(Timestamp::from_millis),
            calls,
            history: messages.into_iter().map(Heard::from).collect(),
        }
    }
}

/// Shows it.
pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(asked): Asked<HistoryAsked>,
) -> Result<Json<AsOf<ContactWhole>>, Failure> {
    let as_of = state.clock.now();
    let count = count(asked.limit)? as i64;
    let row = seen(&state, &guest, id).await?;
    let read = |source: &str, record: &[u8]| (state.read)(source, record);
    let found = history(&state.store, guest.scope(), ContactId(id), count, read).await;
    let history = found.map_err(|error| match error {
        HistoryError::Contact(error) => error.into(),
        HistoryError::View(error) => Failure::from(error),
    })?;
    let accounts = state.store.accounts_list().await?;
    let account = accounts.into_iter().find(|account| account.id == row.account);
    let account = account.map(|account| account.name).unwrap_or_default();
    Ok(Json(AsOf { as_of, what: ContactWhole::of(&guest, account, history) }))
}
