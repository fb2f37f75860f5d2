//! A call for programs.

use domain::Timestamp;
use serde_json::{Value, json};
use store::{CallRow, parts};

/// Everything a list knows of it.
pub fn as_json(call: &CallRow) -> Value {
    let tags: Vec<&str> = call.tags.split_whitespace().collect();
    let has = |part: i64| call.parts & part != 0;
    let instant = |millis| Timestamp::from_millis(millis).to_string();
    json!({
        "source": call.source, "providerCallId": call.provider_call_id,
        "occurredAt": instant(call.occurred_at), "occurredText": call.occurred_text,
        "duration_ms": call.duration_ms, "direction": call.direction, "status": call.status,
        "statusHeard": call.status_heard,
        "from": call.from_e164, "fromRaw": call.from_raw, "to": call.to_e164, "toRaw": call.to_raw,
        "agent": call.agent, "providerAgentId": call.provider_agent_id,
        "providerContactId": call.provider_contact_id, "account": call.account,
        "placement": call.placement, "reason": call.reason, "tags": tags,
        "hasRecording": has(parts::RECORDING), "hasTranscript": has(parts::TRANSCRIPT),
        "hasSummary": has(parts::SUMMARY), "hasExtracted": has(parts::EXTRACTED),
        "version": call.version, "firstSeenAt": instant(call.first_seen_at),
        "firstSeenBy": call.first_seen_by, "changedAt": instant(call.changed_at),
    })
}
