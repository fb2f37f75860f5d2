//! Splitting pages and reading records.

use std::time::Duration;

use bytes::Bytes;
use domain::{Alias, Awaited, Call, CallStatus, Country, Direction};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::at;
use crate::twilio::wire::{CallPage, SummaryPage, account_sids};
use crate::twilio::{Reading, normalise};
use crate::{Unreadable, parts};

const PAGE: &str = include_str!("../fixtures/calls.json");

fn split(body: impl Into<Bytes>) -> serde_json::Result<CallPage> {
    CallPage::split(&body.into())
}

/// What a call resource says that stands alone.
fn reading(call: &[u8]) -> Result<Call, Unreadable> {
    let base = url::Url::parse("https://api.twilio.com").unwrap();
    let record = parts::compose([("call", call)]);
    normalise(&record, &Reading { home: Country::US, base: &base })
}

fn read(record: &Value) -> Call {
    reading(record.to_string().as_bytes()).unwrap()
}

/// A call that was dialled, with these fields.
fn with(fields: &[(&str, Value)]) -> Call {
    let mut record = json!({"sid": "CA1", "start_time": "Fri, 18 Oct 2019 17:00:00 +0000"});
    for (name, value) in fields {
        record[*name] = value.clone();
    }
    read(&record)
}

fn why_not(record: &str) -> String {
    let page = split(format!(r#"{{"next_page_uri":null,"calls":[{record}]}}"#)).unwrap();
    page.calls[0].record.identity.clone().unwrap_err().why
}

#[test]
fn the_documented_page_is_split_without_a_copy() {
    let body = Bytes::from_static(PAGE.as_bytes());
    let page = CallPage::split(&body).unwrap();
    assert_eq!((page.calls.len(), page.page_size), (2, Some(2)));
    assert!(page.next.unwrap().starts_with("/2010-04-01/Accounts/AC"));
    let first = &page.calls[0];
    let identity = first.record.identity.as_ref().unwrap();
    assert_eq!(identity.occurred_at, at("2019-10-18T17:02:00Z"));
    assert!(body.as_ptr_range().contains(&first.record.bytes.as_ptr()));
    assert!(first.has_started);
    let second = &page.calls[1];
    assert_eq!(second.record.identity.as_ref().unwrap().occurred_at, at("2019-10-18T16:02:00Z"));
    assert_eq!((second.has_started, second.status.as_deref()), (false, Some("canceled")));
}

#[test]
fn the_documented_record_becomes_a_call() {
    let page = split(PAGE).unwrap();
    let call = reading(&page.calls[0].record.bytes).unwrap();
    assert_eq!(call.occurred_at.text, "Fri, 18 Oct 2019 17:02:00 +0000");
    assert_eq!(call.ended_at.unwrap().at, at("2019-10-18T17:03:00Z"));
    assert_eq!(call.duration, Some(Duration::from_mins(1)));
    assert_eq!((call.status, call.direction), (CallStatus::Completed, Some(Direction::Outbound)));
    assert_eq!(call.from.unwrap().e164.as_deref(), Some("+12125550100"));
    assert_eq!(call.to.unwrap().e164.as_deref(), Some("+12125550142"));
    let alias = |kind: &str, digit: &str| Alias {
        kind: kind.to_owned(),
        id: format!("CA{}{digit}", "0".repeat(31)),
    };
    assert_eq!(call.aliases, [alias("twilio_call", "a"), alias("twilio_parent_call", "c")]);
    assert_eq!((call.agent, call.contact, call.awaits), (None, None, None));
    let queued = reading(&page.calls[1].record.bytes).unwrap();
    assert_eq!(queued.occurred_at.text, "Fri, 18 Oct 2019 16:02:00 +0000");
    assert_eq!(
        (queued.status, queued.ended_at, queued.duration),
        (CallStatus::Canceled, None, None)
    );
}

#[test]
fn what_is_still_owed_is_said_by_the_record_alone() {
    let owed = |status: &str, fields: &[(&str, Value)]| {
        let status = ("status", json!(status));
        with(&[&[status], fields].concat()).awaits
    };
    for status in ["queued", "ringing", "in-progress", "initiated"] {
        assert_eq!(owed(status, &[]), Some(Awaited::Ending), "{status}");
    }
    for status in ["busy", "failed", "no-answer", "canceled"] {
        assert_eq!(owed(status, &[]), None, "{status}");
    }
    assert_eq!(owed("completed", &[]), Some(Awaited::Price));
    assert_eq!(owed("completed", &[("price", Value::Null)]), Some(Awaited::Price));
    assert_eq!(owed("completed", &[("price", json!("-0.03000"))]), None);
    assert_eq!(owed("teleported", &[]), Some(Awaited::Ending));
    let ended = ("end_time", json!("Fri, 18 Oct 2019 17:00:09 +0000"));
    assert_eq!(owed("teleported", &[ended]), None);
}

#[test]
fn directions_are_seen_from_the_business() {
    for (word, direction) in [
        ("inbound", Some(Direction::Inbound)),
        ("outbound-api", Some(Direction::Outbound)),
        ("outbound-dial", Some(Direction::Outbound)),
        ("trunking-originating", Some(Direction::Inbound)),
        ("trunking-terminating", Some(Direction::Outbound)),
        ("sideways", None),
    ] {
        assert_eq!(with(&[("direction", json!(word))]).direction, direction, "{word}");
    }
}

#[test]
fn clients_and_sip_addresses_are_no_numbers() {
    for raw in ["client:agent_12125550100", "sip:12125550142@example.com", "sim:DE12125550142"] {
        let from = with(&[("from", json!(raw))]).from.unwrap();
        assert_eq!((from.raw.as_str(), from.e164), (raw, None));
    }
    let dialled = with(&[("to", json!("+12125550142"))]).to.unwrap();
    assert_eq!(dialled.e164.as_deref(), Some("+12125550142"));
    // Withheld numbers are sent as words, too.
    assert_eq!(with(&[("from", json!("Anonymous"))]).from.unwrap().e164, None);
}

#[test]
fn an_absent_empty_or_ill_typed_field_is_none() {
    for raw in [json!(null), json!(""), json!(" "), json!({}), json!([1]), json!(true)] {
        let names = ["duration", "end_time", "from", "to", "direction", "parent_call_sid"];
        let call = with(&names.map(|name| (name, raw.clone())));
        assert_eq!((call.duration, call.ended_at), (None, None), "{raw}");
        assert_eq!((call.from, call.to, call.direction), (None, None, None), "{raw}");
        assert_eq!(call.aliases.len(), 1, "{raw}");
        assert_eq!(with(&[("status", raw)]).status, CallStatus::Unknown);
    }
    assert_eq!(with(&[("duration", json!("abc"))]).duration, None);
    assert_eq!(with(&[("duration", json!(9))]).duration, Some(Duration::from_secs(9)));
}

#[test]
fn a_record_that_is_no_call_says_which_field_is_wrong() {
    for (record, why) in [
        ("7", "the record is not an object"),
        ("null", "the record is not an object"),
        (r#"["CA1"]"#, "the record is not an object"),
        ("{}", "the record has no `sid`"),
        (r#"{"sid":""}"#, "`sid` is empty, or neither a text nor a number"),
        (r#"{"sid":"CA1"}"#, "the record has no `start_time` and no `date_created`"),
        (r#"{"sid":"CA1","start_time":"soon"}"#, "`start_time` is not an instant"),
        (
            r#"{"sid":"CA1","start_time":{},"date_created":"2026-03-01T00:00:00Z"}"#,
            "`start_time` is not an instant",
        ),
        (
            r#"{"sid":"CA1","start_time":"","date_created":"18 Oct"}"#,
            "`date_created` is not an instant",
        ),
    ] {
        assert_eq!(why_not(record), why, "{record}");
    }
}

#[test]
fn one_bad_record_does_not_fail_its_page() {
    let good = r#"{"sid":"CA1","start_time":"Fri, 18 Oct 2019 17:00:00 +0000"}"#;
    let page = split(format!(r#"{{"calls":[7,{good},{{}}],"next_page_uri":"","x":1}}"#)).unwrap();
    let readable: Vec<_> = page.calls.iter().map(|it| it.record.identity.is_ok()).collect();
    assert_eq!((readable, page.next), (vec![false, true, false], None));
}

#[test]
fn what_lacks_the_list_or_the_end_mark_is_no_page() {
    for body in [
        "{}",
        "[]",
        r#"{"calls":[]}"#,
        r#"{"next_page_uri":null}"#,
        r#"{"calls":null,"next_page_uri":null}"#,
        r#"{"calls":[],"next_page_uri":7}"#,
        r#"{"calls":[],"next_page_uri":{}}"#,
        r#"{"code":20003,"message":"Authenticate","status":401}"#,
    ] {
        assert!(split(body).is_err(), "{body}");
    }
}

#[test]
fn summaries_stand_under_the_key_the_page_names() {
    let body = json!({
        "meta": {"key": "call_summaries", "next_page_url": "https://insights.twilio.com/v1/x"},
        "call_summaries": [
            {"call_sid": "CA1", "start_time": "2026-03-01T10:00:00Z"},
            {"call_sid": "CA2", "start_time": null, "created_time": "2026-03-01T11:00:00Z"},
            {"call_sid": "CA3"},
            7,
        ],
    });
    let page = SummaryPage::read(&Bytes::from(body.to_string())).unwrap();
    let known = |sid: &str, time| Some((sid.to_owned(), at(time)));
    let expected =
        [known("CA1", "2026-03-01T10:00:00Z"), known("CA2", "2026-03-01T11:00:00Z"), None, None];
    assert_eq!(page.calls, expected);
    assert!(page.next.is_some());
    for body in
        ["{}", "[]", r#"{"meta":{"key":"x","next_page_url":null}}"#, r#"{"meta":{},"x":[]}"#]
    {
        assert!(SummaryPage::read(&Bytes::from(body.to_owned())).is_err(), "{body}");
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
    leaf.prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn no_other_field_makes_a_record_unreadable(
        values in prop::collection::vec(any_json(), 8),
        sid in "[a-z0-9]{1,34}",
    ) {
        let names = ["parent_call_sid", "from", "to", "direction", "status", "end_time",
            "duration", "price"];
        let mut record = json!({"sid": sid, "start_time": "Fri, 18 Oct 2019 17:00:00 +0000"});
        for (name, value) in names.into_iter().zip(values) {
            record[name] = value;
        }
        let body = json!({"next_page_uri": null, "calls": [record]});
        let page = split(serde_json::to_vec(&body).unwrap()).unwrap();
        let record = &page.calls[0].record;
        prop_assert_eq!(&record.identity.as_ref().unwrap().id.0, &sid);
        prop_assert!(reading(&record.bytes).is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        reading(&bytes).ok();
        let base = url::Url::parse("https://api.twilio.com").unwrap();
        normalise(&bytes, &Reading { home: Country::US, base: &base }).ok();
        SummaryPage::read(&Bytes::from(bytes.clone())).ok();
        account_sids(&Bytes::from(bytes.clone())).ok();
        split(bytes).ok();
    }

    #[test]
    fn no_damage_to_a_page_makes_it_panic(at in 0..PAGE.len(), byte: u8, cut: bool) {
        let mut bytes = PAGE.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(page) = split(bytes) {
            for listed in page.calls {
                reading(&listed.record.bytes).ok();
            }
        }
    }
}
