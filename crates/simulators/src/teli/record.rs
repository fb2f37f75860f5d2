//! One call as the list, the detail and the export write it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::world::{Call, World};

use super::catalogue::{Catalogue, Entry, PROCESSED_FOR};
use super::ids::{agent_uuid, befalls, call_id, luck, voice_agent_id};
use super::settings::{AgentIds, ExportTime, Settings, TimeShape};

/// What writing a record needs to know.
pub(super) struct Scribe<'a> {
    pub(super) world: &'a World,
    pub(super) settings: &'a Settings,
    pub(super) now: i64,
}

impl Scribe<'_> {
    /// Whether time alone no longer changes the record.
    pub(super) fn is_settled(&self, entry: &Entry) -> bool {
        let settings = self.settings;
        let latest = settings
            .analysis_after_seconds
            .max(settings.recording_after_seconds)
            .max(settings.transcript_after_seconds);
        entry.closed + latest * 1000 <= self.now
    }

    /// Whether something that comes this long after the end is there.
    fn has_come(&self, entry: &Entry, after_seconds: i64) -> bool {
        entry.closed + after_seconds * 1000 <= self.now
    }

    /// Whether its row says when it began.
    pub(super) fn has_start(&self, call: &Call) -> bool {
        !befalls(&call.id, "no start", self.settings.without_start_share)
    }

    fn millis(&self, at: i64) -> Value {
        match self.settings.time_shape {
            TimeShape::Integer => at.into(),
            TimeShape::Text => at.to_string().into(),
        }
    }
}

/// Which way a call went.
pub(super) fn direction(call: &Call) -> &'static str {
    if befalls(&call.id, "direction", 0.5) { "inbound" } else { "outbound" }
}

/// The number a call came from or went to that is not the contact's.
fn own_number(call: &Call) -> String {
    format!("+1202555{:04}", 100 + luck(call.agent_id.as_deref().unwrap_or("none"), "line") % 100)
}

/// The numbers of a call, as (from, to).
fn numbers(call: &Call) -> (Value, Value) {
    let contact: Value = call.from_number.clone().into();
    match direction(call) {
        "inbound" => (contact, own_number(call).into()),
        _ => (own_number(call).into(), contact),
    }
}

/// A row of the list.
pub(super) fn row(scribe: &Scribe<'_>, catalogue: &Catalogue, entry: &Entry, call: &Call) -> Value {
    let mut row = common(scribe, entry, call);
    let tenant = call.agent_id.as_deref().unwrap_or("nobody");
    let (created, updated) = (entry.created, updated(scribe, entry, call));
    // Processing times, hours after the call, and not even in order: no client may use them.
    let processed = entry.processed();
    let has_recording = scribe.has_come(entry, scribe.settings.recording_after_seconds);
    let fields = [
        ("organization_id", agent_uuid(&scribe.world.location().id).into()),
        ("user_id", agent_uuid(&scribe.world.location().company_id).into()),
        ("tenant_id", agent_uuid(&format!("tenant {tenant}")).into()),
        ("recording_s3_key", format!("recordings/{}.wav", call_id(&call.id)).into()),
        ("recording_downloaded_at", naive(&call.id, entry.closed + 60_000)),
        ("call_started_at", naive(&call.id, processed + PROCESSED_FOR)),
        ("call_ended_at", naive(&call.id, processed)),
        ("call_analyzed_at", naive(&call.id, processed + 500)),
        ("created_at", naive(&call.id, created)),
        ("updated_at", naive(&call.id, updated)),
    ];
    for (name, value) in fields {
        let is_there = has_recording || !name.starts_with("recording_");
        row.insert(name.to_owned(), if is_there { value } else { Value::Null });
    }
    if scribe.settings.rich_rows {
        row.extend(rich(scribe, catalogue, entry, call));
    }
    finish(scribe, call, row)
}

