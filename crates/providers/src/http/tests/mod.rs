//! The client against a server that misbehaves on purpose.

mod words;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, RetryPolicy, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::budget::{Budget, Rate};
use super::{Failure, Http, HttpError, Key, Limits, Request, body};
use crate::SourceError;
use crate::testing::{HandClock, Reply, Server};

const NOON: &str = "2026-03-01T12:00:00Z";

struct Asked {
    answer: Result<Value, Failure>,
    requests: usize,
    waited: Duration,
}

fn limits() -> Limits {
    let retry = RetryPolicy { attempts_max: 3, ..RetryPolicy::default() };
    let (connect_timeout, request_timeout) = (Duration::from_millis(400), Duration::from_secs(1));
    Limits { connect_timeout, request_timeout, body_bytes_max: 10_000, retry }
}

fn request(url: &str) -> Request {
    Request {
        name: "list".to_owned(),
        url: Url::parse(url).unwrap(),
        headers: vec![("version", "2021-04-15".to_owned())],
        key: Some(Key::Bearer(SecretString::from("pit-secret"))),
        form: None,
    }
}

async fn send(request: &Request) -> (Result<Value, Failure>, Duration) {
    let clock = HandClock::at(NOON);
    let budget = Arc::new(Budget::new(Rate::Unlimited, 4));
    let http = Http::new(&request.url, limits(), clock.clone(), budget).unwrap();
    let parse = |bytes: &bytes::Bytes| serde_json::from_slice::<Value>(bytes);
    let answer = http.send(request, |answer| body::read_json(&answer.body, parse)).await;
    (answer, clock.now().since(Timestamp::parse(NOON).unwrap()))
}

async fn ask(replies: Vec<Reply>) -> Asked {
    let server = Server::saying(replies).await;
    let (answer, waited) = send(&request(&server.url)).await;
    Asked { answer, requests: server.received().len(), waited }
}

