//! Other names of the same conversation, by which it is joined with calls of other sources.

use domain::Alias;

use super::Known;
use crate::json::id;

/// Every other name the detail tells, each once.
pub(super) fn of(known: &Known<'_>) -> Vec<Alias> {
    let sid = id(known.phone_call.get("call_sid"));
    let line = known.phone_call.words("type");
    let kind = match line.as_deref() {
        Some("twilio") => "twilio_call",
        Some("exotel") => "exotel_call",
        // A SIP line's sid is of the SIP side, unless it looks like nothing but Twilio's.
        _ if sid.as_deref().is_some_and(is_call_sid) => "twilio_call",
        _ => "sip_call",
    };
    let batch = known.metadata.object("batch_call");
    let found = [
        sid.map(|sid| (kind, sid)),
        told_by_us(known).map(|sid| ("twilio_call", sid)),
        id(batch.get("batch_call_recipient_id")).map(|id| ("elevenlabs_batch_recipient", id)),
    ];
    let mut aliases: Vec<Alias> = Vec::new();
    for (kind, id) in found.into_iter().flatten() {
        let alias = Alias { kind: kind.to_owned(), id };
        if !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    aliases
}

/// The CallSid that whoever bridged the call passed along, or that ElevenLabs set itself.
fn told_by_us(known: &Known<'_>) -> Option<String> {
    let started = known.detail.as_ref()?.object("conversation_initiation_client_data");
    let variables = started.object("dynamic_variables");
    let own = id(variables.get("twilio_call_sid"));
    own.or_else(|| id(variables.get("system__call_sid")).filter(|sid| is_call_sid(sid)))
}

fn is_call_sid(text: &str) -> bool {
    let digits = text.strip_prefix("CA").unwrap_or_default();
    digits.len() == 32 && digits.chars().all(|letter| letter.is_ascii_hexdigit())
}
