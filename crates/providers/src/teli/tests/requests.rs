//! What is asked, how refusals read, and what the doctor says.

use std::sync::Arc;

use domain::ProviderCallId;
use serde_json::json;

use super::{NOON, connect};
use crate::http::budget::{Budgets, Rate};
use crate::teli::{Settings, Teli};
use crate::testing::{HandClock, Reply, Server};
use crate::{
    ConnectError, ConnectionSettings, Credential, ProbeOutcome, Provider, ProviderSettings,
    SourceError, Tuning,
};

const EMPTY: &str = r#"{"success":true,"calls":[],"count":0,"powered_by":"Teli"}"#;

fn teli(server: &Server) -> Arc<Teli> {
    connect(server, |_| {})
}

fn refused(said: &str) -> String {
    json!({"error": said, "success": false, "powered_by": "Teli"}).to_string()
}

async fn refusal(status: u16, said: &str) -> SourceError {
    let server = Server::saying(vec![Reply::json(status, refused(said))]).await;
    teli(&server).agents().await.unwrap_err()
}

#[tokio::test]
async fn every_request_has_the_key_in_its_header_only() {
    let server = Server::saying(vec![Reply::json(200, r#"{"success":true,"agents":[]}"#)]).await;
    teli(&server).agents().await.unwrap();
    let asked = &server.received()[0];
    assert!(asked.head.contains("x-api-key: key-1"));
    assert!(!asked.line.contains("key-1"));
    assert!(
        asked.line.starts_with("GET /v1/agents?organization_id=1700000000000x1000000000000000")
    );
}

#[tokio::test]
async fn refusals_name_what_to_change() {
    for (status, said, hint) in [
        (401, "Invalid API key", "Make a new API key"),
        (403, "Access denied", "`organization_id`"),
        (404, "Not Found", "`base_url`"),
        (400, "organization_id required", "`organization_id`"),
    ] {
        let error = refusal(status, said).await;
        assert!(error.needs_operator(), "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error}");
        assert!(!error.to_string().contains("key-1"), "{error}");
    }
}

#[tokio::test]
async fn an_error_with_200_is_no_empty_list() {
    let server = Server::saying(vec![Reply::json(200, refused("Failed to list calls"))]).await;
    let probes = teli(&server).examine().await;
    assert_eq!((probes[0].name, probes[0].outcome), ("reachable", ProbeOutcome::Wrong));
    assert!(probes[0].sentence.contains("Failed to list calls"), "{}", probes[0].sentence);
}

#[tokio::test]
async fn a_call_nobody_knows_is_none_and_its_id_is_encoded() {
    let server = Server::saying(vec![Reply::json(404, refused("Call not found"))]).await;
    let id = ProviderCallId("call_1/../x?y".to_owned());
    assert!(teli(&server).record(&id).await.unwrap().is_none());
    assert!(server.received()[0].line.starts_with("GET /v1/voice/calls/call_1%2F..%2Fx%3Fy HTTP"));
}

#[tokio::test]
async fn unknown_is_not_the_same_as_unreachable() {
    let id = ProviderCallId("call_1".to_owned());
    for body in [&refused("Not Found"), r#"{"detail":"Not Found"}"#, "<html></html>", ""] {
        let server = Server::saying(vec![Reply::json(404, body)]).await;
        assert!(teli(&server).record(&id).await.is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_detail_that_fails_is_no_unknown_call() {
    let server = Server::saying(vec![Reply::json(500, refused("Failed to fetch"))]).await;
    let id = ProviderCallId("call_1".to_owned());
    let error = teli(&server).record(&id).await.unwrap_err();
    assert!(!error.needs_operator(), "{error}");
}

fn settings(change: impl FnOnce(&mut Settings)) -> ConnectionSettings {
    let mut settings = Settings::new("https://api.example.com", "1x2");
    change(&mut settings);
    ConnectionSettings {
        provider: ProviderSettings::Teli(settings),
        credential: Credential::PrivateToken("key-1".into()),
        tuning: Tuning::default(),
    }
}

fn connection(settings: ConnectionSettings) -> Result<crate::Connection, ConnectError> {
    crate::connect(settings, HandClock::at(NOON), &Budgets::new())
}

#[test]
fn settings_that_cannot_work_are_refused_with_their_name() {
    type Change = fn(&mut Settings);
    let changes: [(Change, &str); 6] = [
        (|it| it.page_size = 101, "page_size"),
        (|it| it.page_size = 0, "page_size"),
        (|it| it.organization_id.clear(), "organization_id"),
        (|it| it.statuses.clear(), "statuses"),
        (|it| it.base_url = "teli".to_owned(), "base_url"),
        (|it| it.overlap_seconds = 0, "overlap_seconds"),
    ];
    for (change, name) in changes {
        let Err(error) = connection(settings(change)) else { panic!("{name} passed") };
        assert!(error.to_string().contains(name), "{error}");
    }
    let password = Credential::Password { password: "p".into(), api_password: None };
    let wrong = ConnectionSettings { credential: password, ..settings(|_| {}) };
    assert!(matches!(connection(wrong), Err(ConnectError::WrongCredential { .. })));
}

#[test]
fn the_block_needs_an_address_and_an_organisation_and_knows_no_other_keys() {
    let kind = domain::ProviderKind::Teli;
    let read = |text: &str| ProviderSettings::read(kind, text.parse().unwrap());
    let whole = read("base_url = \"https://api.example.com\"\norganization_id = \"1x2\"").unwrap();
    assert_eq!((whole.kind(), whole.scope()), (kind, "1x2"));
    assert!(read("base_url = \"https://api.example.com\"").is_err());
    assert!(read("organization_id = \"1x2\"").is_err());
    assert!(read("base_url = \"x\"\norganization_id = \"1x2\"\npagesize = 3").is_err());
}

#[test]
fn few_requests_go_at_once_unless_limits_are_lifted() {
    let at_once = |rate| {
        let usual = settings(|_| {});
        let tuning = Tuning { rate, concurrency: 16, ..Tuning::default() };
        connection(ConnectionSettings { tuning, ..usual }).unwrap().concurrency()
    };
    assert_eq!(at_once(None), 2);
    assert_eq!(at_once(Some(Rate::Unlimited)), 16);
}

#[tokio::test]
async fn the_doctor_says_every_assumption() {
    let server = Server::start(|asked| {
        Reply::json(200, if asked.line.contains("/v1/agents") { "[]" } else { EMPTY })
    })
    .await;
    let probes = teli(&server).examine().await;
    for name in [
        "token",
        "page_size",
        "limit",
        "far_future",
        "order",
        "statuses",
        "paging",
        "is_admin",
        "window_field",
        "export",
        "agents",
        "assume_status_filter_exact",
        "assume_window_field",
        "assume_bounds",
        "assume_newest_first",
        "assume_utc",
        "proof",
    ] {
        assert!(probes.iter().any(|probe| probe.name == name), "no {name}");
    }
    assert!(probes.iter().all(|probe| probe.outcome != ProbeOutcome::Wrong), "{probes:#?}");
    assert!(probes.iter().any(|probe| probe.sentence.contains("list and export agree on 0 calls")));
}
