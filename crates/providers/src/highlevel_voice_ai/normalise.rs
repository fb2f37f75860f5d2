//! From a record to a call in normal form. Pure.

use domain::{AgentRef, Alias, Call, CallStatus, ContactRef, Country, Phone, ProviderTime, Tag};

use super::wire::CallLog;
use crate::Unreadable;
use crate::json::{free_form, id, id_text, is_true, seconds, words};

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(record: &[u8], home: Country) -> Result<Call, Unreadable> {
    let record = std::str::from_utf8(record)
        .map_err(|_not_utf8| Unreadable { why: "the record is not UTF-8".to_owned() })?;
    let log = CallLog::read(record)?;
    let (at, written) = log.created_at()?;
    let is_agent_deleted = is_true(log.is_agent_deleted);
    let tags = [(is_true(log.trial_call), Tag::TestCall), (is_agent_deleted, Tag::AgentDeleted)];
    Ok(Call {
        provider_call_id: log.id()?,
        occurred_at: ProviderTime { at, text: written.into_owned() },
        ended_at: None,
        duration: log.duration.and_then(seconds),
        direction: None,
        // The call list holds calls that have ended, and nothing about how.
        status: CallStatus::Completed,
        from: log.from_number.and_then(id_text).map(|number| Phone::new(&number, home)),
        to: None,
        agent: id(log.agent_id)
            .map(|provider_agent_id| AgentRef { provider_agent_id, is_deleted: is_agent_deleted }),
        campaign: None,
        contact: id(log.contact_id).map(|provider_contact_id| ContactRef { provider_contact_id }),
        // It is fetched through the conversation message that `aliases` names.
        recording: None,
        transcript: words(log.transcript),
        summary: words(log.summary),
        extracted: log.extracted_data.and_then(free_form),
        aliases: id(log.message_id)
            .map(|id| Alias { kind: "highlevel_message".to_owned(), id })
            .into_iter()
            .collect(),
        tags: tags.into_iter().filter_map(|(is_so, tag)| is_so.then_some(tag)).collect(),
        awaits: None,
    })
}
