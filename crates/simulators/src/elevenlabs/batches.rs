//! Batch calls: a workspace's list of them, and one with its recipients.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::Answer;
use crate::world::World;

use super::settings::Settings;
use super::story::{State, Story};

const DAY_SECONDS: i64 = 86_400;

/// All calls of a day that belong to a batch belong to one.
pub(super) fn batch_id(story: &Story<'_>) -> String {
    format!("btcal_{}", story.start().div_euclid(DAY_SECONDS))
}

pub(super) fn recipient_id(story: &Story<'_>) -> String {
    format!("rcpt_{}", story.call.id)
}

fn batches<'a>(
    world: &'a World,
    settings: &'a Settings,
    now: i64,
) -> BTreeMap<String, Vec<Story<'a>>> {
    let mut batches: BTreeMap<String, Vec<Story<'a>>> = BTreeMap::new();
    let stories = world.calls().iter().map(|call| Story { call, settings, now });
    for story in stories.filter(|story| story.is_known() && story.is_of_batch()) {
        batches.entry(batch_id(&story)).or_default().push(story);
    }
    batches
}

/// `GET /v1/convai/batch-calling/workspace`.
pub(super) fn list(world: &World, settings: &Settings, now: i64) -> Answer {
    let batches = batches(world, settings, now);
    let newest = batches.iter().rev().take(20);
    let batches: Vec<Value> = newest.map(|(id, stories)| head(id, stories.len())).collect();
    let page = json!({ "batch_calls": batches, "next_doc": null, "has_more": false });
    Answer::json(200, page.to_string())
}

/// `GET /v1/convai/batch-calling/{id}`.
pub(super) fn get(world: &World, settings: &Settings, now: i64, id: &str) -> Option<Answer> {
    let batches = batches(world, settings, now);
    let stories = batches.get(id)?;
    let mut batch = head(id, stories.len());
    let mut recipients: Vec<Value> = stories.iter().map(recipient).collect();
    recipients.push(without_conversation("pending", 0));
    recipients
        .extend((1..=settings.lost_recipients).map(|nth| without_conversation("completed", nth)));
    batch["recipients"] = recipients.into();
    Some(Answer::json(200, batch.to_string()))
}

fn head(id: &str, calls: usize) -> Value {
    json!({
        "id": id,
        "name": "Appointment reminders",
        "status": "completed",
        "total_calls_scheduled": calls + 1,
        "total_calls_dispatched": calls,
        "total_calls_finished": calls,
        "retry_count": 0,
    })
}

fn recipient(story: &Story<'_>) -> Value {
    let status = match story.state() {
        State::Initiated => "initiated",
        // With the other stroke than a conversation's.
        State::InProgress => "in_progress",
        State::Processing | State::Done if story.is_voicemail() => "voicemail",
        State::Processing | State::Done => "completed",
        State::Failed => "failed",
    };
    json!({
        "id": recipient_id(story),
        "phone_number": story.call.from_number,
        "status": status,
        "created_at_unix": story.start(),
        "updated_at_unix": story.ended_at() / 1000,
        "conversation_id": story.id(),
    })
}

fn without_conversation(status: &str, nth: usize) -> Value {
    json!({
        "id": format!("rcpt_none_{nth}"),
        "phone_number": "+12125550199",
        "status": status,
        "conversation_id": null,
    })
}