fn good() -> Reply {
    Reply::json(200, r#"{"ok":true}"#)
}

fn unavailable(asked: &Asked) -> &str {
    match &asked.answer {
        Err(Failure::Source(SourceError::Unavailable { what, .. })) => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_carries_its_token_and_version() {
    let server = Server::saying(vec![good()]).await;
    send(&request(&format!("{}/a?b=c", server.url))).await.0.unwrap();
    let received = &server.received()[0];
    assert_eq!(received.line, "GET /a?b=c HTTP/1.1");
    assert!(received.head.contains("authorization: bearer pit-secret"));
    assert!(received.head.contains("version: 2021-04-15"));
    assert!(received.head.contains("accept-encoding: gzip"));
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let cut = Reply::Bytes(b"HTTP/1.1 200 x\r\ncontent-length: 99\r\n\r\n{\"ok\":".to_vec());
    let too_short =
        Reply::Bytes(b"HTTP/1.1 200 x\r\ncontent-length: 5\r\n\r\n{\"ok\":true}".to_vec());
    let half = Reply::json(200, r#"{"ok":"#);
    let page = "<!DOCTYPE html><title>Just a moment</title>";
    for bad in [
        Reply::json(500, r#"{"message":"Internal server error"}"#),
        Reply::json(502, page),
        Reply::json(403, page),
        Reply::json(200, page),
        Reply::json(200, ""),
        Reply::json(408, ""),
        Reply::json(429, ""),
        Reply::Bytes(Vec::new()),
        Reply::Bytes(b"nonsense\r\n\r\n".to_vec()),
        Reply::Silence,
        cut,
        too_short,
        half,
    ] {
        let asked = ask(vec![bad.clone(), good()]).await;
        assert!(asked.answer.is_ok(), "{bad:?}: {:?}", asked.answer);
        assert_eq!(asked.requests, 2, "{bad:?}");
        assert!(asked.waited >= Duration::from_millis(250), "{bad:?}");
    }
}

#[tokio::test]
async fn patience_ends() {
    let asked = ask(vec![Reply::json(503, r#"{"message":"overloaded"}"#)]).await;
    assert_eq!(unavailable(&asked), "it answered 503 (overloaded)");
    assert_eq!(asked.requests, 3);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_its_message_is_kept() {
    let body = r#"{"statusCode":422,"message":["page must be a number","too big"]}"#;
    let asked = ask(vec![Reply::json(422, body)]).await;
    let Err(Failure::Refused(refusal)) = asked.answer else { panic!("{:?}", asked.answer) };
    assert_eq!(refusal.said, "page must be a number; too big");
    assert_eq!((refusal.status, asked.requests), (422, 1));
}

#[tokio::test]
async fn the_provider_may_say_how_long_to_wait() {
    let in_seconds = Reply::json(429, "").with("Retry-After", "7");
    let at_instant = Reply::json(503, "")
        .with("Date", "Sun, 01 Mar 2026 11:59:00 GMT")
        .with("Retry-After", "Sun, 01 Mar 2026 11:59:07 GMT");
    let by_interval = Reply::json(429, "").with("x-ratelimit-interval-milliseconds", "7000");
    for slow in [in_seconds, at_instant, by_interval] {
        let asked = ask(vec![slow.clone(), good()]).await;
        assert!(asked.answer.is_ok());
        assert_eq!(asked.waited, Duration::from_secs(7), "{slow:?}");
    }
    let asked = ask(vec![Reply::json(429, "").with("Retry-After", "86400"), good()]).await;
    assert_eq!(asked.waited, Duration::from_mins(1), "the cap");
}

#[tokio::test]
async fn a_spent_day_is_not_waited_for() {
    let spent = Reply::json(429, "")
        .with("x-ratelimit-daily-remaining", "0")
        .with("x-ratelimit-daily-reset", "3600000");
    let asked = ask(vec![spent, good()]).await;
    let Err(Failure::Source(SourceError::DaySpent { wait, .. })) = asked.answer else {
        panic!("{:?}", asked.answer)
    };
    assert_eq!((wait, asked.requests), (Duration::from_hours(1), 1));
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_and_one_below_it_passes() {
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    assert!(ask(vec![Reply::json(200, text(9_000))]).await.answer.is_ok());
    let asked = ask(vec![Reply::json(200, text(10_001)), good()]).await;
    let Err(Failure::Source(SourceError::Nonsense { what, .. })) = asked.answer else {
        panic!("{:?}", asked.answer)
    };
    assert_eq!(what, "its answer is longer than the 10000 bytes we accept");
}

#[tokio::test]
async fn a_compressed_body_is_read_and_capped_at_its_full_length() {
    let zip = |text: &str| {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(text.as_bytes()).unwrap();
        Reply::json(200, zip.finish().unwrap()).with("content-encoding", "gzip")
    };
    assert_eq!(ask(vec![zip("[1]")]).await.answer, Ok(serde_json::json!([1])));
    let bomb = zip(&format!("\"{}\"", "x".repeat(1_000_000)));
    assert!(ask(vec![bomb]).await.answer.is_err());
}

#[tokio::test]
async fn a_post_is_not_repeated_once_it_may_have_arrived() {
    let server = Server::saying(vec![Reply::json(503, "")]).await;
    let form = Some(vec![("refresh_token", SecretString::from("r 1"))]);
    let (answer, _) = send(&Request { form, ..request(&server.url) }).await;
    assert!(answer.is_err());
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].body, "refresh_token=r+1");
}

#[tokio::test]
async fn a_post_that_was_turned_away_at_the_door_is_repeated() {
    let server = Server::saying(vec![Reply::json(429, ""), good()]).await;
    let form = Some(vec![("refresh_token", SecretString::from("r"))]);
    let (answer, _) = send(&Request { form, ..request(&server.url) }).await;
    assert!(answer.is_ok());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_a_refusal() {
    let moved = Reply::json(302, "").with("location", "https://elsewhere.example.com/");
    let asked = ask(vec![moved, good()]).await;
    assert!(matches!(asked.answer, Err(Failure::Refused(refusal)) if refusal.status == 302));
}

#[tokio::test]
async fn errors_hold_neither_token_nor_address() {
    let mut request = request("http://127.0.0.1:1/?phone=%2B12015550123");
    let (answer, _) = send(&request).await;
    request.form = Some(vec![("refresh_token", SecretString::from("pit-other"))]);
    let shown = format!("{answer:?} {request:?}").replace(request.url.as_str(), "");
    let Err(Failure::Source(error)) = answer else { panic!("{answer:?}") };
    let said = error.to_string();
    assert!(
        said.starts_with("list: the provider could not be reached at all (tried 3 times)"),
        "{said}"
    );
    for secret in ["pit-secret", "pit-other"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(!said.contains("0123"));
}

#[tokio::test]
async fn whoever_does_not_speak_tls_is_not_reached() {
    let server = Server::saying(vec![good()]).await;
    let (answer, _) = send(&request(&server.url.replace("http:", "https:"))).await;
    let Err(Failure::Source(SourceError::Unavailable { what, .. })) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(what, "the provider could not be reached in time");
    assert!(server.received().is_empty(), "nothing was sent in the clear");
}

#[test]
fn tokens_do_not_travel_in_the_clear() {
    let check = |base: &str| super::ensure_safe(&Url::parse(base).unwrap());
    for fine in [
        "https://services.example.com",
        "http://127.0.0.1:80",
        "http://[::1]",
        "http://localhost:1",
    ] {
        assert!(check(fine).is_ok(), "{fine}");
    }
    let error = check("http://services.example.com/x").unwrap_err();
    assert!(matches!(error, HttpError::InTheClear { .. }));
    assert!(error.to_string().starts_with("`http://services.example.com` is not https"));
    assert!(check("http://127.0.0.1.example.com").is_err());
    assert!(check("ftp://services.example.com").is_err());
}

#[tokio::test]
async fn our_clock_is_compared_with_the_providers_at_every_answer() {
    let dated = |date: &str| good().with("date", date);
    let cached = dated("Sun, 01 Mar 2026 11:00:00 GMT").with("age", "600");
    let later = dated("Sun, 01 Mar 2026 12:30:00 GMT");
    let server = Server::saying(vec![good(), cached, good(), later]).await;
    let asked = request(&server.url);
    let budget = Arc::new(Budget::new(Rate::Unlimited, 4));
    let http = Http::new(&asked.url, limits(), HandClock::at(NOON), budget).unwrap();
    let mut ahead = Vec::new();
    for _answer in 0..4 {
        http.send(&asked, |_answer| Ok(())).await.unwrap();
        ahead.push(http.traffic().clock_ahead.map(|ahead| ahead.as_secs()));
    }
    // A second may have begun since the header was written; one without keeps what was known.
    let fifty_minutes = 50 * 60 - 1;
    assert_eq!(ahead, [None, Some(fifty_minutes), Some(fifty_minutes), Some(0)]);
}

#[test]
fn what_a_hoster_tells_a_machine_is_no_provider() {
    for base in [
        "http://169.254.169.254/latest",
        "https://169.254.169.254",
        "https://[fe80::1]",
        "https://[::ffff:169.254.169.254]",
        // The same address, as addresses may be written.
        "https://2852039166",
    ] {
        let error = super::ensure_safe(&Url::parse(base).unwrap()).unwrap_err();
        assert!(matches!(error, HttpError::LinkLocal { .. }), "{base}: {error}");
    }
    // By name it is not known to be one, and no token is sent before the name has shown a certificate.
    let named = Url::parse("http://metadata.google.internal/").unwrap();
    assert!(matches!(super::ensure_safe(&named), Err(HttpError::InTheClear { .. })));
}
