//! From a record to a call in normal form. Pure.

use std::time::Duration;

use domain::{
    AgentRef, Awaited, Call, CallStatus, ContactRef, Country, Direction, Phone, ProviderTime,
};
use serde_json::value::RawValue;

use super::wire::{CallRecord, DETAIL, EXPORT, LIST, agent_id, instant};
use crate::json::{because, free_form, id, id_text, is_true, number, seconds, text, words};
use crate::{Unreadable, parts};

/// The parts of one record, the one that says most first.
struct Parts<'a> {
    all: Vec<CallRecord<'a>>,
    list: Option<CallRecord<'a>>,
    detail: Option<CallRecord<'a>>,
}

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(record: &[u8], home: Country) -> Result<Call, Unreadable> {
    let parts = Parts::read(record)?;
    let (at, written) = parts
        .first(CallRecord::occurred_at)
        .ok_or_else(|| because("neither `start_timestamp` nor `created_at` is an instant"))?;
    let provider_call_id = parts
        .first(|part| part.id().ok())
        .ok_or_else(|| because("the record has no `call_id`, or an empty one"))?;
    let analysis = parts.analysis();
    let ended_at = parts.first(|part| {
        let (at, text) = part.end_timestamp.or(part.end_time).and_then(instant)?;
        Some(ProviderTime { at, text: text.into_owned() })
    });
    let mut call = Call {
        provider_call_id,
        duration: parts.duration(at, ended_at.as_ref()),
        occurred_at: ProviderTime { at, text: written.into_owned() },
        direction: parts.first(|part| direction(&part.direction.and_then(text)?)),
        status: parts.status(ended_at.is_some()),
        from: parts.first(|part| phone(part.from_number, home)),
        to: parts.first(|part| phone(part.to_number, home)),
        agent: parts.agent(),
        campaign: parts.first(|part| words(part.campaign_id)),
        contact: parts
            .first(|part| id(part.contact_id))
            .map(|provider_contact_id| ContactRef { provider_contact_id }),
        recording: parts.first(|part| words(part.recording_url)),
        transcript: parts.first(|part| words(part.transcript)),
        summary: analysis.and_then(|analysis| words(analysis.call_summary)),
        extracted: parts.first(|part| part.extracted_fields.and_then(free_form)),
        aliases: Vec::new(),
        tags: Vec::new(),
        ended_at,
        awaits: None,
    };
    call.awaits = parts.awaits(&call);
    Ok(call)
}

impl<'a> Parts<'a> {
    fn read(record: &'a [u8]) -> Result<Self, Unreadable> {
        let parts = parts::read(record)?;
        let named = |name: &str| parts.get(name).map(|raw| CallRecord::read(raw.get())).transpose();
        let (list, detail, export) = (named(LIST)?, named(DETAIL)?, named(EXPORT)?);
        let all: Vec<_> = [detail, list, export].into_iter().flatten().collect();
        Ok(Self { all, list, detail })
    }

    fn first<T>(&self, read: impl Fn(&CallRecord<'a>) -> Option<T>) -> Option<T> {
        self.all.iter().find_map(read)
    }

    fn analysis(&self) -> Option<Analysis<'a>> {
        self.first(|part| serde_json::from_str(part.call_analysis?.get()).ok())
    }

    /// Any part may name the agent by the id that is the same everywhere; only if none does, by
    /// another.
    fn agent(&self) -> Option<AgentRef> {
        let provider_agent_id =
            self.first(|part| id(part.voice_agent_id)).or_else(|| self.first(agent_id))?;
        Some(AgentRef { provider_agent_id, is_deleted: false })
    }

    fn duration(&self, began: domain::Timestamp, ended: Option<&ProviderTime>) -> Option<Duration> {
        let said = self.first(|part| {
            let millis = part.duration_ms.and_then(number).filter(|millis| *millis < 3e10);
            millis.and_then(|millis| Duration::try_from_secs_f64(millis / 1000.0).ok())
        });
        let exported = || self.first(|part| part.duration_seconds.and_then(seconds));
        let between = || ended.filter(|ended| ended.at >= began).map(|ended| ended.at.since(began));
        said.or_else(between).or_else(exported)
    }

