//! Rows and details of conversations.

use serde_json::{Map, Value, json};

use crate::world::{Call, World, line_sid};

use super::story::{State, Story, agent_id};

/// An agent that no call of the world names.
pub(super) const SPARE_AGENT: &str = "000000000000000000000000";

/// One row of the list.
pub(super) fn row(story: &Story<'_>, with_summary: bool) -> Value {
    let call = story.call;
    let turns = turns(story);
    let user = turns.iter().filter(|turn| turn["role"] == "user").count();
    let mut row = json!({
        "agent_id": agent(call),
        "agent_name": null,
        "conversation_id": story.id(),
        "start_time_unix_secs": story.start(),
        "call_duration_secs": shown_seconds(story),
        "message_count": turns.len(),
        "user_message_count": user,
        "agent_message_count": turns.len() - user,
        "status": state(story),
        "call_successful": successful(story),
        "transcript_summary": null,
        "call_summary_title": null,
        "main_language": "en",
        "conversation_initiation_source": source(story),
        "tool_names": [],
        "direction": direction(story),
        "rating": rating(call),
        "cost": cost(story),
        "termination_reason": termination(story),
        "tag_ids": [],
    });
    if story.is_emptied() {
        // The count fields of conversations whose transcript was deleted are null.
        row["user_message_count"] = Value::Null;
        row["agent_message_count"] = Value::Null;
    } else if with_summary && story.state() == State::Done {
        row["transcript_summary"] = call.summary.as_str().into();
    }
    unknown_fields(story, &mut row);
    row
}

/// One conversation whole.
pub(super) fn detail(story: &Story<'_>, world: &World) -> Value {
    let call = story.call;
    let has_audio = story.state() == State::Done && !story.is_emptied();
    let mut detail = json!({
        "agent_id": agent(call),
        "conversation_id": story.id(),
        "status": state(story),
        "user_id": null,
        "branch_id": null,
        "transcript": turns(story),
        "metadata": metadata(story, world),
        "analysis": analysis(story),
        "has_audio": has_audio,
        "has_user_audio": has_audio,
        "has_response_audio": has_audio,
        "conversation_initiation_client_data": {
            "conversation_config_override": {},
            "custom_llm_extra_body": {},
            "dynamic_variables": variables(story),
            "source_info": { "source": null, "version": null },
        },
        "environment": "production",
        "tag_ids": [],
    });
    if story.settings.auxiliary_audio {
        detail["has_auxiliary_audio"] = false.into();
    }
    unknown_fields(story, &mut detail);
    detail
}

fn agent(call: &Call) -> String {
    agent_id(call.agent_id.as_deref().unwrap_or(SPARE_AGENT))
}

