//! Splitting pages and reading records.

use std::time::Duration;

use bytes::Bytes;
use domain::{Alias, Call, CallStatus, Country, Tag, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::highlevel_voice_ai::normalise;
use crate::highlevel_voice_ai::wire::{AgentPage, CallPage};

const CALL_LOGS: &str = include_str!("../fixtures/call_logs.json");
const AGENTS: &str = include_str!("../fixtures/agents.json");

fn split(body: impl Into<Bytes>) -> serde_json::Result<CallPage> {
    CallPage::split(&body.into())
}

fn read(record: &str) -> Call {
    normalise(record.as_bytes(), Country::US).unwrap()
}

/// A call with one field set to raw JSON.
fn with(field: &str, raw: &str) -> Call {
    read(&format!(r#"{{"id":"a","createdAt":"2026-03-01T12:00:00Z","{field}":{raw}}}"#))
}

fn why_not(record: &str) -> String {
    let page = split(format!(r#"{{"total":1,"callLogs":[{record}]}}"#)).unwrap();
    page.records[0].identity.clone().unwrap_err().why
}

#[test]
fn the_documented_page_is_split_without_a_copy() {
    let body = Bytes::from_static(CALL_LOGS.as_bytes());
    let page = CallPage::split(&body).unwrap();
    assert_eq!((page.total, page.page, page.page_size), (150, Some(2), Some(10)));
    let record = &page.records[0];
    let identity = record.identity.as_ref().unwrap();
    assert_eq!(identity.id.0, "507f1f77bcf86cd799439011");
    assert_eq!(identity.occurred_at, Timestamp::parse("2024-01-15T10:30:00Z").unwrap());
    assert!(body.as_ptr_range().contains(&record.bytes.as_ptr()), "it shares the page's memory");
    assert!(record.bytes.starts_with(b"{") && record.bytes.ends_with(b"}"));
}

#[test]
fn the_documented_record_becomes_a_call() {
    let page = split(CALL_LOGS).unwrap();
    let call = normalise(&page.records[0].bytes, Country::US).unwrap();
    assert_eq!(call.occurred_at.text, "2024-01-15T10:30:00.000Z");
    assert_eq!(call.duration, Some(Duration::from_mins(3)));
    assert_eq!(call.status, CallStatus::Completed);
    assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12015550123"));
    assert_eq!(call.contact.unwrap().provider_contact_id, "507f1f77bcf86cd799439012");
    let agent = call.agent.unwrap();
    assert_eq!(agent.provider_agent_id, "507f1f77bcf86cd799439013");
    assert!(!agent.is_deleted);
    assert_eq!(call.summary.as_deref(), Some("Caller asked about pricing."));
    assert_eq!(call.transcript.as_deref(), Some("bot: Hello\nhuman: Hi"));
    assert_eq!(call.extracted.unwrap()["customField1"], "value");
    let id = "507f1f77bcf86cd799439014".to_owned();
    assert_eq!(call.aliases, [Alias { kind: "highlevel_message".to_owned(), id }]);
    assert_eq!((call.tags, call.to, call.direction, call.recording), (vec![], None, None, None));
}

#[test]
fn the_documented_agents_are_read_and_one_without_a_name_too() {
    let page = AgentPage::read(&Bytes::from_static(AGENTS.as_bytes())).unwrap();
    assert_eq!((page.total, page.agents.len()), (2, 2));
    assert_eq!(page.agents[0].name, "Front desk");
    assert_eq!(page.agents[0].inbound_number.as_deref(), Some("+12015550199"));
    assert_eq!(page.agents[1].provider_agent_id, "507f1f77bcf86cd799439015");
}

#[test]
fn an_absent_empty_or_ill_typed_field_is_none() {
    for raw in ["null", "\"\"", "\" \"", "{}", "[]", "true", "-1", "\"abc\"", "1e999", "\"NaN\""] {
        assert_eq!(with("duration", raw).duration, None, "{raw}");
    }
    for raw in ["null", "\"\"", "\" \\n\"", "{}", "[1]", "true", "7"] {
        assert_eq!(with("transcript", raw).transcript, None, "{raw}");
        assert_eq!(with("summary", raw).summary, None, "{raw}");
    }
    for raw in ["null", "\"\"", "{}", "[]"] {
        let call = with("extractedData", raw);
        assert_eq!(call.extracted, None, "{raw}");
        for field in ["fromNumber", "agentId", "contactId", "messageId"] {
            let call = with(field, raw);
            assert!(call.from.is_none() && call.agent.is_none() && call.contact.is_none());
            assert!(call.aliases.is_empty());
        }
    }
}

#[test]
fn durations_come_as_numbers_and_as_texts() {
    for (raw, millis) in [("0", 0), ("12", 12_000), ("\"12\"", 12_000), ("1.5", 1_500)] {
        assert_eq!(with("duration", raw).duration, Some(Duration::from_millis(millis)), "{raw}");
    }
}

#[test]
fn trial_calls_and_deleted_agents_are_tagged() {
    assert_eq!(with("trialCall", "true").tags, [Tag::TestCall]);
    assert_eq!(with("isAgentDeleted", "true").tags, [Tag::AgentDeleted]);
    let record = r#"{"id":7,"createdAt":1767225600000,"agentId":"x","isAgentDeleted":true}"#;
    let call = read(record);
    assert!(call.agent.unwrap().is_deleted);
    assert_eq!(call.provider_call_id.0, "7");
    assert_eq!(call.occurred_at.at, Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
}

#[test]
fn odd_texts_are_kept_as_well_as_they_can_be() {
    assert_eq!(with("summary", r#""half \ud83d pair""#).summary.unwrap(), "half \u{fffd} pair");
    assert_eq!(with("summary", r#""a \"b\" \u00e9 日""#).summary.unwrap(), "a \"b\" é 日");
    let twice = r#"{"id":"a","id":"b","createdAt":"2026-03-01T12:00:00+02:00","x":[{"id":"c"}]}"#;
    assert_eq!(read(twice).provider_call_id.0, "b");
    assert_eq!(read(twice).occurred_at.at, Timestamp::parse("2026-03-01T10:00:00Z").unwrap());
}

#[test]
fn a_record_that_is_no_call_says_which_field_is_wrong() {
    for (record, why) in [
        ("7", "the record is not an object"),
        ("null", "the record is not an object"),
        ("[]", "the record is not an object"),
        ("{}", "the record has no `id`"),
        (r#"{"id":""}"#, "`id` is empty, or neither a text nor a number"),
        (r#"{"id":{}}"#, "`id` is empty, or neither a text nor a number"),
        (r#"{"id":"a"}"#, "the record has no `createdAt`"),
        (r#"{"id":"a","createdAt":"soon"}"#, "`createdAt` is not an instant"),
        (r#"{"id":"a","createdAt":"2026-03-01T12:00:00"}"#, "`createdAt` is not an instant"),
    ] {
        assert_eq!(why_not(record), why, "{record}");
    }
}

#[test]
fn a_deeply_nested_field_does_no_harm() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(with("extractedData", &deep).extracted, None);
    assert_eq!(with("unknown", &deep).provider_call_id.0, "a");
}

#[test]
fn one_bad_record_does_not_fail_its_page() {
    let good = r#"{"id":"a","createdAt":"2026-03-01T12:00:00Z"}"#;
    let page = split(format!(r#"{{"total":"3","callLogs":[7,{good},{{}}],"more":1}}"#)).unwrap();
    let readable: Vec<bool> = page.records.iter().map(|r| r.identity.is_ok()).collect();
    assert_eq!((page.total, readable), (3, vec![false, true, false]));
    assert_eq!(&page.records[0].bytes[..], b"7");
}

#[test]
fn what_lacks_the_list_or_its_total_is_no_page() {
    for body in [
        "{}",
        "[]",
        "null",
        r#"{"total":1}"#,
        r#"{"callLogs":[]}"#,
        r#"{"total":null,"callLogs":[]}"#,
        r#"{"total":-1,"callLogs":[]}"#,
        r#"{"total":"many","callLogs":[]}"#,
        r#"{"total":1,"callLogs":null}"#,
        r#"{"total":1,"callLogs":{}}"#,
        r#"{"statusCode":401,"message":"Invalid JWT"}"#,
    ] {
        assert!(split(body).is_err(), "{body}");
    }
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
    fn no_other_field_makes_a_record_unreadable(
        values in prop::collection::vec(any_json(), 10),
        id in "[a-z0-9]{1,24}",
    ) {
        let names = ["contactId", "agentId", "isAgentDeleted", "fromNumber", "duration",
            "trialCall", "summary", "transcript", "extractedData", "messageId"];
        let mut record = json!({"id": id, "createdAt": "2026-03-01T12:00:00.123Z"});
        for (name, value) in names.into_iter().zip(values) {
            record[name] = value;
        }
        let body = json!({"total": 1, "page": 1, "pageSize": 50, "callLogs": [record]});
        let page = split(serde_json::to_vec(&body).unwrap()).unwrap();
        prop_assert_eq!(&page.records[0].identity.as_ref().unwrap().id.0, &id);
        prop_assert!(normalise(&page.records[0].bytes, Country::US).is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        normalise(&bytes, Country::US).ok();
        split(bytes).ok();
    }

    #[test]
    fn no_damage_to_a_page_makes_it_panic(at in 0..CALL_LOGS.len(), byte: u8, cut: bool) {
        let mut bytes = CALL_LOGS.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(page) = split(bytes) {
            for record in page.records {
                normalise(&record.bytes, Country::US).ok();
            }
        }
    }
}
