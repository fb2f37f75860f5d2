//! From a record to a call in normal form. Pure.

use domain::{
    AgentRef, Alias, Awaited, Call, CallStatus, ContactRef, Country, Direction, Phone, ProviderTime,
};
use serde_json::value::RawValue;

use super::wire::Message;
use crate::json::{Fields, because, id, number, seconds, words};
use crate::{Unreadable, parts};

/// What a record does not say itself.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// Where the API is, without a trailing slash.
    pub base_url: &'a str,
    /// The sub-account.
    pub location_id: &'a str,
    /// The country of numbers without a prefix.
    pub country: Country,
}

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(record: &[u8], home: Home<'_>) -> Result<Call, Unreadable> {
    let parts = parts::read(record)?;
    let message = newest(&parts)?;
    let (at, written) = message.added_at()?;
    let provider_call_id = message.id()?;
    let status = status(&message);
    let duration = message.duration().and_then(seconds);
    let was_talked = was_talked(&message);
    let transcript = parts.get("transcription").and_then(|raw| transcript(raw));
    let field = |name| id(message.fields.get(name));
    let alias = |kind: &str, id: Option<String>| id.map(|id| Alias { kind: kind.to_owned(), id });
    let aliases = [
        // Voice AI's records name the same id: two witnesses of one call.
        alias("highlevel_message", Some(provider_call_id.0.clone())),
        alias("highlevel_conversation", field("conversationId")),
    ];
    let is_recorded = was_talked || status == CallStatus::Voicemail;
    let recording = is_recorded.then(|| {
        let Home { base_url, location_id, .. } = home;
        let id = &provider_call_id;
        format!("{base_url}/conversations/messages/{id}/locations/{location_id}/recording")
    });
    Ok(Call {
        occurred_at: ProviderTime { at, text: written.into_owned() },
        ended_at: None,
        duration,
        // Of the message: a thread has calls in both directions.
        direction: direction(&message),
        from: phone(&message, "from", home.country),
        to: phone(&message, "to", home.country),
        agent: field("userId")
            .map(|provider_agent_id| AgentRef { provider_agent_id, is_deleted: false }),
        campaign: None,
        contact: field("contactId").map(|provider_contact_id| ContactRef { provider_contact_id }),
        recording,
        summary: None,
        extracted: None,
        aliases: aliases.into_iter().flatten().collect(),
        tags: Vec::new(),
        awaits: awaits(&message, status, was_talked && transcript.is_none()),
        transcript,
        status,
        provider_call_id,
    })
}

/// The message as listed, or as answered by id where that was written later.
fn newest<'a>(parts: &parts::Parts<'a>) -> Result<Message<'a>, Unreadable> {
    let read = |name| parts.get(name).map(|raw: &&'a RawValue| Message::read(raw.get()));
    match (read("list"), read("detail")) {
        (Some(listed), Some(Ok(detail))) => match listed {
            Ok(listed) if listed.updated_at() >= detail.updated_at() => Ok(listed),
            _ => Ok(detail),
        },
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => Err(because("the record has no message")),
    }
}

/// Whether it was answered and lasted, so that there may be words and sound.
pub fn was_talked(message: &Message<'_>) -> bool {
    let has_length = message.duration().and_then(number).is_some_and(|seconds| seconds > 0.0);
    has_length && status(message) == CallStatus::Completed
}

/// Calls of external providers have neither length nor recording, by design.
fn is_external(message: &Message<'_>) -> bool {
    let is_custom = message.kind().is_some_and(|kind| kind.contains("CUSTOM_CALL"));
    is_custom || message.fields.get("conversationProviderId").is_some()
}

fn status(message: &Message<'_>) -> CallStatus {
    let (own, top) = (message.call_word(), words(message.fields.get("status")));
    let is_voicemail = |word: &Option<String>| {
        word.as_ref().is_some_and(|word| word.eq_ignore_ascii_case("voicemail"))
    };
    let kind_is_voicemail = || message.kind().is_some_and(|kind| kind.contains("VOICEMAIL"));
    if is_voicemail(&own) || is_voicemail(&top) {
        return CallStatus::Voicemail;
    }
    let has_length = message.duration().and_then(number).is_some_and(|seconds| seconds > 0.0);
    let said = own.as_deref().or(top.as_deref()).map(str::to_lowercase);
    match said.as_deref() {
        Some("completed") => CallStatus::Completed,
        // The word of both a call under way and one that was answered and has ended.
        Some("answered" | "connected") if has_length || is_external(message) => {
            CallStatus::Completed
        }
        Some("answered" | "connected" | "in-progress") => CallStatus::InProgress,
        Some("pending" | "initiated") => CallStatus::Initiated,
        Some("scheduled" | "queued") => CallStatus::Queued,
        Some("ringing") => CallStatus::Ringing,
        Some("busy") => CallStatus::Busy,
        Some("no-answer") => CallStatus::NoAnswer,
        Some("failed" | "undelivered") => CallStatus::Failed,
        Some("canceled" | "cancelled") => CallStatus::Canceled,
        _ if kind_is_voicemail() => CallStatus::Voicemail,
        None if has_length => CallStatus::Completed,
        _ => CallStatus::Unknown,
    }
}

fn awaits(message: &Message<'_>, status: CallStatus, lacks_words: bool) -> Option<Awaited> {
    let has_length = message.duration().is_some();
    let may_end = !status.is_terminal() && !is_external(message);
    if may_end && !(status == CallStatus::Unknown && has_length) {
        return Some(Awaited::Ending);
    }
    (lacks_words && !is_external(message)).then_some(Awaited::Transcript)
}

fn direction(message: &Message<'_>) -> Option<Direction> {
    match words(message.fields.get("direction"))?.to_lowercase().as_str() {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

/// The field holds a number or a person's name; only numbers are taken.
fn phone(message: &Message<'_>, name: &str, country: Country) -> Option<Phone> {
    let text = id(message.fields.get(name))?;
    Some(Phone::new(&text, country)).filter(|phone| phone.e164.is_some())
}

/// One sentence a line, in order: `1: Hello`. Which channel is whose is not documented.
fn transcript(raw: &RawValue) -> Option<String> {
    let sentences: Vec<&RawValue> = match raw.get().as_bytes().first()? {
        b'[' => serde_json::from_str(raw.get()).ok()?,
        _ => vec![raw],
    };
    let sentence = |raw: &RawValue| {
        let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
        let said = words(fields.get("transcript"))?;
        let order = fields.get("sentenceIndex").and_then(number).unwrap_or(f64::MAX);
        let line = match id(fields.get("mediaChannel")) {
            Some(channel) => format!("{channel}: {said}"),
            None => said,
        };
        Some((order, line))
    };
    let mut lines: Vec<(f64, String)> = sentences.into_iter().filter_map(sentence).collect();
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
