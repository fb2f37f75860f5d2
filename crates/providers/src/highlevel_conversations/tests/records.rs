//! One record, in every shape it comes in.

use bytes::Bytes;
use domain::{Awaited, Call, CallStatus, Country, Direction};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::highlevel_conversations::wire::{self, ExportPage, Message, ThreadPage};
use crate::highlevel_conversations::{Home, normalise};
use crate::{Unreadable, parts};

fn home() -> Home<'static> {
    Home { base_url: "https://api.example.com", location_id: "LOC", country: Country::US }
}

fn read(record: &[u8]) -> Result<Call, Unreadable> {
    normalise(record, home())
}

fn of(message: &Value) -> Call {
    read(json!({ "list": message }).to_string().as_bytes()).unwrap()
}

/// A real outbound call, with other ids.
fn real() -> Value {
    json!({
        "id": "MfL6", "type": 1, "messageType": "TYPE_CALL", "direction": "outbound",
        "status": "completed", "locationId": "LOC", "contactId": "con", "conversationId": "thread",
        "userId": "user", "source": "app", "dateAdded": "2026-02-16T19:52:33.288Z",
        "dateUpdated": "2026-02-16T19:53:17.731Z", "from": "+12015550100", "to": "A Person",
        "meta": {"call": {"duration": 37, "status": "completed"}}
    })
}

/// The same with a field changed; null stands for absent.
fn with(name: &str, value: Value) -> Value {
    let mut message = real();
    message[name] = value;
    message
}

#[test]
fn a_real_call_is_read_whole() {
    let call = of(&real());
    assert_eq!(call.provider_call_id.0, "MfL6");
    assert_eq!(call.occurred_at.at.to_string(), "2026-02-16T19:52:33.288Z");
    assert_eq!(call.duration.unwrap().as_secs(), 37);
    assert_eq!((call.direction, call.status), (Some(Direction::Outbound), CallStatus::Completed));
    assert_eq!(call.agent.unwrap().provider_agent_id, "user");
    assert_eq!(call.contact.unwrap().provider_contact_id, "con");
    assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12015550100"));
    assert_eq!(call.to, None, "a name is no number");
    let aliases: Vec<_> =
        call.aliases.iter().map(|it| (it.kind.as_str(), it.id.as_str())).collect();
    assert_eq!(aliases, [("highlevel_message", "MfL6"), ("highlevel_conversation", "thread")]);
    let address = "https://api.example.com/conversations/messages/MfL6/locations/LOC/recording";
    assert_eq!(call.recording.as_deref(), Some(address));
    assert_eq!(call.awaits, Some(Awaited::Transcript));
}

#[test]
fn three_ways_to_write_an_instant_mean_the_same() {
    for written in [
        json!("2026-02-16T19:52:33.288Z"),
        json!(1_771_271_553_288_i64),
        json!({"seconds": 1_771_271_553, "nanoseconds": 288_000_000}),
        json!({"_seconds": 1_771_271_553, "_nanoseconds": 288_000_000}),
    ] {
        let call = of(&with("dateAdded", written.clone()));
        assert_eq!(call.occurred_at.at.as_millis(), 1_771_271_553_288, "{written}");
    }
}

#[test]
fn duration_and_outcome_are_found_where_seen_and_where_published() {
    for (meta, seconds, status) in [
        (json!({"call": {"duration": 37, "status": "completed"}}), Some(37), CallStatus::Completed),
        (
            json!({"call": {"duration": "37", "status": "completed"}}),
            Some(37),
            CallStatus::Completed,
        ),
        (json!({"callDuration": "37", "callStatus": "completed"}), Some(37), CallStatus::Completed),
        (json!({"call": {"status": "no-answer"}}), None, CallStatus::NoAnswer),
        (json!({"call": {"status": "busy", "duration": 0}}), Some(0), CallStatus::Busy),
        (json!({"call": {"status": "canceled"}}), None, CallStatus::Canceled),
        (json!({"call": {"status": "failed"}}), None, CallStatus::Failed),
        (json!({"call": {"status": "voicemail", "duration": 9}}), Some(9), CallStatus::Voicemail),
        (json!({"call": {"status": "answered", "duration": 9}}), Some(9), CallStatus::Completed),
        (json!({"call": {"status": "answered"}}), None, CallStatus::InProgress),
        (json!({"call": {"status": "pending"}}), None, CallStatus::Initiated),
        (json!({"call": {"status": "teleported"}}), None, CallStatus::Unknown),
        (json!("abc"), None, CallStatus::Completed),
        (json!(null), None, CallStatus::Completed),
    ] {
        let call = of(&with("meta", meta.clone()));
        let expected = (seconds.map(std::time::Duration::from_secs), status);
        assert_eq!((call.duration, call.status), expected, "{meta}");
    }
}

