//! From a record to a call in normal form. Pure.

use domain::{Alias, Awaited, Call, CallStatus, Country, Direction, Phone, ProviderTime};
use serde_json::value::RawValue;
use url::Url;

use super::recordings::{CALL, Said};
use super::wire::{CallResource, instant};
use crate::json::{because, id, id_text, seconds, text, words};
use crate::{Unreadable, parts};

/// What a reading needs beside the record.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The country of numbers without prefix.
    pub home: Country,
    /// Where the API is.
    pub base: &'a Url,
}

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(record: &[u8], reading: &Reading<'_>) -> Result<Call, Unreadable> {
    let home = reading.home;
    let parts = parts::read(record)?;
    let call = parts.get(CALL).ok_or_else(|| because("the record has no call"))?;
    let it = CallResource::read(call.get())?;
    let recordings = Said::of(&parts, reading.base);
    let provider_call_id = it.id()?;
    let (at, written) = it.occurred_at()?;
    let ended_at = it.end_time.and_then(instant);
    let ended_at = ended_at.map(|(at, text)| ProviderTime { at, text: text.into_owned() });
    let status = status(it.status);
    let has_price = it.price.and_then(id_text).is_some();
    Ok(Call {
        awaits: awaits(status, ended_at.is_some(), recordings.is_awaited, has_price),
        aliases: aliases(&provider_call_id.0, id(it.parent_call_sid)),
        provider_call_id,
        occurred_at: ProviderTime { at, text: written.into_owned() },
        ended_at,
        duration: it.duration.and_then(seconds),
        direction: direction(it.direction),
        status,
        from: party(it.from, home),
        to: party(it.to, home),
        // A call names the numbers it went between, and nobody who handled it.
        agent: None,
        campaign: None,
        contact: None,
        recording: recordings.address,
        transcript: None,
        summary: None,
        extracted: None,
        tags: Vec::new(),
    })
}

fn status(raw: Option<&RawValue>) -> CallStatus {
    match words(raw).as_deref() {
        Some("queued") => CallStatus::Queued,
        // Callbacks have this word; lists are documented not to.
        Some("initiated") => CallStatus::Initiated,
        Some("ringing") => CallStatus::Ringing,
        Some("in-progress") => CallStatus::InProgress,
        // Also where a machine answered: `answered_by` tells a machine, not what kind of one.
        Some("completed") => CallStatus::Completed,
        Some("busy") => CallStatus::Busy,
        Some("no-answer") => CallStatus::NoAnswer,
        Some("failed") => CallStatus::Failed,
        Some("canceled") => CallStatus::Canceled,
        _ => CallStatus::Unknown,
    }
}

/// Only a call on which somebody spoke is sure to cost something.
fn awaits(
    status: CallStatus,
    has_ended: bool,
    is_recording_awaited: bool,
    has_price: bool,
) -> Option<Awaited> {
    match status {
        status if status.is_terminal() && is_recording_awaited => Some(Awaited::Recording),
        CallStatus::Completed if !has_price => Some(Awaited::Price),
        CallStatus::Unknown if has_ended => None,
        status if !status.is_terminal() => Some(Awaited::Ending),
        _ => None,
    }
}

/// Which way a call went, seen from the business. On a trunk, "originating" is what comes from the
/// telephone network and "terminating" what goes into it.
fn direction(raw: Option<&RawValue>) -> Option<Direction> {
    match words(raw)?.as_str() {
        "inbound" | "trunking-originating" => Some(Direction::Inbound),
        "outbound-api" | "outbound-dial" | "trunking-terminating" => Some(Direction::Outbound),
        _ => None,
    }
}

/// The legs of one conversation are joined by the first leg's SID.
fn aliases(sid: &str, parent: Option<String>) -> Vec<Alias> {
    let own = Alias { kind: "twilio_call".to_owned(), id: sid.to_owned() };
    let parent = parent.map(|id| Alias { kind: "twilio_parent_call".to_owned(), id });
    std::iter::once(own).chain(parent).collect()
}

/// A number, or the name of a client, a SIP address or a SIM, which are kept as they are: digits in
/// them are no telephone number.
fn party(raw: Option<&RawValue>, home: Country) -> Option<Phone> {
    let written = raw.and_then(|raw| text(raw).or_else(|| id_text(raw)))?;
    let is_number = !written.chars().any(|letter| letter.is_alphabetic() || letter == '@');
    if is_number {
        return Some(Phone::new(&written, home));
    }
    Some(Phone { raw: written.into_owned(), e164: None })
}
