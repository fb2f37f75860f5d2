//! Single requests: one call with its words, users, and the doctor's questions.

use domain::{Awaited, Country, ProviderCallId};
use serde_json::json;

use super::{connect, usual};
use crate::highlevel_conversations::Settings;
use crate::testing::{Received, Reply, Server};
use crate::{ConnectError, ProbeOutcome, Provider, ProviderAgents, RawRecord, SourceError};

fn message() -> serde_json::Value {
    json!({
        "id": "m-1", "messageType": "TYPE_CALL", "dateAdded": "2026-02-01T12:00:00.000Z",
        "meta": {"call": {"duration": 5, "status": "completed"}}
    })
}

async fn record(words: Reply) -> Result<Option<RawRecord>, SourceError> {
    let server = Server::start(move |request| {
        if request.line.contains("/transcription") {
            return words.clone();
        }
        let trace = format!("trace {}", request.line.len());
        Reply::json(200, json!({"message": message(), "traceId": trace}).to_string())
    })
    .await;
    let found = usual(&server).record(&ProviderCallId("m-1".to_owned())).await;
    let lines: Vec<String> = server.received().into_iter().map(|it| it.line).collect();
    assert_eq!(lines[0], "GET /conversations/messages/m-1 HTTP/1.1");
    assert_eq!(lines[1], "GET /conversations/locations/LOC/messages/m-1/transcription HTTP/1.1");
    found
}

#[tokio::test]
async fn one_call_comes_with_its_words() {
    let words = r#"[{"mediaChannel":1,"sentenceIndex":0,"transcript":"Hello"}]"#;
    let found = record(Reply::json(200, words)).await.unwrap().unwrap();
    let expected = json!({"detail": message(), "transcription": serde_json::from_str::<serde_json::Value>(words).unwrap()});
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&found.bytes).unwrap(), expected);
    assert_eq!(found.identity.unwrap().id.0, "m-1");
    let server = Server::saying(vec![Reply::json(200, "{}")]).await;
    let call = usual(&server).normalise(&found.bytes, Country::US).unwrap();
    assert_eq!((call.transcript.as_deref(), call.awaits), (Some("1: Hello"), None));
}