/// The answer to a question for one call.
pub(super) fn detail(
    scribe: &Scribe<'_>,
    catalogue: &Catalogue,
    entry: &Entry,
    call: &Call,
) -> Value {
    let mut detail = common(scribe, entry, call);
    detail.extend(rich(scribe, catalogue, entry, call));
    let spoken = u64::from(call.duration);
    let extracted = extracted(scribe, entry, call);
    let keys: Vec<String> =
        call.extracted_data.as_ref().map(|_| vec!["first_name".to_owned()]).unwrap_or_default();
    let more = json!({
        "agent_version": 1,
        "transcript_object": [],
        "extracted_fields": extracted,
        "extraction_config": keys,
        "call_cost": {
            "combined_cost": spoken * 2,
            "total_duration_seconds": spoken,
            "total_duration_unit_price": 2,
            "product_costs": [],
        },
        "latency": {},
        "llm_token_usage": {},
        "metadata": {},
        "dynamic_variables": {},
        "data_storage_setting": "everything",
        "opt_in_signed_url": scribe.settings.signed_urls,
        "telephony_identifier": {},
    });
    if let Value::Object(more) = more {
        detail.extend(more);
    }
    finish(scribe, call, detail)
}

/// What list and detail both have.
fn common(scribe: &Scribe<'_>, entry: &Entry, call: &Call) -> Map<String, Value> {
    let settings = scribe.settings;
    let has_ended = scribe.now >= entry.closed;
    let is_analysed = scribe.has_come(entry, settings.analysis_after_seconds);
    let analysis = |value: Value| if is_analysed { value } else { Value::Null };
    let (voice_agent, agent) = match (&call.agent_id, settings.agent_ids) {
        (None, _) => (Value::Null, Value::Null),
        (Some(id), AgentIds::Both) => (voice_agent_id(id).into(), agent_uuid(id).into()),
        (Some(id), AgentIds::Uuid) => (Value::Null, agent_uuid(id).into()),
    };
    let start = if scribe.has_start(call) { scribe.millis(call.created_at) } else { Value::Null };
    let fields = [
        ("call_id", call_id(&call.id).into()),
        ("voice_agent_id", voice_agent),
        ("agent_id", agent),
        ("start_timestamp", start),
        ("end_timestamp", if has_ended { scribe.millis(call.ended_at()) } else { Value::Null }),
        ("call_status", entry.status(scribe.now).into()),
        ("direction", direction(call).into()),
        ("user_sentiment", analysis(sentiment(call).into())),
        ("call_successful", analysis(is_successful(call).into())),
        ("in_voicemail", analysis(false.into())),
        ("recording_url", recording_url(scribe, entry, call)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the detail has, and rich rows too.
fn rich(
    scribe: &Scribe<'_>,
    catalogue: &Catalogue,
    entry: &Entry,
    call: &Call,
) -> Map<String, Value> {
    let (from, to) = numbers(call);
    let agent = call.agent_id.as_deref().and_then(|id| catalogue.agent(id));
    let has_ended = scribe.now >= entry.closed;
    let has_words = scribe.has_come(entry, scribe.settings.transcript_after_seconds);
    let is_analysed = scribe.has_come(entry, scribe.settings.analysis_after_seconds);
    let words =
        call.transcript.to_string().replace("bot: ", "Agent: ").replace("human: ", "User: ");
    let analysis = json!({
        "call_summary": call.summary,
        "in_voicemail": false,
        "user_sentiment": sentiment(call),
        "call_successful": is_successful(call),
        "custom_analysis_data": {},
    });
    let fields = [
        ("agent_name", agent.map(|agent| agent.name.clone()).into()),
        ("call_type", "phone_call".into()),
        ("from_number", from),
        ("to_number", to),
        ("duration_ms", has_ended.then(|| i64::from(call.duration) * 1000).into()),
        ("disconnection_reason", has_ended.then_some("user_hangup").into()),
        ("transcript", if has_words { words.into() } else { Value::Null }),
        ("call_analysis", if is_analysed { analysis } else { Value::Null }),
        ("extracted_fields", extracted(scribe, entry, call)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn extracted(scribe: &Scribe<'_>, entry: &Entry, call: &Call) -> Value {
    let is_there = scribe.has_come(entry, scribe.settings.analysis_after_seconds);
    let data = call.extracted_data.as_deref().filter(|_| is_there);
    data.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!({}))
}

/// What a changed call is changed in.
fn sentiment(call: &Call) -> &'static str {
    const WORDS: [&str; 4] = ["Positive", "Negative", "Neutral", "Unknown"];
    WORDS[(luck(&call.id, "sentiment").wrapping_add(u64::from(call.edits)) % 4) as usize]
}

fn is_successful(call: &Call) -> bool {
    !luck(&call.id, "success").is_multiple_of(3)
}

fn recording_url(scribe: &Scribe<'_>, entry: &Entry, call: &Call) -> Value {
    if !scribe.has_come(entry, scribe.settings.recording_after_seconds) {
        return Value::Null;
    }
    let url = format!("https://storage.example.com/recordings/{}.wav", call_id(&call.id));
    if !scribe.settings.signed_urls {
        return url.into();
    }
    let signature = luck(&call.id, &scribe.now.to_string());
    format!("{url}?X-Amz-Date={}&X-Amz-Expires=3600&X-Amz-Signature={signature:016x}", scribe.now)
        .into()
}

/// When the row last changed: by what came late, or by an edit a minute later.
fn updated(scribe: &Scribe<'_>, entry: &Entry, call: &Call) -> i64 {
    let settings = scribe.settings;
    if !settings.bumps_updated_at {
        return entry.created;
    }
    let late = [settings.analysis_after_seconds, settings.recording_after_seconds];
    let come = late.into_iter().filter(|after| scribe.has_come(entry, *after));
    let last = come.map(|after| entry.closed + after * 1000).max();
    last.unwrap_or(entry.created).max(entry.created) + i64::from(call.edits) * 60_000
}

/// Leaves out and adds what the switches say.
fn finish(scribe: &Scribe<'_>, call: &Call, mut fields: Map<String, Value>) -> Value {
    let omitted = scribe.settings.omit_optional_share;
    fields.retain(|name, _| {
        let is_needed = matches!(
            name.as_str(),
            "call_id" | "start_timestamp" | "end_timestamp" | "created_at" | "call_status"
        );
        is_needed || name.ends_with("agent_id") || !befalls(&call.id, name, omitted)
    });
    if scribe.settings.extra_fields {
        fields.insert("hologram".to_owned(), json!({ "depth": [1, null, "deep"] }));
    }
    Value::Object(fields)
}

/// `2025-11-20T17:41:24.234773`, in UTC and without saying so.
fn naive(id: &str, at: i64) -> Value {
    let micros = at * 1000 + (luck(id, "micros") % 1000) as i64;
    let instant = Timestamp::from_microsecond(micros).unwrap_or_default();
    format!("{instant:.6}").trim_end_matches('Z').into()
}

/// The columns an export has when none are asked for.
pub(super) const USUAL_COLUMNS: &str = "call_id,start_time,duration_seconds,from_number,to_number,\
    direction,agent_name,user_sentiment,call_successful,in_voicemail,recording_url,campaign_id,\
    contact_id,transcript";

/// A row of an export, with these columns.
pub(super) fn exported(
    scribe: &Scribe<'_>,
    catalogue: &Catalogue,
    entry: &Entry,
    call: &Call,
    columns: &[&str],
) -> Value {
    let detail = detail(scribe, catalogue, entry, call);
    let iso = |at: i64| format!("{:.3}", Timestamp::from_millisecond(at).unwrap_or_default());
    let written = |at: i64| match scribe.settings.export_time {
        ExportTime::Utc => Value::from(iso(at)),
        ExportTime::Local => iso(at - 5 * 3_600_000).trim_end_matches('Z').into(),
        ExportTime::Seconds => at.div_euclid(1000).into(),
    };
    let has_ended = scribe.now >= entry.closed;
    let column = |name: &&str| {
        let value = match *name {
            "start_time" => written(call.created_at),
            "end_time" if has_ended => written(call.ended_at()),
            "duration_seconds" if has_ended => call.duration.into(),
            "contact_id" => call.contact_id.clone().into(),
            "end_time" | "duration_seconds" | "campaign_id" => Value::Null,
            other => detail.get(other).cloned().unwrap_or_default(),
        };
        ((*name).to_owned(), value)
    };
    columns.iter().map(column).collect::<Map<_, _>>().into()
}
