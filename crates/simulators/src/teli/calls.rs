//! The call history: a list, a lookup and what was extracted.

use std::mem;

use serde_json::{Value, json};

use crate::faults::{BadRecord, What, sent};
use crate::server::{Answer, Asked};

use super::answers::{error, success};
use super::catalogue::{Catalogue, Entry};
use super::ids::world_id;
use super::query::Query;
use super::record::{self, Scribe};

/// `GET /v1/voice/calls`.
pub(super) fn list(
    scribe: &Scribe<'_>,
    catalogue: &Catalogue,
    asked: &Asked,
    twists: &[What],
) -> Answer {
    let settings = scribe.settings;
    let understood = asked.without_params(&settings.ignored_parameters);
    let query = match Query::read(&understood, settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let omitted = settings.omitted_status;
    let (mut entries, total) =
        catalogue.select(scribe.world, settings, &query, omitted, scribe.now);
    if twists.iter().any(|what| matches!(what, What::EmptyPage200)) {
        entries.clear();
    }
    let mut body = Vec::with_capacity(entries.len() * 1000 + 100);
    body.extend_from_slice(br#"{"success":true,"calls":["#);
    let sent = sent(twists, entries.len());
    let mut separator: &[u8] = b"";
    for nth in &sent {
        body.extend_from_slice(mem::replace(&mut separator, b","));
        body.extend_from_slice(&spoiled(twists, *nth, &catalogue.row(scribe, entries[*nth])));
    }
    let count = total.filter(|_| settings.count_is_total).unwrap_or(sent.len());
    body.extend_from_slice(format!(r#"],"count":{count},"powered_by":"Teli"}}"#).as_bytes());
    Answer::json(200, body)
}

fn spoiled(twists: &[What], nth: usize, row: &[u8]) -> Vec<u8> {
    let mut row = row.to_vec();
    for what in twists {
        let What::BadRecords(records) = what else { continue };
        for (_, how) in records.iter().filter(|(at, _)| *at == nth) {
            let mut value: Value = serde_json::from_slice(&row).unwrap_or_default();
            spoil(&mut value, *how);
            row = value.to_string().into_bytes();
        }
    }
    row
}

pub(super) fn spoil(row: &mut Value, how: BadRecord) {
    let Some(fields) = row.as_object_mut() else { return };
    match how {
        BadRecord::WithoutId => drop(fields.remove("call_id")),
        BadRecord::NullCreatedAt => {
            fields.insert("start_timestamp".to_owned(), Value::Null);
            fields.insert("created_at".to_owned(), Value::Null);
        }
        BadRecord::TextDuration => drop(fields.insert("duration_ms".to_owned(), json!("abc"))),
        BadRecord::NotAnObject => *row = json!(42),
        BadRecord::UnknownEnums => {
            fields.insert("call_status".to_owned(), json!("teleported"));
            fields.insert("direction".to_owned(), json!("sideways"));
        }
    }
}

/// `GET /v1/voice/calls/{call_id}`.
pub(super) fn get(scribe: &Scribe<'_>, catalogue: &Catalogue, id: &str) -> Answer {
    match found(scribe, catalogue, id) {
        Some(entry) => {
            let call = &scribe.world.calls()[entry.call];
            success(json!({ "call": record::detail(scribe, catalogue, entry, call) }))
        }
        None => error(404, "Call not found"),
    }
}

/// `GET /v1/voice/calls/{call_id}/extractions`.
pub(super) fn extractions(scribe: &Scribe<'_>, catalogue: &Catalogue, id: &str) -> Answer {
    let Some(entry) = found(scribe, catalogue, id) else {
        return error(404, "Call not found");
    };
    let call = &scribe.world.calls()[entry.call];
    let detail = record::detail(scribe, catalogue, entry, call);
    let fields =
        ["call_id", "extraction_config", "extracted_fields", "call_status", "call_successful"];
    let kept = fields.map(|name| (name.to_owned(), detail[name].clone()));
    success(kept.into_iter().collect::<serde_json::Map<_, _>>().into())
}

fn found<'a>(scribe: &Scribe<'_>, catalogue: &'a Catalogue, id: &str) -> Option<&'a Entry> {
    let lag = scribe.settings.detail_after_seconds * 1000;
    let entry = catalogue.entry(scribe.world, world_id(id)?)?;
    (entry.created + lag <= scribe.now).then_some(entry)
}
