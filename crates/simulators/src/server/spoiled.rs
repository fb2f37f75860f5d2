//! Records of single calls, spoiled in whatever answer has them.

use std::collections::HashMap;

use serde_json::Value;

use crate::faults::BadRecord;

use super::Provider;
use super::message::Answer;

/// The answer with the records of these calls spoiled.
pub(super) fn spoiled(
    mut answer: Answer,
    provider: &dyn Provider,
    calls: &HashMap<String, BadRecord>,
) -> Answer {
    if calls.is_empty() {
        return answer;
    }
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        look_into(&mut body, provider, calls);
        answer.body = body.to_string().into();
    }
    answer
}

fn look_into(value: &mut Value, provider: &dyn Provider, calls: &HashMap<String, BadRecord>) {
    let id = value.get(provider.id_key()).and_then(Value::as_str);
    if let Some(how) = id.and_then(|id| calls.get(id)) {
        provider.spoil(value, *how);
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values {
                look_into(value, provider, calls);
            }
        }
        Value::Object(fields) => {
            for value in fields.values_mut() {
                look_into(value, provider, calls);
            }
        }
        _ => {}
    }
}
