//! From a record of parts to a call in normal form. Pure.
//!
//! A record has a row of the list, a detail, or both, and either may be the newer one: the list is
//! read again at every tier, the detail whenever something is awaited. The one that is further on
//! its way from `initiated` to `done` speaks for the call; of two that are equally far, the detail.

mod aliases;
mod status;
mod words;

use std::borrow::Cow;
use std::time::Duration;

use domain::{
    AgentRef, Awaited, Call, CallStatus, Country, Direction, Phone, ProviderTime, Timestamp,
};
use url::Url;

use super::client::address;
use super::wire::{DETAIL, EMPTIED, LIST, Object, id, start};
use crate::json::{because, id_text, is_true, number, seconds, whole_number};
use crate::{Unreadable, parts};
use status::Stage;

/// What a reading needs beside the record.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The country of numbers without prefix.
    pub home: Country,
    /// Where the API is.
    pub base: &'a Url,
    /// Whether a row that differs from the detail means that the detail is old.
    pub rows_tell_changes: bool,
}

/// What is known of one conversation.
#[derive(Debug, Default)]
struct Known<'a> {
    row: Option<Object<'a>>,
    detail: Option<Object<'a>>,
    metadata: Object<'a>,
    phone_call: Object<'a>,
    analysis: Object<'a>,
    is_emptied: bool,
}

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(record: &[u8], reading: &Reading<'_>) -> Result<Call, Unreadable> {
    let known = Known::read(record)?;
    let id = id(known.any())?;
    let (at, text) = known.start()?;
    let stage = known.stage();
    let direction = known.direction();
    let number =
        |name| known.phone_call.words(name).map(|number| Phone::new(&number, reading.home));
    let (ours, theirs) = (number("agent_number"), number("external_number"));
    let (from, to) = match direction {
        Some(Direction::Inbound) => (theirs, ours),
        Some(Direction::Outbound) => (ours, theirs),
        None => (None, None),
    };
    let has_audio = known.detail.as_ref().is_some_and(|detail| is_true(detail.get("has_audio")));
    Ok(Call {
        recording: has_audio
            .then(|| address(reading.base, &["conversations", &id.0, "audio"]).into()),
        provider_call_id: id,
        occurred_at: ProviderTime { at, text },
        // The end is not said; start and duration are.
        ended_at: None,
        duration: known.duration().filter(|_| stage.has_ended()),
        direction,
        status: known.status(),
        from,
        to,
        agent: known.agent(),
        campaign: known.metadata.object("batch_call").words("batch_call_id").map(Cow::into_owned),
        // `user_id` is whatever the caller's own program set, not a contact of ElevenLabs.
        contact: None,
        transcript: known.detail.as_ref().and_then(words::transcript),
        summary: known.summary().map(Cow::into_owned),
        extracted: words::extracted(&known.analysis),
        aliases: aliases::of(&known),
        tags: Vec::new(),
        awaits: known.awaits(reading),
    })
}

impl<'a> Known<'a> {
    fn read(record: &'a [u8]) -> Result<Self, Unreadable> {
        let parts = parts::read(record)?;
        let part = |name: &str| parts.get(name).map(|raw| Object::read(raw.get())).transpose();
        let (row, full, emptied) = (part(LIST)?, part(DETAIL)?, part(EMPTIED)?);
        let is_emptied = emptied.is_some();
        let detail = full.or(emptied);
        if row.is_none() && detail.is_none() {
            return Err(because("the record has neither a row nor a detail"));
        }
        let inner = |name: &str| detail.as_ref().map(|it| it.object(name)).unwrap_or_default();
        let (metadata, analysis) = (inner("metadata"), inner("analysis"));
        let phone_call = metadata.object("phone_call");
        Ok(Self { row, detail, metadata, phone_call, analysis, is_emptied })
    }

