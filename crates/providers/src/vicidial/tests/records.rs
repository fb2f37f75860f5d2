use domain::{Awaited, Call, CallStatus, Country, Direction};

use super::*;
use crate::Unreadable;
use crate::vicidial::normalise;

const LOG: &str = r#"{"uniqueid":"1774958390.4","lead_id":"7","list_id":"101","campaign_id":"SALES",
    "call_date":"2026-03-31 08:00:00","start_epoch":"1774958401","end_epoch":"1774958461",
    "length_in_sec":"60","status":"SALE","phone_code":"1","phone_number":"2015550123",
    "user":"1001","term_reason":"","processed":"N","called_count":"2"}"#;

fn read(record: &str) -> Result<Call, Unreadable> {
    normalise(record.as_bytes(), &new_york(), SKEW, Country::US)
}

/// The call of a log row with one column changed.
fn with(column: &str, value: &str) -> Call {
    let mut log: serde_json::Value = serde_json::from_str(LOG).unwrap();
    log[column] = serde_json::from_str(value).unwrap();
    read(&format!(r#"{{"key":"vl-1","log":{log}}}"#)).unwrap()
}

#[test]
fn an_outbound_call_is_read_whole() {
    let record = format!(
        r#"{{"key":"vl-1774958390-7-1774958401","log":{LOG},
        "lead":{{"lead_id":"7","vendor_lead_code":"1234567890123"}},
        "status":{{"status":"SALE","status_name":"Sale Made","human_answered":"Y"}},
        "extended":{{"caller_code":"V3310759500000000007"}},
        "dial":{{"outbound_cid":"\"Maple\" <2015550100>"}},
        "carrier":{{"hangup_cause":"16"}},
        "recording":[{{"location":""}},{{"location":"https://rec.example.com/1.mp3"}}],
        "agent":[{{"talk_sec":"40"}},{{"talk_sec":"2"}}]}}"#
    );
    let call = read(&record).unwrap();
    assert_eq!(call.provider_call_id.0, "vl-1774958390-7-1774958401");
    assert_eq!(call.occurred_at.at, at("2026-03-31T12:00:01Z"));
    assert_eq!(call.occurred_at.text, "2026-03-31 08:00:00");
    assert_eq!(call.ended_at.unwrap().at, at("2026-03-31T12:01:01Z"));
    assert_eq!(call.duration, Some(Duration::from_mins(1)));
    assert_eq!(call.direction, Some(Direction::Outbound));
    assert_eq!(call.status, CallStatus::Completed);
    assert_eq!(call.from.unwrap().e164.unwrap(), "+12015550100");
    let to = call.to.unwrap();
    assert_eq!((to.raw.as_str(), to.e164.unwrap().as_str()), ("2015550123", "+12015550123"));
    assert_eq!(call.agent.unwrap().provider_agent_id, "1001");
    assert_eq!(call.contact.unwrap().provider_contact_id, "7");
    assert_eq!(call.recording.unwrap(), "https://rec.example.com/1.mp3");
    assert_eq!(call.awaits, None);
    let said = call.extracted.unwrap();
    assert_eq!(said["disposition"], "SALE");
    assert_eq!(said["vendor_lead_code"], "1234567890123");
    assert_eq!(said["talk_seconds"], "42");
    assert!(said.get("term_reason").is_none());
    let aliases: Vec<_> =
        call.aliases.iter().map(|it| (it.kind.as_str(), it.id.as_str())).collect();
    let code = ("vicidial_call_id", "V3310759500000000007");
    let one = ("vicidial_epoch_lead", "1774958390-7");
    assert_eq!(aliases, [("asterisk_uniqueid", "1774958390.4"), code, one]);
}

