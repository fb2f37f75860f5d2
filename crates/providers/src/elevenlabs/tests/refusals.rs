//! What refusals and odd answers become.

use domain::ProviderCallId;
use serde_json::{Value, json};

use super::{connect, connect_with, detail, reply};
use crate::elevenlabs::Settings;
use crate::http::budget::Budgets;
use crate::testing::{HandClock, Reply, Server};
use crate::{ConnectError, Credential, Provider, SourceError, Tuning};

fn id() -> ProviderCallId {
    ProviderCallId("conv_1".to_owned())
}

async fn refused(status: u16, body: &Value) -> SourceError {
    let server = Server::saying(vec![Reply::json(status, body.to_string())]).await;
    connect(&server).agents().await.unwrap_err()
}

fn current(code: &str) -> Value {
    json!({ "detail": { "type": "some_error", "code": code, "message": "In words.",
        "status": code, "request_id": "r1" } })
}

fn older(code: &str) -> Value {
    json!({ "detail": { "status": code, "message": "In words." } })
}

#[tokio::test]
async fn a_401_says_what_it_is_about_in_both_shapes() {
    for shape in [current, older] {
        let key = refused(401, &shape("invalid_api_key")).await;
        assert!(matches!(key, SourceError::Unauthorised { .. }), "{key}");
        assert!(key.to_string().contains("401 invalid_api_key: In words."), "{key}");
        assert!(key.hint().unwrap().contains("`base_url`"));
        let right = refused(401, &shape("missing_permissions")).await;
        assert!(matches!(right, SourceError::NotPermitted { .. }), "{right}");
        assert!(right.hint().unwrap().contains("`convai_read`"));
        let credits = refused(401, &shape("quota_exceeded")).await;
        assert!(credits.hint().unwrap().contains("credits"), "{credits}");
    }
}

#[tokio::test]
async fn a_422_names_the_parameter() {
    let body =
        json!({ "detail": [{ "loc": ["query", "page_size"], "msg": "too large", "type": "x" }] });
    let error = refused(422, &body).await;
    assert!(matches!(error, SourceError::Misspoken { .. }));
    assert!(error.to_string().contains("page_size: too large"), "{error}");
}

#[tokio::test]
async fn an_unknown_conversation_is_none_and_an_unknown_address_is_an_error() {
    for body in [current("document_not_found"), older("conversation_gone")] {
        let server = Server::saying(vec![Reply::json(404, body.to_string())]).await;
        assert!(connect(&server).record(&id()).await.unwrap().is_none());
    }
    for body in [r#"{"detail":"Not Found"}"#, "{}", ""] {
        let server = Server::saying(vec![Reply::json(404, body)]).await;
        let error = connect(&server).record(&id()).await.unwrap_err();
        assert!(error.to_string().contains("`base_url`"), "{error}");
    }
}

#[tokio::test]
async fn both_429_are_waited_out() {
    for code in ["rate_limit_exceeded", "concurrent_limit_exceeded", "system_busy"] {
        let busy = Reply::json(429, current(code).to_string());
        let server = Server::saying(vec![busy, reply(&detail("conv_1"))]).await;
        assert!(connect(&server).record(&id()).await.unwrap().is_some(), "{code}");
        assert_eq!(server.received().len(), 2);
    }
}

#[tokio::test]
async fn a_record_takes_one_request_and_its_id_is_no_path() {
    let server = Server::saying(vec![reply(&detail("a/../b c"))]).await;
    let odd = ProviderCallId("a/../b c".to_owned());
    let record = connect(&server).record(&odd).await.unwrap().unwrap();
    assert_eq!(record.identity.unwrap().id, odd);
    let lines: Vec<String> = server.received().into_iter().map(|it| it.line).collect();
    assert_eq!(lines, ["GET /v1/convai/conversations/a%2F..%2Fb%20c HTTP/1.1"]);
}

#[tokio::test]
async fn another_conversation_than_asked_for_is_nonsense() {
    let server = Server::saying(vec![reply(&detail("conv_2"))]).await;
    let error = connect(&server).record(&id()).await.unwrap_err();
    assert!(matches!(error, SourceError::Nonsense { .. }), "{error}");
}

#[tokio::test]
async fn agents_are_read_to_their_end_and_a_circle_is_left() {
    let page = |name: &str, next: Value, more: bool| {
        let agents = json!([{ "agent_id": name, "name": name }]);
        reply(&json!({ "agents": agents, "next_cursor": next, "has_more": more }))
    };
    let server = Server::saying(vec![page("a", json!("1"), true), page("b", Value::Null, false)]);
    let all = connect(&server.await).agents().await.unwrap();
    assert_eq!((all.agents.len(), all.is_whole), (2, true));
    let circle = Server::saying(vec![page("a", json!("1"), true)]).await;
    assert!(!connect(&circle).agents().await.unwrap().is_whole);
    assert_eq!(circle.received().len(), 2);
}

#[tokio::test]
async fn no_error_holds_the_key() {
    let body = json!({ "detail": { "status": "invalid_api_key",
        "message": "Invalid key sk_0123456789abcdef0123456789 of +12015550123" } });
    let error = format!("{0} {0:?}", refused(401, &body).await);
    assert!(!error.contains("0123456789") && !error.contains("5550123"), "{error}");
}

fn why_not(settings: Settings, credential: Credential) -> String {
    let clock = HandClock::at(super::NOON);
    let made = crate::elevenlabs::Client::new(
        settings,
        credential,
        Tuning::default(),
        clock,
        &Budgets::new(),
    );
    match made {
        Ok(_) => "it can work".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let key = || Credential::PrivateToken("sk_1".into());
    let usual = Settings::default;
    assert_eq!(why_not(usual(), key()), "it can work");
    for (settings, word) in [
        (Settings { page_size: 101, ..usual() }, "`page_size`"),
        (Settings { page_size: 0, ..usual() }, "`page_size`"),
        (Settings { requests_per_10s: 0, ..usual() }, "`requests_per_10s`"),
        (Settings { window_days_max: 0, ..usual() }, "`window_days_max`"),
        (Settings { workspace: " ".to_owned(), ..usual() }, "`workspace`"),
        (Settings { base_url: "nowhere".to_owned(), ..usual() }, "`base_url`"),
        (Settings { base_url: "http://api.example.com".to_owned(), ..usual() }, "http"),
    ] {
        assert!(why_not(settings.clone(), key()).contains(word), "{settings:?}");
    }
    let password = Credential::Password { password: "x".into(), api_password: None };
    assert!(why_not(usual(), password).contains("API key"));
    let read: Result<Settings, _> = toml::from_str("page_sise = 3");
    assert!(read.is_err(), "a key that is not known is a mistake");
    let empty: Settings = toml::from_str("").unwrap();
    assert_eq!(empty, usual());
}

#[tokio::test]
async fn a_connection_of_the_wrong_door_says_so() {
    let server = Server::saying(vec![reply(&json!({}))]).await;
    let total = connect_with(&server, Settings::default());
    let window = domain::Window::new(domain::Timestamp::MIN, domain::Timestamp::MAX).unwrap();
    assert_eq!(total.total(window).await.unwrap(), None);
    assert!(server.received().is_empty(), "nothing cheap tells a total");
    let wrong = Credential::Password { password: "x".into(), api_password: None }
        .refused_by(domain::ProviderKind::Elevenlabs, "an API key");
    assert!(matches!(wrong, ConnectError::WrongCredential { .. }));
}