#[test]
fn what_is_owed_follows_from_the_record_alone() {
    let awaits = |name, value| of(&with(name, value)).awaits;
    let status = |word: &str| awaits("meta", json!({"call": {"status": word, "duration": 5}}));
    assert_eq!(status("completed"), Some(Awaited::Transcript));
    for ended in ["no-answer", "busy", "failed", "canceled", "voicemail"] {
        assert_eq!(status(ended), None, "{ended}");
    }
    assert_eq!(awaits("meta", json!({"call": {"status": "pending"}})), Some(Awaited::Ending));
    let silent = json!({"call": {"status": "completed", "duration": 0}});
    assert_eq!(awaits("meta", silent), None);
    assert_eq!(awaits("meta", json!(null)), None, "an external call has no duration by design");
    assert_eq!(awaits("messageType", json!("TYPE_CUSTOM_CALL")), None);
    assert_eq!(awaits("conversationProviderId", json!("other")), None);
}

#[test]
fn a_transcription_is_read_as_a_list_and_as_one_sentence() {
    let record = |transcription: &Value| {
        json!({ "list": real(), "transcription": transcription }).to_string()
    };
    let list = json!([
        {"mediaChannel": "2", "sentenceIndex": "1", "transcript": "Fine."},
        {"mediaChannel": "1", "sentenceIndex": 0, "transcript": "How are you?"},
        {"transcript": null},
    ]);
    let call = read(record(&list).as_bytes()).unwrap();
    assert_eq!(call.transcript.as_deref(), Some("1: How are you?\n2: Fine."));
    assert_eq!(call.awaits, None);
    let one = json!({"mediaChannel": 1, "transcript": "Hello"});
    assert_eq!(read(record(&one).as_bytes()).unwrap().transcript.as_deref(), Some("1: Hello"));
    let empty = read(record(&json!({"x": 1})).as_bytes()).unwrap();
    assert_eq!((empty.transcript, empty.awaits), (None, Some(Awaited::Transcript)));
}

#[test]
fn the_part_written_later_counts() {
    let mut pending = with("meta", json!({"call": {"status": "pending"}}));
    pending["dateUpdated"] = json!("2026-02-16T19:52:33.288Z");
    for (list, detail) in [(real(), pending.clone()), (pending, real())] {
        let record = json!({ "list": list, "detail": detail }).to_string();
        assert_eq!(read(record.as_bytes()).unwrap().status, CallStatus::Completed);
    }
    let only = json!({ "detail": real() }).to_string();
    assert_eq!(read(only.as_bytes()).unwrap().provider_call_id.0, "MfL6");
}

