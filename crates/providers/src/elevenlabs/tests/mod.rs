//! What this provider promises, against answers as documented and answers as feared.

mod examine;
mod records;
mod refusals;
mod states;
mod walk;

use domain::RetryPolicy;
use serde_json::{Value, json};

use super::{Client, Elevenlabs, Settings};
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Reply, Server};
use crate::{Credential, Tuning};

const NOON: &str = "2026-03-01T12:00:00Z";

/// Noon in seconds.
const START: i64 = 1_772_366_400;

fn connect_with(server: &Server, settings: Settings) -> Elevenlabs {
    let settings = Settings { base_url: server.url.clone(), ..settings };
    let retry = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
    let tuning = Tuning { retry, rate: Some(Rate::Unlimited), ..Tuning::default() };
    let key = Credential::PrivateToken("sk_1".into());
    let client = Client::new(settings, key, tuning, HandClock::at(NOON), &Budgets::new());
    Elevenlabs::new(client.unwrap())
}

fn connect(server: &Server) -> Elevenlabs {
    connect_with(server, Settings::default())
}

fn reply(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

/// A row as documented.
fn row(id: &str, start: i64) -> Value {
    json!({
        "agent_id": "agent_1", "conversation_id": id, "start_time_unix_secs": start,
        "call_duration_secs": 22, "message_count": 3, "status": "done",
        "call_successful": "success", "direction": "outbound",
        "conversation_initiation_source": "twilio", "cost": 296, "termination_reason": "",
        "transcript_summary": "Asked about prices.",
    })
}

/// A detail as documented.
fn detail(id: &str) -> Value {
    json!({
        "agent_id": "agent_1", "conversation_id": id, "status": "done", "has_audio": true,
        "has_user_audio": true, "has_response_audio": true,
        "transcript": [
            { "role": "agent", "message": "Hello", "time_in_call_secs": 0 },
            { "role": "agent", "message": null, "time_in_call_secs": 1, "tool_calls": [{}] },
            { "role": "user", "message": " Hi there ", "time_in_call_secs": 2 },
        ],
        "metadata": {
            "start_time_unix_secs": START, "call_duration_secs": 22, "cost": 296,
            "termination_reason": "", "error": null,
            "batch_call": { "batch_call_id": "btcal_1", "batch_call_recipient_id": "rcpt_1" },
            "phone_call": {
                "type": "twilio", "direction": "outbound", "phone_number_id": "phnum_1",
                "agent_number": "+12125550100", "external_number": "+12015550123",
                "call_result": "answered", "stream_sid": "MZ1",
                "call_sid": "CA0123456789abcdef0123456789abcdef",
            },
        },
        "analysis": {
            "evaluation_criteria_results": {}, "call_successful": "success",
            "transcript_summary": "Asked about prices.",
            "data_collection_results": {
                "name": { "data_collection_id": "name", "value": "Ann", "rationale": "Said so." },
                "age": { "data_collection_id": "age", "value": null, "rationale": "Not said." },
            },
        },
        "conversation_initiation_client_data": { "dynamic_variables": {} },
    })
}
