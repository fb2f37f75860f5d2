//! Splitting pages and reading records.

use std::time::Duration;

use bytes::Bytes;
use domain::{Alias, Awaited, Call, CallStatus, Country, Direction, ProviderCallId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::{NOON, START, detail, row};
use crate::elevenlabs::wire::{AgentPage, ConversationPage, Next, detailed};
use crate::elevenlabs::{Reading, normalise};
use crate::{Unreadable, parts};

pub(super) fn try_read(record: &[u8]) -> Result<Call, Unreadable> {
    let base = Url::parse("https://api.elevenlabs.io").unwrap();
    normalise(record, &Reading { home: Country::US, base: &base, rows_tell_changes: true })
}

/// The call a record of these parts is.
pub(super) fn read(record: &Value) -> Call {
    try_read(record.to_string().as_bytes()).unwrap()
}

fn split(body: &Value) -> serde_json::Result<ConversationPage> {
    ConversationPage::split(&Bytes::from(body.to_string()))
}

fn by_id(body: &Value) -> serde_json::Result<crate::RawRecord> {
    detailed(&Bytes::from(body.to_string()), &ProviderCallId("conv_1".to_owned()))
}

#[test]
fn a_page_is_split_into_records_of_one_part() {
    let page = split(&json!({
        "conversations": [row("conv_1", START)], "next_cursor": "abc", "has_more": true,
    }));
    let page = page.unwrap();
    let identity = page.records[0].identity.as_ref().unwrap();
    assert_eq!(identity.id.0, "conv_1");
    assert_eq!(identity.occurred_at, Timestamp::parse(NOON).unwrap());
    assert_eq!(page.next, Next::At("abc".to_owned()));
    let parts = parts::read(&page.records[0].bytes).unwrap();
    assert_eq!(parts["list"].get().as_bytes(), &page.rows[0][..]);
}

#[test]
fn a_row_alone_awaits_its_detail() {
    let call = read(&json!({ "list": row("conv_1", START) }));
    assert_eq!(call.awaits, Some(Awaited::Detail));
    assert_eq!(call.status, CallStatus::Completed);
    assert_eq!(call.occurred_at.text, START.to_string());
    assert_eq!(call.duration, Some(Duration::from_secs(22)));
    assert_eq!(call.direction, Some(Direction::Outbound));
    assert_eq!(call.agent.unwrap().provider_agent_id, "agent_1");
    assert_eq!(call.summary.as_deref(), Some("Asked about prices."));
    assert_eq!((call.from, call.to, call.transcript, call.recording), (None, None, None, None));
}

#[test]
fn a_row_with_its_detail_is_a_whole_call() {
    let both = json!({ "list": row("conv_1", START), "detail": detail("conv_1") });
    for record in [both, json!({ "detail": detail("conv_1") })] {
        let call = read(&record);
        assert_eq!(call.awaits, None);
        assert_eq!(call.provider_call_id.0, "conv_1");
        assert_eq!(call.occurred_at.at, Timestamp::parse(NOON).unwrap());
        assert_eq!(call.status, CallStatus::Completed);
        assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12125550100"));
        assert_eq!(call.to.unwrap().e164.as_deref(), Some("+12015550123"));
        assert_eq!(call.transcript.as_deref(), Some("agent: Hello\nuser: Hi there"));
        assert_eq!(call.extracted, Some(json!({ "name": "Ann" })));
        let recording = "https://api.elevenlabs.io/v1/convai/conversations/conv_1/audio";
        assert_eq!(call.recording.as_deref(), Some(recording));
        let alias = |kind: &str, id: &str| Alias { kind: kind.to_owned(), id: id.to_owned() };
        assert_eq!(
            call.aliases,
            [
                alias("twilio_call", "CA0123456789abcdef0123456789abcdef"),
                alias("elevenlabs_batch_recipient", "rcpt_1"),
            ]
        );
    }
}

#[test]
fn an_inbound_call_goes_from_them_to_us() {
    let mut detail = detail("conv_1");
    detail["metadata"]["phone_call"]["direction"] = json!("inbound");
    let call = read(&json!({ "detail": detail }));
    assert_eq!(call.direction, Some(Direction::Inbound));
    assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12015550123"));
    assert_eq!(call.to.unwrap().e164.as_deref(), Some("+12125550100"));
}

#[test]
fn a_call_through_our_own_bridge_names_its_call_sid_in_a_variable() {
    let mut detail = detail("conv_1");
    detail["metadata"]["phone_call"] = Value::Null;
    detail["metadata"]["batch_call"] = Value::Null;
    let variables = json!({ "dynamic_variables": { "twilio_call_sid": "CA7" } });
    detail["conversation_initiation_client_data"] = variables;
    let call = read(&json!({ "detail": detail }));
    let alias = Alias { kind: "twilio_call".to_owned(), id: "CA7".to_owned() };
    assert_eq!((call.aliases, call.from, call.direction), (vec![alias], None, None));
}

#[test]
fn a_sip_line_names_a_call_of_its_own_kind() {
    for (line, sid, kind) in [
        ("sip_trunking", "SCL_1", "sip_call"),
        ("exotel", "e1", "exotel_call"),
        ("sip_trunking", "CA0123456789abcdef0123456789abcdef", "twilio_call"),
    ] {
        let mut detail = detail("conv_1");
        detail["metadata"]["phone_call"]["type"] = json!(line);
        detail["metadata"]["phone_call"]["call_sid"] = json!(sid);
        let call = read(&json!({ "detail": detail }));
        assert_eq!(call.aliases[0], Alias { kind: kind.to_owned(), id: sid.to_owned() });
    }
}

#[test]
fn results_that_come_as_a_list_are_read_too() {
    let mut detail = detail("conv_1");
    detail["analysis"]["data_collection_results"] = json!({});
    detail["analysis"]["data_collection_results_list"] =
        json!([{ "data_collection_id": "size", "value": 3 }, 7, { "value": 1 }]);
    assert_eq!(read(&json!({ "detail": detail })).extracted, Some(json!({ "size": 3 })));
}

#[test]
fn an_absent_empty_or_ill_typed_field_is_none() {
    for raw in [Value::Null, json!(""), json!(" "), json!({}), json!([]), json!(true)] {
        let mut detail = detail("conv_1");
        for field in ["agent_id", "transcript", "has_audio", "conversation_initiation_client_data"]
        {
            detail[field] = raw.clone();
        }
        detail["has_audio"] = if raw == true { json!("no") } else { raw.clone() };
        for field in ["phone_call", "batch_call", "call_duration_secs", "error"] {
            detail["metadata"][field] = raw.clone();
        }
        let call = read(&json!({ "detail": detail }));
        assert!(call.agent.is_none() && call.transcript.is_none() && call.recording.is_none());
        assert!(call.duration.is_none() && call.aliases.is_empty() && call.direction.is_none());
        assert_eq!(call.status, CallStatus::Completed);
    }
}

#[test]
fn a_record_that_is_no_call_says_which_field_is_wrong() {
    for (row, why) in [
        (json!(7), "the record is not an object"),
        (Value::Null, "the record is not an object"),
        (json!({}), "the record has no `conversation_id`"),
        (
            json!({ "conversation_id": {} }),
            "`conversation_id` is empty, or neither a text nor a number",
        ),
        (json!({ "conversation_id": "a" }), "the record has no `start_time_unix_secs`"),
        (
            json!({ "conversation_id": "a", "start_time_unix_secs": "soon" }),
            "`start_time_unix_secs` is not an instant",
        ),
        (
            json!({ "conversation_id": "a", "start_time_unix_secs": -1 }),
            "`start_time_unix_secs` is not an instant",
        ),
    ] {
        let page = split(&json!({ "conversations": [row], "has_more": false })).unwrap();
        assert_eq!(page.records[0].identity.clone().unwrap_err().why, why, "{row}");
        assert!(try_read(&page.records[0].bytes).is_err(), "{row}");
    }
    assert_eq!(try_read(b"{}").unwrap_err().why, "the record has neither a row nor a detail");
}

#[test]
fn one_bad_record_does_not_fail_its_page() {
    let page = split(&json!({ "conversations": [7, row("a", START), {}], "has_more": false }));
    let readable: Vec<bool> =
        page.unwrap().records.iter().map(|record| record.identity.is_ok()).collect();
    assert_eq!(readable, [false, true, false]);
}

#[test]
fn a_list_ends_where_it_says_and_only_there() {
    for (rest, next) in [
        (json!({ "has_more": false, "next_cursor": null }), Next::End),
        (json!({ "has_more": false }), Next::End),
        (json!({ "has_more": false, "next_cursor": "x" }), Next::End),
        (json!({ "next_cursor": null }), Next::End),
        (json!({ "has_more": true, "next_cursor": "x" }), Next::At("x".to_owned())),
        (json!({ "next_cursor": "x" }), Next::At("x".to_owned())),
        (json!({ "has_more": true, "next_cursor": null }), Next::Nowhere),
        (json!({ "has_more": true }), Next::Nowhere),
        (json!({}), Next::Nowhere),
    ] {
        let mut page = rest.clone();
        page["conversations"] = json!([]);
        assert_eq!(split(&page).unwrap().next, next, "{rest}");
    }
}

#[test]
fn what_has_no_list_is_no_page() {
    for body in [
        json!({}),
        json!([]),
        json!({ "conversations": null, "has_more": false }),
        json!({ "conversations": {}, "has_more": false }),
        json!({ "detail": { "message": "no" } }),
    ] {
        assert!(split(&body).is_err(), "{body}");
    }
}

#[test]
fn a_detail_must_be_the_one_that_was_asked_for() {
    assert!(by_id(&detail("conv_1")).is_ok());
    assert!(by_id(&detail("conv_2")).is_err());
    assert!(by_id(&json!({ "conversations": [], "has_more": false })).is_err());
}

#[test]
fn agents_are_read_and_one_without_a_name_too() {
    let body = json!({
        "agents": [{ "agent_id": "agent_1", "name": "Front desk" }, { "agent_id": "agent_2" }, 7],
        "has_more": false,
    });
    let page = AgentPage::read(&Bytes::from(body.to_string())).unwrap();
    let names: Vec<&str> = page.agents.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!((names, page.next), (vec!["Front desk", ""], Next::End));
}

#[test]
fn of_a_field_that_comes_twice_the_last_counts() {
    let record =
        br#"{"list":{"conversation_id":"a","conversation_id":"b","start_time_unix_secs":1.5}}"#;
    let call = try_read(record).unwrap();
    assert_eq!(call.provider_call_id.0, "b");
    assert_eq!(call.occurred_at.at, Timestamp::from_millis(1500));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_other_field_makes_a_call_unreadable(
        values in prop::collection::vec(any_json(), 8),
        inner in prop::collection::vec(any_json(), 6),
    ) {
        let mut record = json!({ "list": row("conv_1", START), "detail": detail("conv_1") });
        let names = ["status", "transcript", "analysis", "agent_id", "has_audio",
            "conversation_initiation_client_data", "user_id", "tag_ids"];
        for (name, value) in names.into_iter().zip(values) {
            record["list"][name] = value.clone();
            record["detail"][name] = value;
        }
        let names = ["phone_call", "batch_call", "error", "cost", "deletion_settings",
            "call_duration_secs"];
        for (name, value) in names.into_iter().zip(inner) {
            record["detail"]["metadata"][name] = value;
        }
        prop_assert_eq!(read(&record).provider_call_id.0, "conv_1");
        prop_assert!(by_id(&record["detail"]).is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        try_read(&bytes).ok();
        ConversationPage::split(&bytes.clone().into()).ok();
        detailed(&bytes.into(), &ProviderCallId("a".to_owned())).ok();
    }

    #[test]
    fn no_damage_to_a_record_makes_it_panic(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let record = json!({ "list": row("conv_1", START), "detail": detail("conv_1") });
        let mut bytes = record.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        try_read(&bytes).ok();
    }
}
