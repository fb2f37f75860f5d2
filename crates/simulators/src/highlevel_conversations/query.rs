//! The parameters of the export (§3.4), read as the server reads them. Unknown ones are ignored.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::highlevel::errors::bad_request;
use crate::server::{Answer, Asked};

use super::message::is_plain_call;
use super::rows::{Row, What};
use super::settings::{CallChannel, RangeField, Settings};

/// One question to the export.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) limit: usize,
    pub(super) by_updated: bool,
    pub(super) is_descending: bool,
    channel: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
    conversation: Option<String>,
    contact: Option<String>,
}

const CHANNELS: [&str; 6] = ["Call", "SMS", "Email", "WhatsApp", "Instagram", "Facebook"];

impl Query {
    pub(super) fn read(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let limit = asked.param("limit").map_or(Ok(100), str::parse);
        let limit = limit.ok().filter(|limit| (10..=settings.limit_max).contains(limit));
        let channel = asked.param("channel").map(str::to_owned);
        if channel.as_ref().is_some_and(|it| !CHANNELS.contains(&it.as_str())) {
            return Err(bad_request());
        }
        Ok(Self {
            limit: limit.ok_or_else(bad_request)? as usize,
            by_updated: one_of(asked, "sortBy", ["createdAt", "updatedAt"])? == "updatedAt",
            is_descending: one_of(asked, "sortOrder", ["desc", "asc"])? == "desc",
            channel,
            from: instant(asked, "startDate")?,
            to: instant(asked, "endDate")?,
            conversation: asked.param("conversationId").map(str::to_owned),
            contact: asked.param("contactId").map(str::to_owned),
        })
    }

    /// The time a list is sorted by.
    pub(super) fn key(&self, row: &Row, now: i64) -> i64 {
        if self.by_updated { row.updated(now) } else { row.added }
    }

    pub(super) fn wants(
        &self,
        row: &Row,
        contact: Option<&String>,
        settings: &Settings,
        now: i64,
    ) -> bool {
        let of_thread = self.conversation.as_ref().is_none_or(|id| *id == row.thread);
        let of_contact = self.contact.as_ref().is_none_or(|id| contact == Some(id));
        of_thread
            && of_contact
            && self.has_channel(row, settings.call_channel)
            && self.has_time(row, settings, now)
    }

    fn has_channel(&self, row: &Row, call_channel: CallChannel) -> bool {
        match (self.channel.as_deref(), call_channel) {
            (None, _) | (Some("Call"), CallChannel::Everything) => true,
            (Some("Call"), CallChannel::EveryCall) => row.is_call(),
            (Some("Call"), CallChannel::PlainCallsOnly) => is_plain_call(row),
            (Some("SMS"), _) => row.what == What::Text,
            (Some(_), _) => false,
        }
    }

    fn has_time(&self, row: &Row, settings: &Settings, now: i64) -> bool {
        let at = match settings.range_field {
            RangeField::Added => row.added,
            RangeField::Updated => row.updated(now),
        };
        let at = at - settings.zone_shift_minutes * 60_000;
        let before_end = |end: i64| at < end || (settings.is_end_inclusive && at == end);
        self.from.is_none_or(|start| start <= at) && self.to.is_none_or(before_end)
    }
}

fn one_of<'a>(asked: &'a Asked, name: &str, known: [&'a str; 2]) -> Result<&'a str, Answer> {
    let given = asked.param(name).unwrap_or(known[0]);
    known.contains(&given).then_some(given).ok_or_else(bad_request)
}

/// An instant, or a day, which is taken to begin in UTC.
fn instant(asked: &Asked, name: &str) -> Result<Option<i64>, Answer> {
    let Some(text) = asked.param(name) else { return Ok(None) };
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    let instant = text.parse::<Timestamp>().ok().or_else(day).ok_or_else(bad_request)?;
    Ok(Some(instant.as_millisecond()))
}