    /// Either part; both name the conversation and its agent.
    fn any(&self) -> &Object<'a> {
        let of_row = self.row.as_ref().filter(|row| row.get("conversation_id").is_some());
        of_row.or(self.detail.as_ref()).or(self.row.as_ref()).unwrap_or(&self.metadata)
    }

    fn row_stage(&self) -> Option<Stage> {
        self.row.as_ref().map(Stage::of)
    }

    fn detail_stage(&self) -> Option<Stage> {
        self.detail.as_ref().map(Stage::of)
    }

    fn is_row_ahead(&self) -> bool {
        self.row_stage() > self.detail_stage()
    }

    /// How far the conversation is, by whichever part is further.
    fn stage(&self) -> Stage {
        self.row_stage().max(self.detail_stage()).unwrap_or(Stage::Unknown)
    }

    /// A field that both parts have, from the one that speaks for the call.
    fn both<T>(&self, read: impl Fn(&Object<'a>) -> Option<T>) -> Option<T> {
        let of_row = self.row.as_ref().and_then(&read);
        let of_detail = || read(&self.metadata);
        if self.is_row_ahead() { of_row.or_else(of_detail) } else { of_detail().or(of_row) }
    }

    fn start(&self) -> Result<(Timestamp, String), Unreadable> {
        match self.both(|part| start(part).ok()) {
            Some(found) => Ok(found),
            None => start(self.row.as_ref().unwrap_or(&self.metadata)),
        }
    }

    fn duration(&self) -> Option<Duration> {
        self.both(|part| part.get("call_duration_secs").and_then(seconds))
    }

    fn agent(&self) -> Option<AgentRef> {
        let named = |part: &Object<'a>| part.get("agent_id").and_then(id_text);
        let id = self.detail.as_ref().and_then(named).or(self.row.as_ref().and_then(named))?;
        // Nothing says whether the agent still exists.
        Some(AgentRef { provider_agent_id: id.into_owned(), is_deleted: false })
    }

    fn direction(&self) -> Option<Direction> {
        let row = self.row.as_ref().and_then(|row| row.words("direction"));
        match self.phone_call.words("direction").or(row)?.as_ref() {
            "inbound" => Some(Direction::Inbound),
            "outbound" => Some(Direction::Outbound),
            _ => None,
        }
    }

    fn status(&self) -> CallStatus {
        let error = self.metadata.object("error");
        // 1000 is the code of an orderly end.
        let is_broken =
            error.get("code").and_then(number).is_some_and(|code| (code - 1000.0).abs() >= 1.0);
        let result = self.phone_call.words("call_result");
        status::status(self.stage(), result.as_deref(), is_broken)
    }

    fn row_summary(&self) -> Option<Cow<'a, str>> {
        self.row.as_ref().and_then(|row| row.words("transcript_summary"))
    }

    fn summary(&self) -> Option<Cow<'a, str>> {
        self.analysis.words("transcript_summary").or_else(|| self.row_summary())
    }

    /// The first thing still owed, from the record alone.
    fn awaits(&self, reading: &Reading<'_>) -> Option<Awaited> {
        let Some(detail) = &self.detail else { return Some(Awaited::Detail) };
        if self.is_emptied {
            return None;
        }
        if self.is_row_ahead() || (reading.rows_tell_changes && self.row_says_more()) {
            return Some(Awaited::Detail);
        }
        let is_analysed = detail.get("analysis").is_some();
        let was_silent = detail.list("transcript").is_empty();
        match self.stage() {
            Stage::Initiated | Stage::InProgress => Some(Awaited::Ending),
            Stage::Processing if was_silent => Some(Awaited::Transcript),
            Stage::Processing => Some(Awaited::Analysis),
            // A failed call in which nobody spoke has nothing to be analysed.
            Stage::Failed if was_silent => None,
            // Nobody knows what an unknown word means, but once analysed nothing more is due.
            Stage::Failed | Stage::Done | Stage::Unknown => {
                (!is_analysed).then_some(Awaited::Analysis)
            }
        }
    }

    /// Whether the row has something that the detail has not, or has otherwise. What the row lacks
    /// says nothing: rows are emptied, and the detail we hold is then all there is.
    fn row_says_more(&self) -> bool {
        let Some(row) = &self.row else { return false };
        let differs = |name: &str| match (row.get(name), self.metadata.get(name)) {
            (Some(row), Some(held)) => whole_number(row) != whole_number(held),
            (Some(row), None) => whole_number(row).is_some(),
            (None, _) => false,
        };
        let is_as_far = self.row_stage() == self.detail_stage();
        let has_news = || {
            let summary = self.row_summary();
            summary.is_some() && summary != self.analysis.words("transcript_summary")
        };
        is_as_far
            && self.stage().is_final()
            && (differs("call_duration_secs") || differs("cost") || has_news())
    }
}
