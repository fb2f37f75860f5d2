//! One call as the API writes it (§2): every scalar a text, every date in RFC 2822.

use serde_json::{Value, json};

use crate::world::{Call, line_sid};

use super::dates::rfc2822;
use super::settings::Settings;
use super::timeline::{Outcome, Timeline, pick, share, sid};

/// The business' own numbers.
pub(super) const OWN: [&str; 3] = ["+12125550100", "+12125550101", "+12125550102"];

/// Writes calls as they look at one instant.
pub(super) struct Renderer<'a> {
    pub(super) settings: &'a Settings,
    pub(super) account_sid: &'a str,
    pub(super) now: i64,
}

impl Renderer<'_> {
    /// The instant whose state is shown.
    pub(super) fn seen_at(&self) -> i64 {
        self.now - self.settings.status_lag_seconds * 1000
    }

    /// Whether the call has a duration to show.
    pub(super) fn has_duration(&self, line: &Timeline) -> bool {
        line.outcome == Outcome::Completed && line.has_ended(self.seen_at())
    }

    pub(super) fn status(&self, line: &Timeline) -> &'static str {
        // Whatever is listed has at least been created.
        line.status(self.seen_at().max(line.created))
    }

    /// The start, as far as it is shown.
    pub(super) fn started(&self, line: &Timeline) -> Option<i64> {
        line.started_by(self.seen_at().max(line.created))
    }

    /// The record.
    pub(super) fn render(&self, call: &Call, line: &Timeline, parent: Option<&str>) -> Value {
        let call_sid = line_sid(&call.id);
        let account_sid = self.account_sid;
        let has_ended = line.has_ended(self.seen_at());
        let priced_at = line.ended + self.settings.price_after_seconds * 1000;
        let has_price = line.outcome == Outcome::Completed && self.now >= priced_at;
        let last_step = match (has_price, has_ended) {
            (true, _) => priced_at,
            (false, true) => line.ended,
            (false, false) => self.started(line).unwrap_or(line.created),
        };
        let updated = last_step + i64::from(call.edits) * 1000;
        let own = OWN[pick(&call.id, "own", OWN.len())];
        let other = other(call);
        let (from, to) =
            if line.is_inbound { (other.as_str(), own) } else { (own, other.as_str()) };
        let uri = format!("/2010-04-01/Accounts/{account_sid}/Calls/{call_sid}");
        json!({
            "sid": call_sid,
            "account_sid": account_sid,
            "parent_call_sid": parent,
            "api_version": "2010-04-01",
            "from": from,
            "to": to,
            "from_formatted": from,
            "to_formatted": to,
            "direction": direction(line, parent.is_some()),
            "status": self.status(line),
            "date_created": rfc2822(line.created),
            "date_updated": rfc2822(updated),
            "start_time": self.started(line).map(rfc2822),
            "end_time": has_ended.then(|| rfc2822(line.ended)),
            "duration": self.has_duration(line).then(|| call.duration.to_string()),
            "price": has_price.then(|| price(call)),
            "price_unit": "USD",
            "answered_by": null,
            "phone_number_sid": sid("PN", own),
            "queue_time": (line.started.unwrap_or(line.created) - line.created).to_string(),
            "forwarded_from": null,
            "caller_name": null,
            "group_sid": null,
            "trunk_sid": null,
            "annotation": null,
            "uri": format!("{uri}.json"),
            "subresource_uris": {
                "events": format!("{uri}/Events.json"),
                "notifications": format!("{uri}/Notifications.json"),
                "recordings": format!("{uri}/Recordings.json"),
            },
        })
    }
}

fn direction(line: &Timeline, is_child: bool) -> &'static str {
    match (line.is_inbound, is_child) {
        (true, _) => "inbound",
        (false, true) => "outbound-dial",
        (false, false) => "outbound-api",
    }
}

fn other(call: &Call) -> String {
    match (&call.from_number, share(&call.id, "other")) {
        (Some(number), 0.1..) => number.clone(),
        (_, ..0.05) => "client:front_desk_7".to_owned(),
        _ => "sip:12125550142@example.sip.twilio.com".to_owned(),
    }
}

/// By the minute, as a negative number of varying scale.
fn price(call: &Call) -> String {
    let minutes = call.duration.div_ceil(60).max(1);
    if minutes.is_multiple_of(2) {
        format!("-0.{:03}", minutes * 8)
    } else {
        format!("-0.{:05}", minutes * 850)
    }
}
