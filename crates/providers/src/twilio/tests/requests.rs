//! Single requests: one call, the second count, and how the door is opened.

use domain::{ProviderCallId, ProviderKind};
use serde_json::json;

use super::{ACCOUNT, KEY, connect, page, settings, window};
use crate::http::budget::Budgets;
use crate::testing::{HandClock, Reply, Server};
use crate::twilio::{Client, Settings};
use crate::{Credential, Provider, ProviderSettings, RawRecord, SourceError, Tuning};

const RECORD: &str = r#"{"sid":"CA1","date_created":"Mon, 02 Mar 2026 10:00:00 +0000"}"#;

async fn record(reply: Reply) -> Result<Option<RawRecord>, SourceError> {
    let server = Server::saying(vec![reply]).await;
    let provider = connect(&server, settings());
    let found = provider.record(&ProviderCallId("CA1".to_owned())).await;
    let line = server.received()[0].line.clone();
    assert_eq!(line, format!("GET /2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json HTTP/1.1"));
    found
}

#[tokio::test]
async fn one_call_is_fetched_whole() {
    let found = record(Reply::json(200, RECORD)).await.unwrap().unwrap();
    assert_eq!(found.bytes, format!("{{\"call\":{RECORD}}}"));
    assert_eq!(found.identity.unwrap().id.0, "CA1");
}

#[tokio::test]
async fn unknown_is_not_the_same_as_unreachable() {
    let gone = r#"{"code":20404,"message":"The requested resource was not found","status":404}"#;
    assert!(record(Reply::json(404, gone)).await.unwrap().is_none());
    for (status, body) in [
        (404, ""),
        (404, "<html></html>"),
        (401, r#"{"message":"Authenticate"}"#),
        (500, ""),
        (200, r#"{"message":"Internal error"}"#),
        (200, r#"{"sid":"CA2","date_created":"Mon, 02 Mar 2026 10:00:00 +0000"}"#),
    ] {
        assert!(record(Reply::json(status, body)).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn a_call_without_a_time_is_fetched_all_the_same() {
    let found = record(Reply::json(200, r#"{"sid":"CA1"}"#)).await.unwrap().unwrap();
    assert!(found.identity.is_err());
}

#[tokio::test]
async fn the_account_or_its_key_opens_the_door() {
    // "AC…1:auth-token-1" and "SK…2:auth-token-1".
    let expected = [
        (None, "QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTphdXRoLXRva2VuLTE="),
        (Some(KEY), "U0swMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMjphdXRoLXRva2VuLTE="),
    ];
    for (key, basic) in expected {
        let server = Server::start(|_| page(&[], None)).await;
        let api_key_sid = key.map(str::to_owned);
        let provider = connect(&server, Settings { api_key_sid, ..settings() });
        provider.total(window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")).await.unwrap();
        provider.record(&ProviderCallId("CA1".to_owned())).await.unwrap_err();
        let head = server.received()[0].head.clone();
        let sent = format!("authorization: basic {}", basic.to_lowercase());
        assert!(head.contains(&sent), "{head}");
    }
}

#[test]
fn a_password_is_not_taken() {
    let password = Credential::Password { password: "x".into(), api_password: None };
    let clock = HandClock::at(super::NOON);
    let made = Client::new(settings(), password, Tuning::default(), clock, &Budgets::new());
    let why = made.err().unwrap().to_string();
    assert!(
        why.contains("Twilio does not take a password") && why.contains("`token_env`"),
        "{why}"
    );
}

#[test]
fn few_requests_are_in_flight_at_once() {
    let token = || Credential::PrivateToken("x".into());
    let clock = HandClock::at(super::NOON);
    let client = |settings| {
        Client::new(settings, token(), Tuning::default(), clock.clone(), &Budgets::new()).unwrap()
    };
    assert_eq!(client(settings()).tuning().concurrency, 4);
    let more = Settings { requests_at_once: 9, ..settings() };
    assert_eq!(client(more).tuning().concurrency, 9);
}

#[test]
fn its_block_of_the_configuration_is_read() {
    let own: toml::Table = toml::from_str(&format!("account_sid = \"{ACCOUNT}\"")).unwrap();
    let read = ProviderSettings::read(ProviderKind::Twilio, own).unwrap();
    assert_eq!((read.kind(), read.scope()), (ProviderKind::Twilio, ACCOUNT));
}

async fn counted(reply: Reply, from: &str, to: &str) -> (Option<u64>, usize) {
    let server = Server::saying(vec![reply]).await;
    let insights_url = Some(server.url.clone());
    let provider = connect(&server, Settings { insights_url, ..settings() });
    let counted = provider.total(window(from, to)).await.unwrap();
    (counted, server.received().len())
}

fn summaries() -> Reply {
    let at = |sid: &str, time: &str| json!({"call_sid": sid, "start_time": time});
    let body = json!({
        "meta": {"key": "call_summaries", "next_page_url": null},
        "call_summaries": [
            at("CA1", "2026-03-01T00:00:00Z"),
            at("CA2", "2026-03-01T23:59:59Z"),
            at("CA2", "2026-03-01T23:59:59Z"),
            at("CA3", "2026-03-02T00:00:00Z"),
        ],
    });
    Reply::json(200, body.to_string())
}

#[tokio::test]
async fn insights_counts_the_calls_of_a_window() {
    let day = ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
    assert_eq!(counted(summaries(), day.0, day.1).await, (Some(2), 1));
    for status in [403, 404] {
        let refused = Reply::json(status, r#"{"message":"no plan"}"#);
        assert_eq!(counted(refused, day.0, day.1).await, (None, 1), "{status}");
    }
}

#[tokio::test]
async fn insights_is_not_asked_what_it_cannot_know() {
    let too_old = ("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z");
    let too_young = ("2026-03-10T11:00:00Z", "2026-03-10T11:45:00Z");
    for (from, to) in [too_old, too_young] {
        assert_eq!(counted(summaries(), from, to).await, (None, 0), "{from}");
    }
}
