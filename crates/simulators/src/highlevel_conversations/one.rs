//! One message, what was said in it, its sound, and the people who call (§3.3, §3.6).

use serde_json::{Value, json};

use crate::highlevel::errors::{error, unprocessable};
use crate::server::Answer;
use crate::world::{Call, World};

use super::message::Writer;
use super::rows::{Row, user_id};
use super::settings::Settings;

/// A second of silence would do; a client that reads it sees that it is sound.
const WAV: &[u8] =
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0";

/// `GET /conversations/messages/{id}`.
pub(super) fn message(writer: &Writer<'_>, row: &Row) -> Answer {
    let mut message = writer.write(row);
    let trace = format!("trace-{}", writer.now);
    let body = if writer.settings.is_nested {
        json!({ "message": message, "traceId": trace })
    } else {
        message["traceId"] = json!(trace);
        message
    };
    Answer::json(200, body.to_string())
}

/// A message that is not there.
pub(super) fn unknown(settings: &Settings) -> Answer {
    error(settings.unknown_message, "Message not found")
}

/// `GET /conversations/locations/{location}/messages/{id}/transcription`.
pub(super) fn transcription(writer: &Writer<'_>, row: &Row) -> Answer {
    let settings = writer.settings;
    let is_there = row.ended_by(writer.now, settings.transcribed_after_seconds);
    if !writer.state(row).was_talked() || !is_there {
        return match settings.no_transcription {
            200 => Answer::json(200, "[]"),
            422 => unprocessable(&["No transcription for this message"]),
            status => error(status, "Transcription not found"),
        };
    }
    let call = &writer.world.calls()[row.call];
    let sentences = sentences(call);
    let body = if settings.is_transcription_a_list {
        Value::Array(sentences)
    } else {
        sentences.into_iter().next().unwrap_or_default()
    };
    Answer::json(200, body.to_string())
}

fn sentences(call: &Call) -> Vec<Value> {
    let transcript = call.transcript.to_string();
    let lines = transcript.lines().filter(|line| !line.trim().is_empty());
    let sentence = |(nth, line): (usize, &str)| {
        let (who, words) = line.split_once(':').unwrap_or(("bot", line));
        json!({
            "mediaChannel": if who == "bot" { "2" } else { "1" },
            "sentenceIndex": nth.to_string(),
            "startTime": nth * 4000,
            "endTime": nth * 4000 + 3500,
            "transcript": words.trim(),
            "confidence": 0.92,
        })
    };
    lines.enumerate().map(sentence).collect()
}

/// `GET /conversations/messages/{id}/locations/{location}/recording`.
pub(super) fn recording(writer: &Writer<'_>, row: &Row) -> Answer {
    if !writer.state(row).was_talked() {
        return error(writer.settings.no_recording, "Recording not found");
    }
    let mut answer = Answer::of_type(200, "audio/x-wav", WAV);
    answer.headers.push(("content-disposition", "Attachment; filename=audio.wav".to_owned()));
    answer
}

/// `GET /users/`: the people, and AI users, who handle calls.
pub(super) fn users(world: &World) -> Answer {
    let living = world.agents().iter().filter(|agent| !agent.is_deleted);
    let user = |agent: &crate::world::Agent| {
        json!({
            "id": user_id(&agent.id),
            "name": agent.name,
            "email": "person@example.com",
            "phone": agent.inbound_number,
            "deleted": false,
        })
    };
    let users: Vec<Value> = living.map(user).collect();
    Answer::json(200, json!({ "users": users }).to_string())
}
