//! One message as the API writes it (§3.5).

use serde_json::{Map, Value, json};

use crate::highlevel::{iso, mixed, share};
use crate::world::{Call, World};

use super::rows::{CUSTOM_CALL, Kind, PLAIN_CALL, Row, What, user_id};
use super::settings::{Dates, Outcome, Settings};

/// Writes messages as they look at one instant.
pub(super) struct Writer<'a> {
    pub(super) world: &'a World,
    pub(super) settings: &'a Settings,
    pub(super) now: i64,
}

impl Writer<'_> {
    /// The message.
    pub(super) fn write(&self, row: &Row) -> Value {
        let call = &self.world.calls()[row.call];
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("id", json!(row.id));
        put("locationId", json!(self.world.location().id));
        put("conversationId", json!(row.thread));
        put("dateAdded", self.date(row.added));
        put("dateUpdated", self.date(row.updated(self.now)));
        if let Some(id) = call.contact_id.as_ref().filter(|_| self.has(&row.id, "contactId")) {
            put("contactId", json!(id));
        }
        if self.settings.has_surprises {
            put("activity", json!({ "data": { "mood": "fine" } }));
        }
        match row.what {
            What::Text => {
                put("type", json!(2));
                put("messageType", json!("TYPE_SMS"));
                put("direction", json!("outbound"));
                put("status", json!("delivered"));
                put("contentType", json!("text/plain"));
                put("body", json!("Thanks for your call."));
            }
            What::Call(kind) => self.write_call(row, call, kind, &mut put),
        }
        Value::Object(fields)
    }

    fn write_call(
        &self,
        row: &Row,
        call: &Call,
        kind: &'static Kind,
        put: &mut impl FnMut(&str, Value),
    ) {
        put("type", json!(kind.number));
        put("messageType", json!(kind.name));
        let is_outbound = is_outbound(call);
        put("direction", json!(if is_outbound { "outbound" } else { "inbound" }));
        let state = self.state(row);
        put("status", json!(state.top));
        if self.has(&row.id, "source") {
            put("source", json!("app"));
        }
        if let Some(user) = self.user(row) {
            put("userId", json!(user));
        }
        let line = call.agent_id.as_ref().and_then(|id| self.line(id));
        let (from, to) = if is_outbound { ("to", "from") } else { ("from", "to") };
        if let Some(number) = call.from_number.as_ref().filter(|_| self.has(&row.id, "from")) {
            put(from, json!(number));
        }
        if let Some(number) = line {
            put(to, json!(number));
        }
        if *kind == CUSTOM_CALL {
            put("conversationProviderId", json!("61d6d1f9cdac7612faf80753"));
        } else if self.has(&row.id, "altId") {
            let (high, low) = (mixed(&row.id, "sid"), mixed(&row.id, "sid again"));
            put("altId", json!(format!("CA{high:016x}{low:016x}")));
        }
        if let Some(outcome) = state.outcome {
            put("meta", self.meta(outcome, state.duration));
        }
    }

    fn meta(&self, outcome: &str, duration: Option<u32>) -> Value {
        let mut meta = match self.settings.outcome {
            Outcome::InMetaCall => json!({ "call": { "status": outcome } }),
            Outcome::InMeta => json!({ "callStatus": outcome }),
        };
        match (self.settings.outcome, duration) {
            (_, None) => {}
            (Outcome::InMetaCall, Some(seconds)) => meta["call"]["duration"] = json!(seconds),
            (Outcome::InMeta, Some(seconds)) => {
                meta["callDuration"] = json!(seconds.to_string());
            }
        }
        meta
    }

    /// Where the call stands, and what its row says of that.
    pub(super) fn state(&self, row: &Row) -> State {
        let call = &self.world.calls()[row.call];
        let What::Call(kind) = row.what else {
            return State { top: "delivered", outcome: None, duration: None };
        };
        if *kind == CUSTOM_CALL {
            // Calls of other providers have no duration by design.
            return State { top: "completed", outcome: None, duration: None };
        }
        if kind.name.contains("VOICEMAIL") {
            return State { top: "voicemail", outcome: None, duration: None };
        }
        if !row.has_ended(self.now) {
            return State { top: "pending", outcome: Some("pending"), duration: None };
        }
        let (outcome, is_answered) = outcome(call, self.settings.answered_share);
        let top = if is_answered || outcome == "voicemail" { "completed" } else { outcome };
        State { top, outcome: Some(outcome), duration: is_answered.then_some(call.duration) }
    }

    /// Who handled it; inbound calls do not say.
    pub(super) fn user(&self, row: &Row) -> Option<String> {
        let call = &self.world.calls()[row.call];
        let agent = call.agent_id.as_ref().filter(|_| is_outbound(call) && row.is_call());
        agent.map(|id| user_id(id))
    }

    fn line(&self, agent_id: &str) -> Option<&str> {
        let agent = self.world.agents().iter().find(|agent| agent.id == agent_id)?;
        agent.inbound_number.as_deref()
    }

    fn has(&self, id: &str, field: &str) -> bool {
        share(id, field) >= self.settings.omit_optional_share
    }

    /// An instant, as this deployment writes it.
    pub(super) fn date(&self, unix_ms: i64) -> Value {
        match self.settings.dates {
            Dates::Iso => json!(iso(unix_ms)),
            Dates::Millis => json!(unix_ms),
            Dates::Seconds => json!({
                "seconds": unix_ms.div_euclid(1000),
                "nanoseconds": unix_ms.rem_euclid(1000) * 1_000_000,
            }),
        }
    }
}

/// What a row says of how its call went.
pub(super) struct State {
    pub(super) top: &'static str,
    outcome: Option<&'static str>,
    pub(super) duration: Option<u32>,
}

impl State {
    /// Only calls that people talked in are recorded and transcribed.
    pub(super) fn was_talked(&self) -> bool {
        self.duration.is_some_and(|seconds| seconds > 0)
    }
}

pub(super) fn is_plain_call(row: &Row) -> bool {
    matches!(row.what, What::Call(kind) if *kind == PLAIN_CALL)
}

fn is_outbound(call: &Call) -> bool {
    share(&call.id, "direction") < 0.5
}

fn outcome(call: &Call, answered_share: f64) -> (&'static str, bool) {
    if share(&call.id, "answered") < answered_share {
        return ("completed", true);
    }
    let others = ["no-answer", "no-answer", "busy", "failed", "canceled", "voicemail"];
    let nth = mixed(&call.id, "outcome") % others.len() as u64;
    (others[usize::try_from(nth).unwrap_or(0)], false)
}
