//! The rows of a call, as each program of the cluster writes them.

use super::facts::{By, Facts, Kind};
use super::line::Line;
use super::settings::Settings;
use super::zone::Zone;

const CAMPAIGN: &str = "OUTSALES";
const QUEUE: &str = "SUPPORTLINE";
const LIST: i64 = 101;
const DID: &str = "2015550199";

/// Every row of a call.
pub(super) fn of(facts: &Facts, zone: &Zone, settings: &Settings) -> Vec<Line> {
    let mut lines = match facts.kind {
        Kind::Outbound => vec![dial(facts, zone), log(facts, zone, settings), carrier(facts, zone)],
        Kind::Queued => vec![did(facts, zone, "IN_GROUP"), closer(facts, zone)],
        Kind::Menu => vec![did(facts, zone, "CALLMENU"), channel(facts, zone)],
    };
    if facts.kind != Kind::Menu {
        lines.push(extended(facts, zone));
    }
    if let (Some(user), Some(length)) = (facts.agent(), facts.length) {
        lines.push(agent_time(facts, zone, &user, length));
        lines.push(recording(facts, zone, &user, length));
    }
    lines
}

/// The dialler, before the call is placed.
pub(super) fn dial(facts: &Facts, zone: &Zone) -> Line {
    Line::of("vicidial_dial_log")
        .text("caller_code", &facts.code(zone))
        .number("lead_id", facts.lead)
        .text("server_ip", &facts.server)
        .text("call_date", &zone.local(facts.asked_at()))
        .text("extension", &format!("91{}", facts.phone))
        .text("outbound_cid", "\"Maple Street\" <2015550100>")
        .number("timeout", 26_000)
        .text("uniqueid", &facts.unique())
}

/// The routing script, the sweep or the hang-up handler.
pub(super) fn log(facts: &Facts, zone: &Zone, settings: &Settings) -> Line {
    let start = facts.start_epoch(zone);
    // Rows of answered calls get the time of another host than the one that counts seconds.
    let written = match facts.by {
        By::Routing => facts.at + settings.web_skew_seconds,
        By::Sweep | By::HangUp => facts.at,
    };
    let comments = if facts.is_manual { "MANUAL" } else { "AUTO" };
    Line::of("vicidial_log")
        .text("uniqueid", &facts.unique())
        .number("lead_id", facts.lead)
        .number("list_id", LIST)
        .text("campaign_id", CAMPAIGN)
        .text("call_date", &zone.local(written))
        .number("start_epoch", start)
        .perhaps("end_epoch", facts.length.map(|length| facts.at + length))
        .perhaps("length_in_sec", facts.length)
        .text("status", facts.status)
        .text("phone_code", "1")
        .text("phone_number", &facts.phone)
        .text("user", &facts.user)
        .text("comments", comments)
        .text("processed", "N")
        .text("user_group", "AGENTS")
        .text("term_reason", if facts.agent().is_some() { "CALLER" } else { "NONE" })
        .number("called_count", 1)
}

/// The queue.
pub(super) fn closer(facts: &Facts, zone: &Zone) -> Line {
    Line::of("vicidial_closer_log")
        .number("closecallid", facts.closecallid)
        .number("lead_id", facts.lead)
        .number("list_id", LIST)
        .text("campaign_id", QUEUE)
        .text("call_date", &zone.local(facts.at))
        .number("start_epoch", facts.at)
        .perhaps("end_epoch", facts.length.map(|length| facts.at + length))
        .perhaps("length_in_sec", facts.length)
        .text("status", facts.status)
        .text("phone_code", "1")
        .text("phone_number", &facts.phone)
        .text("user", &facts.user)
        .text("processed", "N")
        .text("queue_seconds", "7.00")
        .text("uniqueid", &facts.unique())
}

/// The inbound script, at the first ring.
fn did(facts: &Facts, zone: &Zone, route: &str) -> Line {
    Line::of("vicidial_did_log")
        .text("uniqueid", &facts.unique())
        .text("channel", &format!("SIP/carrier-{:08x}", facts.sequence))
        .text("server_ip", &facts.server)
        .text("caller_id_number", &facts.phone)
        .text("extension", DID)
        .text("call_date", &zone.local(facts.created))
        .text("did_id", "3")
        .text("did_route", route)
}

/// Whoever logs the call also logs what it is called.
pub(super) fn extended(facts: &Facts, zone: &Zone) -> Line {
    Line::of("vicidial_log_extended")
        .text("uniqueid", &facts.unique())
        .text("server_ip", &facts.server)
        .text("call_date", &zone.local(facts.at))
        .number("lead_id", facts.lead)
        .text("caller_code", &facts.code(zone))
}

/// The hang-up handler, for the leg towards the carrier.
fn carrier(facts: &Facts, zone: &Zone) -> Line {
    let (cause, said) = match facts.status {
        "NA" => (19, "NOANSWER"),
        "AB" => (17, "BUSY"),
        "ADC" => (1, "CHANUNAVAIL"),
        _ => (16, "ANSWER"),
    };
    Line::of("vicidial_carrier_log")
        .text("uniqueid", &facts.unique())
        .text("call_date", &zone.local(facts.at))
        .text("server_ip", &facts.server)
        .number("lead_id", facts.lead)
        .number("hangup_cause", cause)
        .text("dialstatus", said)
        .text("caller_code", &facts.code(zone))
}

/// Asterisk's own log.
fn channel(facts: &Facts, zone: &Zone) -> Line {
    Line::of("call_log")
        .text("uniqueid", &facts.unique())
        .text("server_ip", &facts.server)
        .text("extension", DID)
        .text("start_time", &zone.local(facts.created))
        .number("start_epoch", facts.created)
        .perhaps("end_epoch", facts.length.map(|length| facts.created + length))
        .perhaps("length_in_sec", facts.length)
}

/// The agent's screen.
fn agent_time(facts: &Facts, zone: &Zone, user: &str, length: i64) -> Line {
    Line::of("vicidial_agent_log")
        .text("user", user)
        .text("server_ip", &facts.server)
        .text("event_time", &zone.local(facts.at - 20))
        .number("lead_id", facts.lead)
        .text("campaign_id", CAMPAIGN)
        .number("talk_epoch", facts.at)
        .number("talk_sec", length.min(65_535))
        .text("status", facts.status)
        .text("uniqueid", &facts.unique())
}

/// The recorder, and the job that moved the file.
fn recording(facts: &Facts, zone: &Zone, user: &str, length: i64) -> Line {
    let of = match facts.kind {
        Kind::Queued => facts.closecallid.to_string(),
        Kind::Outbound | Kind::Menu => facts.unique(),
    };
    Line::of("recording_log")
        .text("server_ip", &facts.server)
        .text("start_time", &zone.local(facts.at))
        .number("start_epoch", facts.at)
        .number("length_in_sec", length)
        .text("filename", &facts.code(zone))
        .text("location", &format!("http://203.0.113.20/RECORDINGS/{}.mp3", facts.code(zone)))
        .number("lead_id", facts.lead)
        .text("user", user)
        .text("vicidial_id", &of)
}
