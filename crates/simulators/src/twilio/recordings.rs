//! Recordings (§2): a list of their own by creation, and those of one call.
//!
//! Some calls on which somebody spoke are recorded, most once and some twice. A recording belongs
//! to the first leg of its call.

use serde_json::{Value, json};

use crate::server::{Answer, Asked};
use crate::world::{Call, World};

use super::catalogue::{Catalogue, Entry, is_there};
use super::dates::rfc2822;
use super::errors::error;
use super::list::page_of;
use super::query::span;
use super::record::Renderer;
use super::timeline::{Outcome, share, sid};

/// Seconds from a call's start to its recording's.
const BEGINS_AFTER: i64 = 4;

/// One recording, as the account has it.
struct Recording<'a> {
    sid: String,
    entry: &'a Entry,
    call: &'a Call,
    created: i64,
}

/// `GET …/Recordings.json`, and `GET …/Calls/{CallSid}/Recordings.json` for one call.
pub(super) fn list(
    world: &World,
    catalogue: &Catalogue,
    renderer: &Renderer<'_>,
    asked: &Asked,
    of_call: Option<&str>,
) -> Answer {
    let settings = renderer.settings;
    if !settings.lists_recordings {
        return error(settings.error_body, 403, 20003, "Permission denied");
    }
    let created = match span(asked, "DateCreated", settings) {
        Ok(created) => created,
        Err(refusal) => return refusal,
    };
    let of_call = of_call.or_else(|| asked.param("CallSid"));
    let mut all: Vec<Recording<'_>> = catalogue
        .entries()
        // Most calls are of another time; whether they are recorded need not be found out.
        .filter(|entry| created.is_none_or(|span| times(entry).any(|at| span.has(at))))
        .flat_map(|entry| recordings(&world.calls()[entry.call], entry, renderer))
        .filter(|it| of_call.is_none_or(|sid| it.entry.sid == sid))
        .filter(|it| created.is_none_or(|span| span.has(it.created)))
        .collect();
    all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.sid.cmp(&b.sid)));
    page_of(asked, settings, "recordings", &all, |it| it.render(renderer))
}

/// When recordings of a call were created, if it has that many.
fn times(entry: &Entry) -> impl Iterator<Item = i64> + use<> {
    let started = entry.line.started;
    (0..2).filter_map(move |nth| Some(started? + (BEGINS_AFTER + nth) * 1000))
}

/// The recordings of one call that are to be seen by now.
fn recordings<'a>(call: &'a Call, entry: &'a Entry, renderer: &Renderer<'_>) -> Vec<Recording<'a>> {
    let settings = renderer.settings;
    let line = &entry.line;
    let is_recorded = line.outcome == Outcome::Completed
        && entry.parent.is_none()
        && share(&call.id, "recorded") < settings.recorded_share;
    if !is_recorded || !is_there(call, entry, renderer) {
        return Vec::new();
    }
    let count = if share(&call.id, "twice") < 0.2 { 2 } else { 1 };
    let all = times(entry).take(count).enumerate().map(|(nth, created)| Recording {
        sid: sid("RE", &format!("{} {nth}", call.id)),
        entry,
        call,
        created,
    });
    let appears = |it: &Recording<'_>| {
        let appears = it.created + settings.recording_appears_after_seconds * 1000;
        appears <= renderer.now && !settings.deleted_recordings.contains(&it.sid)
    };
    all.filter(appears).collect()
}

impl Recording<'_> {
    fn status(&self, renderer: &Renderer<'_>) -> &'static str {
        let ready = self.entry.line.ended + renderer.settings.recording_ready_after_seconds * 1000;
        match renderer.now {
            now if now < self.entry.line.ended => "in-progress",
            now if now < ready => "processing",
            _ => "completed",
        }
    }

    fn render(&self, renderer: &Renderer<'_>) -> Value {
        let status = self.status(renderer);
        let is_ready = status == "completed";
        let sid = &self.sid;
        let uri = format!("/2010-04-01/Accounts/{}/Recordings/{sid}", renderer.account_sid);
        json!({
            "sid": sid,
            "account_sid": renderer.account_sid,
            "call_sid": self.entry.sid,
            "conference_sid": null,
            "status": status,
            "source": "StartCallRecordingAPI",
            "channels": 2,
            "duration": if is_ready { self.call.duration.to_string() } else { "-1".to_owned() },
            "price": null,
            "price_unit": "USD",
            "error_code": null,
            "date_created": rfc2822(self.created),
            "start_time": rfc2822(self.created),
            "media_url": is_ready.then(|| format!("https://api.twilio.com{uri}")),
            "uri": format!("{uri}.json"),
        })
    }
}