    /// The word of the part that is farther along: the list and the detail come from two places,
    /// and either may lag.
    fn status(&self, has_end: bool) -> CallStatus {
        let all = self.all.iter().filter_map(|part| {
            let word = part.call_status.and_then(text)?;
            Some(self.meaning(&word, has_end))
        });
        all.fold(CallStatus::Unknown, |known, next| {
            if next.is_terminal() || !known.is_terminal() && next != CallStatus::Unknown {
                next
            } else {
                known
            }
        })
    }

    fn meaning(&self, word: &str, has_end: bool) -> CallStatus {
        match word {
            "ended" => self.ending(),
            "error" => CallStatus::Failed,
            // An end contradicts a call under way; which of the two lags, the next answer tells.
            "ongoing" if has_end => CallStatus::Unknown,
            "ongoing" => CallStatus::InProgress,
            _ => CallStatus::Unknown,
        }
    }

    /// How a call ended. The reasons are not documented; these say what they mean.
    fn ending(&self) -> CallStatus {
        let reason = self.first(|part| part.disconnection_reason.and_then(text));
        match reason.as_deref() {
            Some("dial_busy") => CallStatus::Busy,
            Some("dial_no_answer") => CallStatus::NoAnswer,
            Some("dial_failed") => CallStatus::Failed,
            Some("voicemail_reached") => CallStatus::Voicemail,
            _ if self.is_voicemail() => CallStatus::Voicemail,
            _ => CallStatus::Completed,
        }
    }

    fn is_voicemail(&self) -> bool {
        self.all.iter().any(|part| is_true(part.in_voicemail))
            || self.analysis().is_some_and(|analysis| is_true(analysis.in_voicemail))
    }

    fn awaits(&self, call: &Call) -> Option<Awaited> {
        let is_spoken = matches!(call.status, CallStatus::Completed | CallStatus::Voicemail);
        let is_over = call.status.is_terminal() || call.ended_at.is_some();
        let lacks_what_detail_has =
            (call.from.is_none() && call.to.is_none()) || call.transcript.is_none();
        if self.is_stale() || self.detail.is_none() && lacks_what_detail_has {
            return Some(Awaited::Detail);
        }
        if !is_over {
            return Some(Awaited::Ending);
        }
        match call {
            _ if !is_spoken => None,
            call if call.transcript.is_none() => Some(Awaited::Transcript),
            call if !self.is_analysed(call) => Some(Awaited::Analysis),
            call if call.recording.is_none() => Some(Awaited::Recording),
            _ => None,
        }
    }

    /// Sentiment, success and summary come together; fields only if the agent is told to extract
    /// any.
    fn is_analysed(&self, call: &Call) -> bool {
        let has_verdict = call.summary.is_some()
            || self.all.iter().any(|part| part.user_sentiment.and_then(text).is_some());
        let extracts = self.first(|part| part.extraction_config.and_then(free_form)).is_some();
        has_verdict && (!extracts || call.extracted.is_some())
    }

    /// The list has moved on since the detail was asked for.
    fn is_stale(&self) -> bool {
        let (Some(list), Some(detail)) = (&self.list, &self.detail) else { return false };
        let differ = |list: Option<&RawValue>, detail: Option<&RawValue>| {
            let list = list.filter(|raw| raw.get() != "null").map(RawValue::get);
            list.is_some_and(|said| detail.is_some_and(|other| other.get() != said))
        };
        differ(list.call_status, detail.call_status)
            || differ(list.user_sentiment, detail.user_sentiment)
            || differ(list.call_successful, detail.call_successful)
    }
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Analysis<'a> {
    #[serde(borrow)]
    call_summary: Option<&'a RawValue>,
    #[serde(borrow)]
    in_voicemail: Option<&'a RawValue>,
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "inbound" => Some(Direction::Inbound),
        "outbound" => Some(Direction::Outbound),
        _ => None,
    }
}

fn phone(raw: Option<&RawValue>, home: Country) -> Option<Phone> {
    raw.and_then(id_text).map(|number| Phone::new(&number, home))
}
