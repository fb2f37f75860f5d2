//! Recordings: a list of their own beside the list of calls, joined by the call's SID.
//!
//! They are listed by their creation, which lies between a call's start and its end, so a window's
//! recordings are one list a day longer than the window, and never a request for each call. A call
//! is kept as a record of [`parts`]: `call`, and one part for each recording, under its SID.
//! So a recording that is deleted at Twilio, and on no list any more, stays here as it was last
//! seen; and one that appears late is found when its window is read again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use domain::{CursorFacts, CursorWalk, Window};
use serde_json::value::RawValue;
use url::Url;

use super::client::Client;
use super::walk::asked_for;
use crate::json::{Fields, id, words};
use crate::parts::{self, Parts};
use crate::{RawRecord, SourceError};

/// The part of a record that is the call resource.
pub(super) const CALL: &str = "call";

/// What Twilio names the list, and where it is.
const LIST: (&str, &str) = ("recordings", "recordings");

/// Longer than any call, and so than the time from its start to a recording of it.
const CALL_MAX: Duration = Duration::from_hours(24);

/// States in which a recording still changes.
const UNSETTLED: [&str; 4] = ["in-progress", "paused", "stopped", "processing"];

/// The recordings of some calls.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    by_call: HashMap<String, Vec<Recording>>,
    /// Why these may not be all.
    pub(super) doubt: Option<String>,
}

/// One recording, as sent.
#[derive(Debug, Clone)]
struct Recording {
    sid: String,
    bytes: Bytes,
}

impl Recording {
    /// A recording and the SID of its call; `None` where it names neither.
    fn read(raw: &RawValue) -> Option<(String, Self)> {
        let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
        // A part's name is not escaped.
        let sid = id(fields.get("sid"))?;
        let is_sid = sid.starts_with("RE") && sid.bytes().all(|it| it.is_ascii_alphanumeric());
        let bytes = Bytes::copy_from_slice(raw.get().as_bytes());
        is_sid.then_some((id(fields.get("call_sid"))?, Self { sid, bytes }))
    }
}

impl Recordings {
    /// A call with its recordings. What cannot be read is kept as it is.
    pub(super) fn beside(&self, record: RawRecord) -> RawRecord {
        let Ok(identity) = &record.identity else { return record };
        let of_call = self.by_call.get(&identity.id.0).map(Vec::as_slice).unwrap_or_default();
        RawRecord { bytes: compose(&record.bytes, of_call), ..record }
    }

    fn add(&mut self, found: impl IntoIterator<Item = Option<(String, Recording)>>) {
        for (call, recording) in found.into_iter().flatten() {
            self.by_call.entry(call).or_default().push(recording);
        }
    }
}

/// In the order of their names, in which records are put together anew as well.
fn compose(call: &[u8], recordings: &[Recording]) -> Bytes {
    let recordings = recordings.iter().map(|it| (it.sid.as_str(), it.bytes.as_ref()));
    let all: BTreeMap<&str, &[u8]> = recordings.chain([(CALL, call)]).collect();
    parts::compose(all)
}

/// Every recording of the calls of a window. Where the token may not list them there are none,
/// which the doctor says; calls are read all the same.
pub(super) async fn of_window(client: &Client, window: Window) -> Result<Recordings, SourceError> {
    let mut all = Recordings::default();
    if !client.settings().reads_recordings {
        return Ok(all);
    }
    let Ok(longer) = Window::new(window.from(), window.to() + CALL_MAX) else { return Ok(all) };
    let asked = asked_for(longer, client.settings().trusts_seconds);
    let mut url = client.first_of("Recordings.json", &created(asked));
    let mut cursor = CursorWalk::default();
    loop {
        let page = match client.resources(LIST, url, Recording::read).await {
            Ok(page) => page,
            Err(SourceError::NotPermitted { .. }) => return Ok(Recordings::default()),
            Err(error) => return Err(error),
        };
        let ids = page.items.iter().map(|it| it.as_ref().map(|(_, it)| it.sid.as_str())).collect();
        cursor.page(&CursorFacts { next: page.next.as_deref(), ids });
        all.add(page.items);
        match page.next {
            Some(next) if cursor.goes_on() => url = client.next_page(LIST.0, &next)?,
            _ => break,
        }
    }
    all.doubt = cursor.verdict().err().map(|doubt| format!("recordings of {window}: {doubt}"));
    Ok(all)
}

/// The comparison is part of the parameter's name.
fn created(window: Window) -> [(&'static str, String); 2] {
    [("DateCreated>", window.from().to_string()), ("DateCreated<", window.to().to_string())]
}

/// A call that was asked for by its SID, with its recordings.
pub(super) async fn of_call(client: &Client, call: RawRecord) -> Result<RawRecord, SourceError> {
    let mut all = Recordings::default();
    if let (true, Ok(identity)) = (client.settings().reads_recordings, &call.identity) {
        match client.resources(LIST, client.recordings_of(&identity.id), Recording::read).await {
            Ok(page) => all.add(page.items),
            // Not known there, or not to be known: what is held of them stays.
            Err(SourceError::NotPermitted { .. } | SourceError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all.beside(call))
}

/// What the recordings of a call say of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Where the last of them that is ready can be fetched.
    pub(super) address: Option<String>,
    /// Whether one of them is not ready yet.
    pub(super) is_awaited: bool,
}

impl Said {
    /// Reads the parts of a record that are recordings.
    pub(super) fn of(parts: &Parts<'_>, base: &Url) -> Self {
        let mut said = Self::default();
        let mut newest = None;
        for (name, raw) in parts.iter().filter(|(name, _)| name.starts_with("RE")) {
            let fields: Fields<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            let status = words(fields.get("status"));
            let status = status.as_deref().unwrap_or_default();
            said.is_awaited |= UNSETTLED.contains(&status);
            let began = fields.get("date_created").and_then(super::wire::instant);
            let began = began.map(|(at, _)| at);
            if status == "completed" && newest.as_ref().is_none_or(|(at, _)| *at <= began) {
                newest = Some((began, address(&fields, base, name)));
            }
        }
        said.address = newest.and_then(|(_, address)| address);
        said
    }
}

/// Where the sound is: as Twilio says, or where it keeps the recording.
fn address(fields: &Fields<'_>, base: &Url, sid: &str) -> Option<String> {
    if let Some(said) = words(fields.get("media_url")) {
        return Some(said);
    }
    let uri = words(fields.get("uri")).filter(|uri| uri.contains(sid))?;
    Some(base.join(uri.strip_suffix(".json").unwrap_or(&uri)).ok()?.into())
}
