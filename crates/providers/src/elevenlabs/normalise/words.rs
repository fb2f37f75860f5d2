//! What was said, and what the provider made of it.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::elevenlabs::wire::Object;
use crate::json::{free_form, id_text};

/// The transcript as lines of `agent: …` and `user: …`. A turn without words, such as one that
/// only uses a tool, is left out.
pub(super) fn transcript(detail: &Object<'_>) -> Option<String> {
    let mut lines = String::new();
    for turn in detail.list("transcript") {
        let Ok(turn) = Object::read(turn.get()) else { continue };
        let (Some(role), Some(message)) = (turn.words("role"), turn.words("message")) else {
            continue;
        };
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.extend([role.as_ref(), ": ", message.trim()]);
    }
    (!lines.is_empty()).then_some(lines)
}

/// What the agent was told to find out, by its names; what was not found is left out.
pub(super) fn extracted(analysis: &Object<'_>) -> Option<Value> {
    let results = analysis.get("data_collection_results").map(RawValue::get);
    let by_name = results.and_then(|map| Object::read(map).ok()).unwrap_or_default();
    let mut named: Map<String, Value> =
        by_name.fields().filter_map(|(name, raw)| Some((name.to_owned(), value(raw)?))).collect();
    // The same may come as a list, whose entries name themselves.
    for raw in analysis.list("data_collection_results_list") {
        let result = Object::read(raw.get()).unwrap_or_default();
        let name = result.get("data_collection_id").and_then(id_text);
        if let (Some(name), Some(value)) = (name, value(raw)) {
            named.entry(name).or_insert(value);
        }
    }
    (!named.is_empty()).then_some(Value::Object(named))
}

fn value(result: &RawValue) -> Option<Value> {
    Object::read(result.get()).ok()?.get("value").and_then(free_form)
}
