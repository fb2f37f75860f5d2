//! Single requests: one call, agents, and the doctor's questions.

use std::sync::Arc;
use std::time::Duration;

use domain::{Country, ProviderCallId};
use serde_json::json;

use super::connect;
use crate::highlevel_voice_ai::normalise;
use crate::http::budget::Budgets;
use crate::testing::{Received, Reply, Server};
use crate::{
    ConnectError, ConnectionSettings, Credential, ProbeOutcome, Provider, ProviderSettings,
    SourceError, SystemClock, Tuning,
};

const RECORD: &str = r#"{"id":"a/b","createdAt":"2026-02-01T12:00:00.000Z"}"#;

async fn record(reply: Reply) -> Result<Option<crate::RawRecord>, SourceError> {
    let server = Server::saying(vec![reply]).await;
    let found = connect(&server).record(&ProviderCallId("a/b".to_owned())).await;
    let line = server.received()[0].line.clone();
    assert_eq!(line, "GET /voice-ai/dashboard/call-logs/a%2Fb?locationId=LOC HTTP/1.1");
    found
}

#[tokio::test]
async fn one_call_is_fetched_whole() {
    let found = record(Reply::json(200, RECORD)).await.unwrap().unwrap();
    assert_eq!(&found.bytes[..], RECORD.as_bytes());
    assert_eq!(found.identity.unwrap().id.0, "a/b");
}