#[test]
fn a_queue_entry_is_inbound_unless_it_was_transferred() {
    let closer = r#"{"closecallid":"12","call_date":"2026-03-31 08:00:00","start_epoch":"1774958400",
        "end_epoch":"1774958460","length_in_sec":"60","status":"SALE","user":"1001",
        "phone_code":"1","phone_number":"2015550123","uniqueid":"1774958390.4"}"#;
    let did = r#"[{"extension":"2015550199"}]"#;
    let call = read(&format!(r#"{{"key":"vcl-12","closer":{closer},"did":{did}}}"#)).unwrap();
    assert_eq!(call.direction, Some(Direction::Inbound));
    assert_eq!(call.from.unwrap().e164.unwrap(), "+12015550123");
    assert_eq!(call.to.unwrap().e164.unwrap(), "+12015550199");
    let extended = r#"{"caller_code":"M3310759500000000007"}"#;
    let call = read(&format!(r#"{{"key":"vcl-12","closer":{closer},"extended":{extended}}}"#));
    assert_eq!(call.unwrap().direction, Some(Direction::Outbound));
}

#[test]
fn what_is_in_use_wins_over_what_was_archived() {
    let frozen = LOG.replace(r#""SALE""#, r#""INCALL""#);
    let both = format!(r#"{{"key":"vl-1","archived_log":{frozen},"log":{LOG}}}"#);
    assert_eq!(read(&both).unwrap().status, CallStatus::Completed);
    let alone = format!(r#"{{"key":"vl-1","archived_log":{frozen}}}"#);
    assert_eq!(read(&alone).unwrap().awaits, Some(Awaited::Ending));
}

#[test]
fn an_ending_that_only_the_archive_has_wins_over_a_row_held_from_before() {
    let check = |name: &str, held: &str, archived: &str, expected: CallStatus| {
        let record = format!(r#"{{"key":"vl-1","archived_{name}":{archived},"{name}":{held}}}"#);
        let call = read(&record).unwrap();
        assert_eq!(call.status, expected, "{name}");
        assert_eq!(call.awaits.is_none(), expected.is_terminal(), "{name}");
    };
    let begun = LOG.replace(r#""end_epoch":"1774958461","#, "").replace(r#""SALE""#, r#""INCALL""#);
    let hung_up = LOG.replace(r#""SALE""#, r#""DISPO""#);
    for name in ["log", "closer"] {
        check(name, &begun, LOG, CallStatus::Completed);
        check(name, &hung_up, LOG, CallStatus::Completed);
        check(name, LOG, &begun, CallStatus::Completed);
        check(name, &begun, &begun, CallStatus::InProgress);
    }
}

#[test]
fn a_call_that_goes_on_awaits_its_ending() {
    for (column, value) in
        [("status", r#""INCALL""#), ("status", r#""dispo""#), ("end_epoch", "null")]
    {
        let call = with(column, value);
        assert_eq!(call.status, CallStatus::InProgress, "{column} {value}");
        assert_eq!(call.awaits, Some(Awaited::Ending), "{column} {value}");
    }
}

#[test]
fn codes_say_how_it_went() {
    let expected = [
        ("NA", CallStatus::NoAnswer),
        ("AB", CallStatus::Busy),
        ("AA", CallStatus::Voicemail),
        ("ADC", CallStatus::Failed),
        ("HUC17", CallStatus::Failed),
        ("CPDERR", CallStatus::Failed),
        ("DNCC", CallStatus::Canceled),
        ("OWN1", CallStatus::Completed),
        ("XFER", CallStatus::Completed),
        ("PU", CallStatus::Completed),
        // An agent took it, whatever its code says.
        ("DROP", CallStatus::Completed),
    ];
    for (code, status) in expected {
        assert_eq!(with("status", &format!("\"{code}\"")).status, status, "{code}");
    }
    assert_eq!(with("length_in_sec", "\"0\"").status, CallStatus::Unknown);
}

#[test]
fn a_call_that_left_its_queue_was_not_answered_whatever_its_flags_say() {
    let codes = ["DROP", "xdrop", "PDROP", "TIMEOT", "AFTHRS", "NANQUE", "MAXCAL", "ACFLTR"];
    for (code, user) in codes.into_iter().zip(["VDAD", "VDCL", ""].into_iter().cycle()) {
        let log = LOG.replace("SALE\"", &format!("{code}\"")).replace("1001", user);
        let flags = r#"{"human_answered":"Y"}"#;
        let call = read(&format!(r#"{{"key":"vl-1","log":{log},"status":{flags}}}"#)).unwrap();
        assert_eq!(call.status, CallStatus::NoAnswer, "{code} of `{user}`");
    }
}

#[test]
fn a_call_that_is_handed_on_goes_on_until_it_has_an_end_and_a_length() {
    for code in ["XFER", "PU"] {
        let log = LOG.replace("SALE\"", &format!("{code}\"")).replace(r#""60""#, r#""0""#);
        let call = read(&format!(r#"{{"key":"vl-1","log":{log}}}"#)).unwrap();
        assert_eq!((call.status, call.awaits), (CallStatus::InProgress, Some(Awaited::Ending)));
    }
}

#[test]
fn the_flags_of_a_code_are_believed() {
    let read = |flags: &str| {
        let log = LOG.replace(r#""SALE""#, r#""OWN1""#).replace("1001", "VDAD");
        read(&format!(r#"{{"key":"vl-1","log":{log},"status":{flags}}}"#)).unwrap().status
    };
    assert_eq!(read(r#"{"answering_machine":"Y"}"#), CallStatus::Voicemail);
    assert_eq!(read(r#"{"human_answered":"Y"}"#), CallStatus::Completed);
    assert_eq!(read("{}"), CallStatus::Unknown);
}

#[test]
fn fields_that_say_nothing_are_none() {
    assert_eq!(with("user", r#""VDAD""#).agent, None);
    assert_eq!(with("user", "null").agent, None);
    assert_eq!(with("lead_id", r#""0""#).contact, None);
    assert_eq!(with("length_in_sec", r#""-4""#).duration, None);
    assert_eq!(with("length_in_sec", "[1]").duration, None);
    assert_eq!(with("phone_number", "null").to, None);
    assert_eq!(with("phone_code", "{}").to.unwrap().e164.unwrap(), "+12015550123");
    assert_eq!(with("new_column", r#"{"a":1}"#).duration, Some(Duration::from_mins(1)));
}

#[test]
fn a_recording_without_an_address_is_awaited() {
    let record = format!(r#"{{"key":"vl-1","log":{LOG},"recording":[{{"location":null}}]}}"#);
    let call = read(&record).unwrap();
    assert_eq!((call.recording, call.awaits), (None, Some(Awaited::Recording)));
}

#[test]
fn a_call_that_reached_no_queue_has_its_channels_length() {
    let did = r#"{"uniqueid":"1774958390.4","caller_id_number":"2015550123","extension":"2015550199",
        "call_date":"2026-03-31 07:59:50","server_ip":"203.0.113.1","did_route":"CALLMENU"}"#;
    let channel = r#"{"end_epoch":"1774958420","length_in_sec":"30"}"#;
    let call = read(&format!(r#"{{"key":"did-1","did_call":{did},"channel":{channel}}}"#)).unwrap();
    assert_eq!(call.duration, Some(Duration::from_secs(30)));
    assert_eq!((call.status, call.awaits), (CallStatus::Completed, None));
    let call = read(&format!(r#"{{"key":"did-1","did_call":{did}}}"#)).unwrap();
    assert_eq!((call.status, call.duration), (CallStatus::Unknown, None));
}

#[test]
fn what_cannot_be_read_says_why() {
    let why = |record: &str| read(record).unwrap_err().why;
    assert_eq!(why(r#"{"key":"vl-1"}"#), "no part of it is a call");
    assert_eq!(why(&format!(r#"{{"log":{LOG}}}"#)), "the record has no `key`");
    let undated = r#"{"key":"vl-1","log":{"call_date":"0000-00-00 00:00:00"}}"#;
    assert_eq!(why(undated), "the row has no time that can be read");
}

#[test]
fn bytes_that_are_no_utf_8_stay_different() {
    let read = |bytes: &[u8]| {
        Row::new(["name".to_owned()].into(), vec![Some(bytes.to_vec())])
            .get("name")
            .map(str::to_owned)
    };
    assert_eq!(read("Zoë".as_bytes()).unwrap(), "Zoë");
    assert_eq!(read(b"Zo\xeb").unwrap(), "Zoë");
    assert_ne!(read(b"Zo\xe9"), read(b"Zo\xeb"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_may_be_a_record(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        drop(normalise(&bytes, &new_york(), SKEW, Country::US));
    }

    #[test]
    fn any_column_may_hold_anything(column in "[a-z_]{1,12}", value in ".*") {
        let columns = [("uniqueid", "1.2"), ("call_date", value.as_str()), (column.as_str(), value.as_str())];
        let json = String::from_utf8(row(&columns).json()).unwrap();
        drop(read(&format!(r#"{{"key":"vl-1","log":{json}}}"#)));
    }
}