fn state(story: &Story<'_>) -> &'static str {
    let is_odd = story.settings.unknown_values && story.share("odd state") < 0.2;
    if is_odd { "archived" } else { story.state().word() }
}

fn shown_seconds(story: &Story<'_>) -> u32 {
    if story.state().has_ended() { story.seconds() } else { 0 }
}

fn successful(story: &Story<'_>) -> &'static str {
    match story.state() {
        State::Done if story.share("success") < 0.7 => "success",
        State::Done | State::Failed => "failure",
        _ => "unknown",
    }
}

fn source(story: &Story<'_>) -> &'static str {
    if story.is_by_phone() { "twilio" } else { "widget" }
}

fn direction(story: &Story<'_>) -> Value {
    match (story.is_by_phone(), story.is_outbound()) {
        (false, _) => Value::Null,
        (true, true) => "outbound".into(),
        (true, false) => "inbound".into(),
    }
}

/// What people said of the call afterwards: how often it was changed, at most five stars.
fn rating(call: &Call) -> Value {
    if call.edits == 0 { Value::Null } else { call.edits.min(5).into() }
}

fn cost(story: &Story<'_>) -> Value {
    if story.has_cost() { (story.seconds() * 13 + 10).into() } else { Value::Null }
}

fn termination(story: &Story<'_>) -> &'static str {
    if story.is_broken() { "This request exceeds your quota limit." } else { "" }
}

fn metadata(story: &Story<'_>, world: &World) -> Value {
    let mut metadata = json!({
        "start_time_unix_secs": story.start(),
        "accepted_time_unix_secs": story.start() + story.settings.set_up_seconds,
        "call_duration_secs": shown_seconds(story),
        "cost": cost(story),
        "deletion_settings": deletion(story),
        "feedback": { "overall_score": rating(story.call), "likes": 0, "dislikes": 0 },
        "authorization_method": "authorization_header",
        "conversation_initiation_source": source(story),
        "charging": { "tier": "pro" },
        "termination_reason": termination(story),
        "error": null,
        "main_language": "en",
        "text_only": false,
        "warnings": [],
        "phone_call": phone_call(story, world),
        "batch_call": null,
    });
    if story.is_broken() {
        metadata["error"] = json!({ "code": 1002, "reason": termination(story) });
    }
    if story.is_of_batch() {
        metadata["batch_call"] = json!({
            "batch_call_id": super::batches::batch_id(story),
            "batch_call_recipient_id": super::batches::recipient_id(story),
        });
    }
    metadata
}

fn deletion(story: &Story<'_>) -> Value {
    let seconds = story.settings.retention_seconds;
    let at = seconds.map(|seconds| story.ended_at() / 1000 + seconds);
    let deleted = at.filter(|_| story.is_emptied() && story.settings.deletion_is_said);
    json!({
        "deletion_time_unix_secs": at,
        "deleted_logs_at_time_unix_secs": deleted,
        "deleted_audio_at_time_unix_secs": deleted,
        "deleted_transcript_at_time_unix_secs": deleted,
        "delete_transcript_and_pii": true,
        "delete_audio": true,
    })
}

/// Null when the agent was reached without a line.
fn phone_call(story: &Story<'_>, world: &World) -> Value {
    let Some(external) = story.call.from_number.as_deref() else { return Value::Null };
    let agent = story.call.agent_id.as_deref().unwrap_or(SPARE_AGENT);
    let ours = world.agents().iter().find(|it| it.id == agent);
    let number = ours.and_then(|agent| agent.inbound_number.as_deref());
    let mut line = json!({
        "type": "twilio",
        "direction": direction(story),
        "phone_number_id": format!("phnum_{agent}"),
        "agent_number": number.unwrap_or("+12125550100"),
        "external_number": external,
        "stream_sid": format!("MZ{}", story.digits("stream")),
        "call_sid": line_sid(&story.call.id),
    });
    if let Some(result) = story.call_result() {
        let is_odd = story.settings.unknown_values && story.share("odd result") < 0.2;
        line["call_result"] = if is_odd { "teleported" } else { result }.into();
    }
    line
}

fn variables(story: &Story<'_>) -> Value {
    let mut variables = Map::new();
    variables.insert("system__conversation_id".to_owned(), story.id().into());
    variables.insert("system__agent_id".to_owned(), agent(story.call).into());
    if story.is_outbound() {
        let attempt = format!("attempt-{}", &story.call.id[..8.min(story.call.id.len())]);
        variables.insert("attempt_id".to_owned(), attempt.into());
    }
    variables.into()
}

/// The turns said so far.
fn turns(story: &Story<'_>) -> Vec<Value> {
    let state = story.state();
    if story.is_emptied() || matches!(state, State::Initiated | State::Failed) {
        return Vec::new();
    }
    let words = story.call.transcript.to_string();
    let lines: Vec<&str> = words.lines().collect();
    let said = match state {
        State::InProgress => {
            let talked = (story.now / 1000 - story.start()).max(0);
            let seconds = i64::from(story.seconds().max(1));
            usize::try_from(lines.len() as i64 * talked / seconds).unwrap_or(0)
        }
        _ => lines.len(),
    };
    let gap = story.seconds() as usize / lines.len().max(1);
    let shown = lines.iter().take(said).enumerate();
    shown.map(|(nth, line)| turn(line, nth * gap, nth)).collect()
}

fn turn(line: &str, at: usize, nth: usize) -> Value {
    let (who, words) = line.split_once(": ").unwrap_or(("bot", line));
    let role = if who == "human" { "user" } else { "agent" };
    let is_tool = nth == 4;
    let calls = json!([{ "tool_name": "look_up", "request_id": "simulated", "tool_has_been_called": true }]);
    json!({
        "role": role,
        "message": if is_tool { Value::Null } else { words.into() },
        "tool_calls": if is_tool { calls } else { json!([]) },
        "tool_results": [],
        "feedback": null,
        "interrupted": false,
        "time_in_call_secs": at,
        "conversation_turn_metrics": null,
    })
}

/// Null before the conversation is done, and once it is emptied.
fn analysis(story: &Story<'_>) -> Value {
    if story.state() != State::Done || story.is_emptied() {
        return Value::Null;
    }
    let text = story.call.extracted_data.as_deref().unwrap_or("{}");
    let extracted: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let result = |(name, value): (String, Value)| json!({ "data_collection_id": name, "value": value, "json_schema": {}, "rationale": "Said so." });
    let results: Vec<Value> = extracted.into_iter().map(result).collect();
    let by_name: Map<String, Value> = results
        .iter()
        .filter_map(|it| Some((it["data_collection_id"].as_str()?.to_owned(), it.clone())))
        .collect();
    let mut analysis = json!({
        "evaluation_criteria_results": {},
        "data_collection_results": by_name,
        "call_successful": successful(story),
        "transcript_summary": story.call.summary,
    });
    if story.settings.result_lists {
        analysis["data_collection_results_list"] = results.into();
    }
    analysis
}

fn unknown_fields(story: &Story<'_>, record: &mut Value) {
    if story.settings.unknown_values {
        record["sentiment_colour"] = json!({ "hue": 120, "of": ["green"] });
    }
}