#[tokio::test]
async fn words_that_are_not_there_yet_stay_owed() {
    for (status, body) in [
        (404, r#"{"message":"Transcription not found"}"#),
        (400, r#"{"message":"Bad Request"}"#),
        (422, r#"{"message":["none"]}"#),
        (200, "[]"),
        (200, r#"{"traceId":"t"}"#),
    ] {
        let found = record(Reply::json(status, body)).await.unwrap().unwrap();
        let call = crate::highlevel_conversations::normalise(
            &found.bytes,
            crate::highlevel_conversations::Home {
                base_url: "https://x.example.com",
                location_id: "LOC",
                country: Country::US,
            },
        );
        assert_eq!(call.unwrap().awaits, Some(Awaited::Transcript), "{status} {body}");
    }
}

#[tokio::test]
async fn words_that_could_not_be_asked_for_are_an_error() {
    for (status, body) in [
        (404, r#"{"message":"Cannot GET /conversations"}"#),
        (401, r#"{"message":"Invalid JWT"}"#),
        (500, ""),
        (200, r#"{"statusCode":500,"message":"x"}"#),
    ] {
        assert!(record(Reply::json(status, body)).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn unknown_is_not_the_same_as_unreachable() {
    let ask = |status, body: &'static str| async move {
        let server = Server::saying(vec![Reply::json(status, body)]).await;
        usual(&server).record(&ProviderCallId("m-1".to_owned())).await
    };
    assert!(ask(404, r#"{"message":"Message not found"}"#).await.unwrap().is_none());
    assert!(ask(400, r#"{"message":"message not found"}"#).await.unwrap().is_none());
    for (status, body) in [
        (404, r#"{"message":"Cannot GET /conversations"}"#),
        (404, r#"{"statusCode":404,"message":"Not Found"}"#),
        (404, "<html><body>not found</body></html>"),
        (404, ""),
        (400, r#"{"message":"Bad Request"}"#),
        (401, r#"{"message":"Invalid JWT"}"#),
        (500, ""),
        (200, r#"{"message":"Internal error"}"#),
        (200, r#"{"message":{"id":"other","dateAdded":"2026-02-01T12:00:00Z"}}"#),
    ] {
        assert!(ask(status, body).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn users_are_the_agents() {
    let body = json!({"users": [
        {"id": "u1", "name": "Ann", "phone": "+12015550101"},
        {"id": "u2", "firstName": "Bo", "lastName": "Chen"},
        {"name": "nobody"},
    ]});
    let server = Server::saying(vec![Reply::json(200, body.to_string())]).await;
    let users = usual(&server).agents().await.unwrap().agents;
    let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["Ann", "Bo Chen"]);
    assert!(server.received()[0].line.starts_with("GET /users/?locationId=LOC"));
    let without = Settings { lists_users: false, ..Settings::new("LOC") };
    assert_eq!(connect(&server, without).agents().await, Ok(ProviderAgents::default()));
    assert_eq!(server.received().len(), 1);
}

/// An honest sub-account with a call every ten minutes and a text after each.
fn honest(request: &Received) -> Reply {
    let start = 1_769_904_000_000_i64;
    let instant = |name| {
        let text = request.query(name)?;
        Some(domain::Timestamp::parse(&text).unwrap().as_millis())
    };
    let (from, to) = (instant("startDate").unwrap_or(0), instant("endDate").unwrap_or(i64::MAX));
    let is_of_channel = |nth: &i64| request.query("channel").is_none() || nth % 2 == 0;
    let mut all: Vec<i64> = (0..50).filter(is_of_channel).collect();
    all.retain(|nth| (from..=to).contains(&(start + nth * 300_000)));
    if request.query("sortOrder").as_deref() == Some("desc") {
        all.reverse();
    }
    let limit = usize::try_from(request.number("limit")).unwrap();
    let page = all.iter().take(limit).map(|nth| {
        let at = domain::Timestamp::from_millis(start + nth * 300_000);
        let kind = match nth {
            8 => "TYPE_VOICEMAIL",
            nth if nth % 2 == 0 => "TYPE_CALL",
            _ => "TYPE_SMS",
        };
        json!({"id": nth.to_string(), "messageType": kind, "dateAdded": at, "dateUpdated": at,
            "meta": {"call": {"status": "completed", "duration": 60}}})
    });
    let page: Vec<_> = page.collect();
    let next = (all.len() > limit).then_some("more");
    let body = json!({"messages": page, "total": all.len(), "nextCursor": next,
        "conversations": [], "users": []});
    Reply::json(200, body.to_string()).with("date", "Sun, 01 Mar 2026 12:00:03 GMT")
}

#[tokio::test]
async fn an_honest_provider_passes_the_doctor() {
    // Texts must not look like calls.
    let server = Server::start(|request| {
        let reply = honest(request);
        let Reply::Whole { status, headers, body } = reply else { return reply };
        let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        for message in body["messages"].as_array_mut().unwrap() {
            if message["messageType"] == "TYPE_SMS" {
                message["meta"] = json!(null);
            }
        }
        Reply::Whole { status, headers, body: body.to_string().into_bytes() }
    })
    .await;
    let probes = usual(&server).examine().await;
    for probe in &probes {
        // Where its webhooks lead, HighLevel does not show.
        let is_known = probe.name != "webhooks";
        let expected = if is_known { ProbeOutcome::Right } else { ProbeOutcome::Notable };
        assert_eq!(probe.outcome, expected, "{probe:?}");
    }
    let names: Vec<&str> = probes.iter().map(|probe| probe.name).collect();
    let expected = [
        "token",
        "messages",
        "version_header",
        "clock",
        "page_size",
        "far_future",
        "order",
        "order_of_changes",
        "filter",
        "range_end",
        "channel",
        "statuses",
        "conversations",
        "users",
        "location",
        "webhooks",
    ];
    assert_eq!(names, expected);
    let said = |name| &probes.iter().find(|probe| probe.name == name).unwrap().sentence;
    assert!(said("range_end").contains("at the last included"), "{}", said("range_end"));
    assert!(said("channel").contains("25 calls are all in"), "{}", said("channel"));
}

#[tokio::test]
async fn the_doctor_finds_what_is_ignored_and_what_is_left_out() {
    let server = Server::start(|request| {
        let mut line = request.line.replace("startDate", "x").replace("endDate", "y");
        line = line.replace("sortOrder", "z");
        let reply = honest(&Received { line, ..request.clone() });
        if request.query("channel").is_some() {
            return reply;
        }
        let Reply::Whole { status, headers, body } = reply else { return reply };
        let text = String::from_utf8(body).unwrap().replace("TYPE_SMS", "TYPE_IVR_CALL");
        Reply::Whole { status, headers, body: text.into_bytes() }
    })
    .await;
    let probes = usual(&server).examine().await;
    let probe = |name| probes.iter().find(|probe| probe.name == name).unwrap();
    assert_eq!(probe("far_future").outcome, ProbeOutcome::Wrong);
    assert_eq!(probe("order").outcome, ProbeOutcome::Notable);
    assert_eq!(probe("order_of_changes").outcome, ProbeOutcome::Notable);
    assert_eq!(probe("filter").outcome, ProbeOutcome::Notable);
    assert!(probe("channel").sentence.contains("TYPE_IVR_CALL"), "{:?}", probe("channel"));
    assert!(probe("channel").hint.as_ref().unwrap().contains("Set `channel` to \"all\""));
}

#[tokio::test]
async fn the_doctor_says_what_a_refused_token_lacks() {
    let body = r#"{"message":"The token is not authorized for this scope."}"#;
    let server = Server::saying(vec![Reply::json(401, body)]).await;
    let probes = usual(&server).examine().await;
    let hint = |name| {
        let probe = probes.iter().find(|probe| probe.name == name).unwrap();
        probe.hint.clone().unwrap()
    };
    assert_eq!(probes[0].name, "messages");
    assert!(hint("messages").contains("conversations/message.readonly"));
    assert!(hint("conversations").contains("conversations.readonly"));
    assert!(hint("users").contains("users.readonly") && hint("users").contains("`lists_users`"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let check = |change: fn(&mut Settings)| {
        let mut settings = Settings::new("LOC");
        change(&mut settings);
        settings.checked()
    };
    assert!(check(|_| {}).is_ok());
    let setting = |result| matches!(result, Err(ConnectError::Setting { .. }));
    assert!(setting(check(|settings| settings.page_size = 9)));
    assert!(setting(check(|settings| settings.pages_ahead = 0)));
    assert!(setting(check(|settings| settings.location_id = " ".to_owned())));
    let not_an_address = |result| matches!(result, Err(ConnectError::NotAnAddress { .. }));
    assert!(not_an_address(check(|settings| settings.base_url = "services".to_owned())));
}

#[test]
fn settings_have_defaults_and_no_unknown_keys() {
    let read = |text| serde_json::from_str::<Settings>(text);
    assert_eq!(read(r#"{"location_id":"LOC"}"#).unwrap(), Settings::new("LOC"));
    assert!(read(r#"{"location_id":"LOC","pagesize":10}"#).is_err());
    assert!(read(r#"{"location_id":"LOC","reads":"guess"}"#).is_err());
}