#[test]
fn a_record_without_id_or_time_says_so() {
    for (record, words) in [
        (json!({"list": with("id", json!(null))}), "`id`"),
        (json!({"list": with("id", json!(" "))}), "`id`"),
        (json!({"list": with("dateAdded", json!(null))}), "`dateAdded`"),
        (json!({"list": with("dateAdded", json!("yesterday"))}), "`dateAdded`"),
        (json!({"list": 42}), "not an object"),
        (json!({"transcription": []}), "no message"),
        (json!([1]), "parts"),
    ] {
        let why = read(record.to_string().as_bytes()).unwrap_err().why;
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn fields_of_other_types_spoil_nothing() {
    for name in [
        "type",
        "messageType",
        "direction",
        "status",
        "contactId",
        "conversationId",
        "userId",
        "meta",
        "from",
        "to",
        "dateUpdated",
        "source",
        "conversationProviderId",
    ] {
        for value in [json!(null), json!(42), json!([1]), json!({"a": 1}), json!(""), json!(true)] {
            assert_eq!(of(&with(name, value)).provider_call_id.0, "MfL6", "{name}");
        }
    }
}

#[test]
fn call_like_kinds_and_kinds_nobody_knows_are_calls() {
    let is_call = |kind: Value, number: Value| {
        let message = json!({"messageType": kind, "type": number}).to_string();
        Message::read(&message).unwrap().is_call()
    };
    for kind in [
        "TYPE_CALL",
        "TYPE_IVR_CALL",
        "TYPE_CUSTOM_CALL",
        "TYPE_CAMPAIGN_CALL",
        "CALL",
        "VoiceMail",
        "TYPE_CAMPAIGN_MANUAL_CALL",
        "TYPE_CAMPAIGN_VOICEMAIL",
        "TYPE_VOICEMAIL",
        "TYPE_HOLOGRAM",
    ] {
        assert!(is_call(json!(kind), json!(null)), "{kind}");
    }
    for kind in [
        "TYPE_SMS",
        "TYPE_EMAIL",
        "TYPE_NO_SHOW",
        "TYPE_ACTIVITY_PAYMENT",
        "TYPE_LIVE_CHAT",
        "TYPE_CAMPAIGN_MANUAL_SMS",
        "TYPE_INTERNAL_COMMENT",
        "TYPE_SMS_REVIEW_REQUEST",
    ] {
        assert!(!is_call(json!(kind), json!(null)), "{kind}");
    }
    for number in [1, 8, 10, 13, 24, 77] {
        assert!(is_call(json!(null), json!(number)), "{number}");
    }
    for number in [2, 3, 11, 18, 31, 100] {
        assert!(!is_call(json!(null), json!(number)), "{number}");
    }
}

#[test]
fn envelopes_are_opened_and_traces_left_out() {
    let bytes = |value: Value| Bytes::from(value.to_string());
    let nested = wire::one(&bytes(json!({"message": real(), "traceId": "a"}))).unwrap();
    let mut bare = real();
    bare["traceId"] = json!("b");
    let bare = wire::one(&bytes(bare)).unwrap();
    let value = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!((value(&nested), value(&bare)), (real(), real()));

    let list = json!({"messages": [real()], "nextPage": true, "lastMessageId": "MfL6"});
    for page in [json!({"messages": list.clone(), "traceId": "a"}), list] {
        let page = ThreadPage::read(&bytes(page)).unwrap();
        assert_eq!((page.messages.len(), page.next.as_deref()), (1, Some("MfL6")));
    }
    for said in [json!([]), json!({}), json!({"traceId": "a"})] {
        assert_eq!(wire::transcription(&bytes(said)).unwrap(), None);
    }
    assert!(wire::transcription(&bytes(json!({"statusCode": 500, "message": "x"}))).is_err());
}

#[test]
fn a_page_ends_by_null_or_by_silence() {
    let next = |body: Value| ExportPage::read(&Bytes::from(body.to_string())).unwrap().next;
    assert_eq!(next(json!({"messages": [], "total": 0, "nextCursor": null})), None);
    assert_eq!(next(json!({"messages": [], "total": 0})), None);
    assert_eq!(next(json!({"messages": [], "nextCursor": ""})), None);
    assert_eq!(next(json!({"messages": [], "nextCursor": "c"})).as_deref(), Some("c"));
    assert!(ExportPage::read(&Bytes::from_static(b"{\"total\":0}")).is_err());
}

proptest! {
    #[test]
    fn any_bytes_may_come(text in ".*") {
        let bytes = Bytes::from(text);
        assert!(read(&bytes).is_err());
        drop(ExportPage::read(&bytes));
        drop(ThreadPage::read(&bytes));
        drop(wire::SearchPage::read(&bytes));
        drop(wire::one(&bytes));
        drop(wire::transcription(&bytes));
        drop(wire::users(&bytes));
    }

    #[test]
    fn any_field_may_hold_anything(name in "id|dateAdded|meta|status|type|from|userId|[a-z]{1,9}", text in ".*") {
        let mut message = real();
        message[&name] = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let record = parts::compose([("list", message.to_string().as_bytes())]);
        let is_about = |why: String| why.contains(&name);
        assert!(read(&record).map_or_else(|error| is_about(error.why), |call| call.summary.is_none()));
    }
}