#[tokio::test]
async fn a_transcript_of_ten_megabytes_passes() {
    let words = "bot: hello ".repeat(1_000_000);
    let body =
        format!(r#"{{"id":"a/b","createdAt":"2026-02-01T12:00:00.000Z","transcript":"{words}"}}"#);
    let found = record(Reply::json(200, body)).await.unwrap().unwrap();
    let call = normalise(&found.bytes, Country::US).unwrap();
    assert_eq!(call.transcript.map(|text| text.len()), Some(words.len()));
}

#[tokio::test]
async fn unknown_is_not_the_same_as_unreachable() {
    let not_found = r#"{"statusCode":404,"message":"Call log not found"}"#;
    assert!(record(Reply::json(404, not_found)).await.unwrap().is_none());
    let not_found = r#"{"statusCode":400,"message":"Call log not found"}"#;
    assert!(record(Reply::json(400, not_found)).await.unwrap().is_none());
    for (status, body) in [
        (404, r#"{"message":"Cannot GET /voice-ai"}"#),
        (404, r#"{"statusCode":404,"message":"Not Found"}"#),
        (404, "<html><body>not found</body></html>"),
        (404, ""),
        (400, r#"{"message":"Bad Request"}"#),
        (401, r#"{"message":"Invalid JWT"}"#),
        (500, ""),
        (200, r#"{"message":"Internal error"}"#),
        (200, r#"{"id":"other","createdAt":"2026-02-01T12:00:00.000Z"}"#),
    ] {
        assert!(record(Reply::json(status, body)).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn agents_are_read_over_all_pages() {
    let server = Server::start(|request| {
        let page = request.number("page");
        let ids = ((page - 1) * 50..(page * 50).min(120)).map(|n| json!({"id": format!("{n}")}));
        let agents: Vec<_> = ids.collect();
        let body = json!({"total": 120, "page": page, "pageSize": 50, "agents": agents});
        Reply::json(200, body.to_string())
    })
    .await;
    let all = connect(&server).agents().await.unwrap();
    assert_eq!((all.agents.len(), all.is_whole), (120, true));
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_list_of_agents_that_is_shorter_than_its_total_is_not_whole() {
    let body = r#"{"total":2,"page":1,"pageSize":50,"agents":[{"id":"1"}]}"#;
    let all = connect(&Server::saying(vec![Reply::json(200, body)]).await).agents().await.unwrap();
    assert_eq!((all.agents.len(), all.is_whole), (1, false));
}

#[tokio::test]
async fn a_total_costs_one_small_page() {
    let body = r#"{"total":77,"page":1,"pageSize":1,"callLogs":[]}"#;
    let server = Server::saying(vec![Reply::json(200, body)]).await;
    let from = domain::Timestamp::from_millis(0);
    let window = domain::Window::new(from, domain::Timestamp::MAX).unwrap();
    assert_eq!(connect(&server).total(window).await, Ok(Some(77)));
    let request = &server.received()[0];
    assert_eq!((request.number("pageSize"), request.number("startDate")), (1, 0));
    assert_eq!(request.number("endDate"), 253_402_300_799_999);
}

/// An honest sub-account with a call every ten minutes.
fn honest(request: &Received) -> Reply {
    if !request.line.contains("call-logs") {
        return Reply::json(200, r#"{"total":3,"agents":[],"location":{}}"#);
    }
    let start = 1_769_904_000_000_i64;
    let (from, to) = (request.number("startDate"), request.number("endDate"));
    let times = (0..25).map(|n| start + n * 600_000);
    // Every fifth of them is a test call.
    let is_asked_for = |nth: i64| match request.query("callType").as_deref() {
        Some("TRIAL") => nth % 5 == 0,
        Some("LIVE") => nth % 5 != 0,
        _ => true,
    };
    let times = times.enumerate().filter(|(nth, _)| is_asked_for(i64::try_from(*nth).unwrap()));
    let times = times.map(|(_, at)| at);
    let mut times: Vec<i64> = times.filter(|at| to == 0 || (from <= *at && *at <= to)).collect();
    if request.query("sort").as_deref() == Some("descend") {
        times.reverse();
    }
    let (page, size) = (request.number("page"), request.number("pageSize"));
    let (skip, take) =
        (usize::try_from((page - 1) * size).unwrap(), usize::try_from(size).unwrap());
    let records: Vec<_> = times
        .iter()
        .skip(skip)
        .take(take)
        .map(|at| json!({"id": format!("{at}"), "createdAt": domain::Timestamp::from_millis(*at)}))
        .collect();
    let body = json!({"total": times.len(), "page": page, "pageSize": size, "callLogs": records});
    Reply::json(200, body.to_string()).with("date", "Sun, 01 Mar 2026 12:00:03 GMT")
}

#[tokio::test]
async fn an_honest_provider_passes_the_doctor() {
    let server = Server::start(honest).await;
    let probes = connect(&server).examine().await;
    for probe in &probes {
        // Where its webhooks lead, HighLevel does not show.
        let is_known = probe.name != "webhooks";
        let expected = if is_known { ProbeOutcome::Right } else { ProbeOutcome::Notable };
        assert_eq!(probe.outcome, expected, "{probe:?}");
    }
    let names: Vec<&str> = probes.iter().map(|probe| probe.name).collect();
    let expected = [
        "token",
        "call_logs",
        "version_header",
        "clock",
        "page_size",
        "far_future",
        "call_types",
        "filter",
        "range_end",
        "total",
        "agents",
        "location",
        "webhooks",
    ];
    assert_eq!(names, expected);
    let said = |name| &probes.iter().find(|probe| probe.name == name).unwrap().sentence;
    assert!(said("range_end").contains("at the last included"), "{}", said("range_end"));
    assert!(said("total").contains("25 calls add up over 3 pages"));
}

#[tokio::test]
async fn the_doctor_finds_dates_that_are_ignored_and_a_clock_that_is_wrong() {
    let server = Server::start(|request| {
        let line = request.line.replace("startDate", "x").replace("endDate", "y");
        honest(&Received { line, ..request.clone() }).with("date", "Sun, 01 Mar 2026 13:00:00 GMT")
    })
    .await;
    let probes = connect(&server).examine().await;
    let outcome = |name| probes.iter().find(|probe| probe.name == name).unwrap().outcome;
    assert_eq!(outcome("far_future"), ProbeOutcome::Wrong);
    assert_eq!(outcome("filter"), ProbeOutcome::Notable);
}

#[tokio::test]
async fn the_doctor_says_what_a_refused_token_lacks() {
    let body = r#"{"message":"The token is not authorized for this scope."}"#;
    let server = Server::saying(vec![Reply::json(401, body)]).await;
    let probes = connect(&server).examine().await;
    assert_eq!(probes[0].name, "call_logs");
    assert!(probes[0].hint.as_ref().unwrap().contains("voice-ai-dashboard.readonly"));
    assert_eq!(probes[1].name, "agents");
    assert!(probes[1].hint.as_ref().unwrap().contains("voice-ai-agents.readonly"));
}

#[test]
fn a_connection_is_made_from_settings_alone() {
    let settings = |base_url: &str| ConnectionSettings {
        provider: ProviderSettings::HighlevelVoiceAi(super::Settings {
            base_url: base_url.to_owned(),
            ..super::Settings::new("LOC")
        }),
        credential: Credential::PrivateToken("pit-1".into()),
        tuning: Tuning::default(),
    };
    let connect =
        |base_url| crate::connect(settings(base_url), Arc::new(SystemClock), &Budgets::new());
    let connection = connect("https://services.leadconnectorhq.com").unwrap();
    assert_eq!(connection.concurrency(), 16);
    assert_eq!(connection.capabilities().margin, Duration::from_hours(26));
    let Err(error) = connect("http://services.leadconnectorhq.com") else { panic!("in the clear") };
    assert!(error.to_string().contains("is not https"), "{error}");
    assert!(!format!("{:?}", settings("x")).contains("pit-1"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let check = |change: fn(&mut super::Settings)| {
        let mut settings = super::Settings::new("LOC");
        change(&mut settings);
        settings.checked()
    };
    assert!(check(|_| {}).is_ok());
    let setting = |result| matches!(result, Err(ConnectError::Setting { .. }));
    assert!(setting(check(|settings| settings.page_size = 0)));
    assert!(setting(check(|settings| settings.pages_ahead = 0)));
    assert!(setting(check(|settings| settings.location_id = " ".to_owned())));
    let not_an_address = |result| matches!(result, Err(ConnectError::NotAnAddress { .. }));
    assert!(not_an_address(check(|settings| settings.base_url = "services".to_owned())));
    assert!(not_an_address(check(|settings| settings.base_url = "mailto:a@b".to_owned())));
}

#[test]
fn settings_have_defaults_and_no_unknown_keys() {
    let read = |text| serde_json::from_str::<super::Settings>(text);
    assert_eq!(read(r#"{"location_id":"LOC"}"#).unwrap(), super::Settings::new("LOC"));
    assert!(read(r#"{"location_id":"LOC","pagesize":10}"#).is_err());
    assert!(read("{}").is_err());
}
