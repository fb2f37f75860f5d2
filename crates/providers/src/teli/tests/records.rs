//! Splitting answers and reading records.

use std::time::Duration;

use bytes::Bytes;
use domain::{Awaited, Call, CallStatus, Country, Direction, ProviderCallId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::parts;
use crate::teli::normalise;
use crate::teli::wire::{self, CallPage, DETAIL, EXPORT, LIST};

/// The published example of a list, with its ids made up anew.
fn listed() -> Value {
    json!({
        "call_id": "call_1f2e3d4c5b6a798081726354abc",
        "voice_agent_id": "agent_1f2e3d4c5b6a79808172635400",
        "agent_id": "0e3b4c5d-1111-4222-8333-444455556666",
        "organization_id": "7a8b9c0d-1111-4222-8333-444455556666",
        "start_timestamp": 1_763_660_353_696_i64,
        "end_timestamp": 1_763_660_479_604_i64,
        "call_status": "ended",
        "direction": "outbound",
        "user_sentiment": "Positive",
        "call_successful": true,
        "in_voicemail": false,
        "recording_url": "https://storage.example.com/recordings/call_1f2e.wav",
        "call_started_at": "2025-11-20T19:45:03.100000",
        "call_ended_at": "2025-11-20T19:45:02.900000",
        "created_at": "2025-11-20T17:41:24.234773",
        "updated_at": "2025-11-20T17:42:26.000000",
    })
}

fn detailed() -> Value {
    let mut detail = listed();
    detail["from_number"] = json!("+12025550143");
    detail["to_number"] = json!("+12025550187");
    detail["duration_ms"] = json!(125_908);
    detail["transcript"] = json!("Agent: Hello\nUser: Hi");
    detail["call_analysis"] = json!({"call_summary": "They said hello.", "in_voicemail": false});
    detail["extracted_fields"] = json!({"first_name": "Ava"});
    detail["extraction_config"] = json!(["first_name"]);
    detail
}

fn with(mut record: Value, field: &str, value: Value) -> Value {
    record[field] = value;
    record
}

fn read(parts: &[(&str, &Value)]) -> Call {
    let texts: Vec<_> = parts.iter().map(|(name, part)| (*name, part.to_string())).collect();
    let record = parts::compose(texts.iter().map(|(name, text)| (*name, text.as_bytes())));
    normalise(&record, Country::US).unwrap()
}

fn awaited(parts: &[(&str, &Value)]) -> Option<Awaited> {
    read(parts).awaits
}

fn page(rows: &[Value]) -> CallPage {
    let body = json!({"success": true, "calls": rows, "count": rows.len()}).to_string();
    CallPage::split(&body.into(), LIST).unwrap()
}

#[test]
fn the_published_row_becomes_a_call_with_its_own_times() {
    let page = page(&[listed()]);
    let row = &page.rows[0];
    assert_eq!(row.id(), Some("call_1f2e3d4c5b6a798081726354abc"));
    assert_eq!(row.created, Timestamp::parse("2025-11-20T17:41:24.234Z").ok());
    let call = normalise(&row.record.bytes, Country::US).unwrap();
    assert_eq!(call.occurred_at.at, Timestamp::parse("2025-11-20T17:39:13.696Z").unwrap());
    assert_eq!(call.duration, Some(Duration::from_millis(125_908)));
    assert_eq!((call.status, call.direction), (CallStatus::Completed, Some(Direction::Outbound)));
    assert_eq!(call.agent.unwrap().provider_agent_id, "agent_1f2e3d4c5b6a79808172635400");
    assert_eq!(call.awaits, Some(Awaited::Detail), "it has neither numbers nor transcript");
}

#[test]
fn the_detail_adds_what_the_row_lacks() {
    let (list, detail) = (listed(), detailed());
    let call = read(&[(LIST, &list), (DETAIL, &detail)]);
    assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12025550143"));
    assert_eq!(call.to.unwrap().e164.as_deref(), Some("+12025550187"));
    assert_eq!(call.transcript.as_deref(), Some("Agent: Hello\nUser: Hi"));
    assert_eq!(call.summary.as_deref(), Some("They said hello."));
    assert_eq!(call.extracted.unwrap()["first_name"], "Ava");
    assert_eq!(call.awaits, None);
}

#[test]
fn a_rich_row_needs_no_detail() {
    assert_eq!(awaited(&[(LIST, &detailed())]), None);
}

#[test]
fn what_is_still_owed_is_said_in_order() {
    let (list, detail) = (listed(), detailed());
    for (field, owed) in [
        ("transcript", Awaited::Transcript),
        ("extracted_fields", Awaited::Analysis),
        ("recording_url", Awaited::Recording),
    ] {
        let list = with(list.clone(), field, Value::Null);
        let detail = with(detail.clone(), field, Value::Null);
        assert_eq!(awaited(&[(LIST, &list), (DETAIL, &detail)]), Some(owed), "{field}");
    }
    let ongoing =
        |it: Value| with(with(it, "call_status", json!("ongoing")), "end_timestamp", Value::Null);
    let call = read(&[(LIST, &ongoing(list.clone())), (DETAIL, &ongoing(detail.clone()))]);
    assert_eq!((call.status, call.awaits), (CallStatus::InProgress, Some(Awaited::Ending)));
    let failed = |it: Value| with(it, "call_status", json!("error"));
    let silent = with(failed(detail), "transcript", Value::Null);
    let call = read(&[(LIST, &failed(list)), (DETAIL, &silent)]);
    assert_eq!((call.status, call.awaits), (CallStatus::Failed, None), "it owes nothing");
}

#[test]
fn a_detail_older_than_its_row_is_asked_for_again() {
    let old = with(detailed(), "call_status", json!("ongoing"));
    let call = read(&[(LIST, &listed()), (DETAIL, &old)]);
    assert_eq!((call.status, call.awaits), (CallStatus::Completed, Some(Awaited::Detail)));
    let flipped = with(listed(), "user_sentiment", json!("Negative"));
    assert_eq!(awaited(&[(LIST, &flipped), (DETAIL, &detailed())]), Some(Awaited::Detail));
    let lagging = with(listed(), "user_sentiment", Value::Null);
    assert_eq!(awaited(&[(LIST, &lagging), (DETAIL, &detailed())]), None, "the row lags");
}

#[test]
fn endings_are_told_apart_and_unknown_words_kept_unknown() {
    for (reason, status) in [
        ("dial_busy", CallStatus::Busy),
        ("dial_no_answer", CallStatus::NoAnswer),
        ("dial_failed", CallStatus::Failed),
        ("voicemail_reached", CallStatus::Voicemail),
        ("user_hangup", CallStatus::Completed),
    ] {
        let detail = with(detailed(), "disconnection_reason", json!(reason));
        assert_eq!(read(&[(DETAIL, &detail)]).status, status, "{reason}");
    }
    let machine = with(listed(), "in_voicemail", json!(true));
    assert_eq!(read(&[(LIST, &machine)]).status, CallStatus::Voicemail);
    let unheard = with(listed(), "call_status", json!("not_connected"));
    assert_eq!(read(&[(LIST, &unheard)]).status, CallStatus::Unknown);
}

#[test]
fn times_come_as_numbers_and_as_texts_and_without_a_zone() {
    let at = Timestamp::from_millis(1_763_660_353_696);
    for raw in [
        json!(1_763_660_353_696_i64),
        json!("1763660353696"),
        json!("2025-11-20T17:39:13.696"),
        json!("2025-11-20T17:39:13.696Z"),
        json!("2025-11-20T12:39:13.696-05:00"),
    ] {
        let call = read(&[(LIST, &with(listed(), "start_timestamp", raw.clone()))]);
        assert_eq!(call.occurred_at.at, at, "{raw}");
    }
    for raw in [json!(null), json!(""), json!(0), json!("soon"), json!({}), json!(1e300)] {
        let call = read(&[(LIST, &with(listed(), "start_timestamp", raw.clone()))]);
        assert_eq!(call.occurred_at.text, "2025-11-20T17:41:24.234773", "{raw}");
    }
}

#[test]
fn the_agent_goes_by_the_id_that_is_the_same_everywhere() {
    let nameless = with(listed(), "voice_agent_id", Value::Null);
    let agent = |parts: &[(&str, &Value)]| read(parts).agent.map(|agent| agent.provider_agent_id);
    assert_eq!(
        agent(&[(LIST, &nameless)]).as_deref(),
        Some("0e3b4c5d-1111-4222-8333-444455556666")
    );
    let both = agent(&[(LIST, &listed()), (DETAIL, &nameless)]);
    assert_eq!(both.as_deref(), Some("agent_1f2e3d4c5b6a79808172635400"));
    assert_eq!(agent(&[(LIST, &with(nameless.clone(), "agent_id", Value::Null))]), None);
}

#[test]
fn an_exported_row_alone_is_a_call() {
    let row = json!({
        "call_id": "call_1", "start_time": "2025-11-20T17:39:13.696Z",
        "end_time": "2025-11-20T17:41:19.604Z", "duration_seconds": 126, "call_status": "ended",
        "from_number": "+12025550143", "contact_id": "c1",
    });
    let call = read(&[(EXPORT, &row)]);
    assert_eq!(call.duration, Some(Duration::from_millis(125_908)));
    assert_eq!(call.contact.unwrap().provider_contact_id, "c1");
}

#[test]
fn a_number_too_small_for_milliseconds_counts_seconds() {
    let exported = json!({"call_id": "call_1", "start_time": 1_763_660_353});
    let at = page(&[exported]).rows[0].record.identity.clone().unwrap().occurred_at;
    assert_eq!(at.as_millis(), 1_763_660_353_000);
}

#[test]
fn one_bad_record_leaves_its_neighbours() {
    let nameless = json!({"start_timestamp": 1_763_660_353_696_i64});
    let timeless = json!({"call_id": "call_2"});
    let page = page(&[json!(42), listed(), nameless, timeless]);
    let whys: Vec<_> =
        page.rows.iter().map(|row| row.record.identity.clone().err().map(|it| it.why)).collect();
    assert_eq!(whys[0].as_deref(), Some("the record is not an object"));
    assert_eq!(whys[1], None);
    assert_eq!(whys[2].as_deref(), Some("the record has no `call_id`"));
    let timeless = "neither `start_timestamp` nor `created_at` is an instant";
    assert_eq!(whys[3].as_deref(), Some(timeless));
    assert_eq!(page.rows[0].record.bytes, r#"{"list":42}"#);
}

#[test]
fn an_answer_that_does_not_say_success_is_none() {
    for body in [r#"{"success":false,"calls":[]}"#, r#"{"calls":[]}"#, r#"{"success":true}"#, "[]"]
    {
        assert!(CallPage::split(&Bytes::from(body), LIST).is_err(), "{body}");
    }
}

#[test]
fn a_signed_recording_is_the_same_record_every_time() {
    let signed = |signature: &str| {
        let url = format!("https://storage.example.com/a.wav?X-Amz-Signature={signature}");
        page(&[with(listed(), "recording_url", json!(url))]).rows[0].record.bytes.clone()
    };
    assert_eq!(signed("1"), signed("2"));
    let call = normalise(&signed("1"), Country::US).unwrap();
    assert_eq!(call.recording.as_deref(), Some("https://storage.example.com/a.wav"));
}

#[test]
fn a_detail_stands_under_call_or_alone_and_is_the_one_asked_for() {
    let id = ProviderCallId("call_1f2e3d4c5b6a798081726354abc".to_owned());
    let wrapped = json!({"success": true, "call": detailed(), "powered_by": "Teli"}).to_string();
    let bare = detailed().to_string();
    let record = |body: &str| wire::detail(&Bytes::from(body.to_owned()), &id);
    assert_eq!(record(&wrapped).unwrap().bytes, record(&bare).unwrap().bytes);
    assert!(record(r#"{"success":false,"error":"Failed to fetch"}"#).is_err());
    let other = ProviderCallId("call_2".to_owned());
    assert!(wire::detail(&Bytes::from(wrapped), &other).is_err());
}

#[test]
fn an_agent_is_listed_under_every_id_it_has() {
    let entry = json!({
        "voice_agent_id": "agent_1", "agent_id": "uuid-1", "unique_id": "1x2", "agent_name": "Desk",
    });
    for body in
        [json!([entry]), json!({"agents": [entry], "success": true}), json!({"data": [entry]})]
    {
        let agents = wire::agents(&Bytes::from(body.to_string())).unwrap();
        let ids: Vec<_> = agents.iter().map(|agent| agent.provider_agent_id.as_str()).collect();
        assert_eq!(ids, ["agent_1", "uuid-1", "1x2"]);
        assert!(agents.iter().all(|agent| agent.name == "Desk"));
    }
    let same = json!([{"agent_id": "agent_1", "voice_agent_id": "agent_1"}, {"name": "no id"}]);
    assert_eq!(wire::agents(&Bytes::from(same.to_string())).unwrap().len(), 1);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

proptest! {
    #[test]
    fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let body = Bytes::from(bytes);
        CallPage::split(&body, LIST).ok();
        wire::detail(&body, &ProviderCallId("call_1".to_owned())).ok();
        wire::agents(&body).ok();
        normalise(&body, Country::US).ok();
    }

    #[test]
    fn any_field_may_be_anything(field in 0_usize..17, value in any_json()) {
        let mut row = detailed();
        let name = row.as_object().unwrap().keys().nth(field).unwrap().clone();
        row[&name] = value;
        let page = page(&[row.clone(), listed()]);
        let readable = page.rows[0].record.identity.is_ok();
        let read = normalise(&page.rows[0].record.bytes, Country::US);
        prop_assert_eq!(readable, read.is_ok(), "{}", name);
        prop_assert!(page.rows[1].record.identity.is_ok());
    }
}
