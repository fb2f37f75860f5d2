//! Walking windows of a list that behaves, and of lists that do not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Timestamp, Window};
use serde_json::json;
use tokio::sync::mpsc;

use super::private;
use crate::highlevel_voice_ai::{Settings, walk};
use crate::testing::{Received, Reply, Server};
use crate::{Page, Provider, SourceError, Walked};

struct Outcome {
    walked: Result<Walked, SourceError>,
    /// Distinct calls that were handed over.
    got: BTreeSet<String>,
    pages: Vec<Page>,
    asked: Vec<Received>,
}

fn window(days: i64) -> Window {
    let from = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().as_millis();
    let to = Timestamp::from_millis(from + days * 86_400_000);
    Window::new(Timestamp::from_millis(from), to).unwrap()
}

/// A page as an honest provider with `calls` calls would send it.
fn honest(request: &Received, calls: i64, size_max: i64) -> serde_json::Value {
    let size = request.number("pageSize").min(size_max);
    let page = request.number("page");
    let ids = ((page - 1) * size..(page * size).min(calls)).map(|n| format!("call-{n}"));
    let records: Vec<_> =
        ids.map(|id| json!({"id": id, "createdAt": "2026-01-01T12:00:00.000Z"})).collect();
    json!({"total": calls, "page": page, "pageSize": size, "callLogs": records})
}

async fn walk(
    settings: Settings,
    window: Window,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Outcome {
    let server = Server::start(answer).await;
    let provider = private(&server, settings);
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let reading = async {
        let able = provider.capabilities();
        let walked = walk::walk(&provider.client, &able, window, None, &sender).await;
        drop(sender);
        walked
    };
    let (walked, pages) = tokio::join!(reading, collect);
    let fresh = pages.iter().flat_map(|page| &page.records).filter(|(_, again)| !again);
    let ids = fresh.filter_map(|(record, _)| record.identity.as_ref().ok());
    let got = ids.map(|identity| identity.id.0.clone()).collect();
    Outcome { walked, got, pages, asked: server.received() }
}

async fn walk_usual(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Outcome {
    walk(Settings::new("LOC"), window(1), answer).await
}

fn reply(value: &serde_json::Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn doubt(outcome: &Outcome) -> &str {
    match &outcome.walked {
        Ok(Walked::Doubtful { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_call_of_a_window_is_handed_over_and_counted() {
    for calls in [0, 1, 49, 50, 51, 1_234] {
        let outcome = walk_usual(move |request| reply(&honest(request, calls, 50))).await;
        let count = u64::try_from(calls).unwrap();
        let whole = Walked::Whole { distinct: count, total: Some(count) };
        assert_eq!(outcome.walked, Ok(whole));
        assert_eq!(outcome.got.len() as u64, count);
    }
}

#[tokio::test]
async fn the_request_names_window_order_and_place() {
    let outcome = walk_usual(|request| reply(&honest(request, 1, 50))).await;
    let [request] = outcome.asked.as_slice() else { panic!("{:?}", outcome.asked) };
    assert!(request.line.starts_with("GET /voice-ai/dashboard/call-logs?"));
    for (name, value) in [
        ("locationId", "LOC"),
        ("sortBy", "createdAt"),
        ("sort", "ascend"),
        ("page", "1"),
        ("pageSize", "50"),
        ("startDate", "1767225600000"),
        ("endDate", "1767312000000"),
    ] {
        assert_eq!(request.query(name).as_deref(), Some(value), "{name}");
    }
    assert!(request.head.contains("version: 2021-04-15"));
}

#[tokio::test]
async fn a_provider_that_gives_smaller_pages_is_read_to_its_end() {
    let settings = || Settings { page_size: 100, ..Settings::new("LOC") };
    let said = walk(settings(), window(1), |request| reply(&honest(request, 230, 50))).await;
    assert_eq!(said.got.len(), 230);
    let unsaid = walk(settings(), window(1), |request| {
        let mut page = honest(request, 230, 50);
        page["pageSize"] = json!(100);
        reply(&page)
    });
    let unsaid = unsaid.await;
    assert_eq!(unsaid.got.len(), 230);
    assert!(matches!(unsaid.walked, Ok(Walked::Whole { distinct: 230, .. })));
}

#[tokio::test]
async fn a_total_that_lies_is_doubted_either_way() {
    for (calls, said) in [(100, 99), (100, 101), (101, 100), (0, 3), (3, 0), (151, 150), (50, 49)] {
        let outcome = walk_usual(move |request| {
            let mut page = honest(request, calls, 50);
            page["total"] = json!(said);
            reply(&page)
        })
        .await;
        assert!(!doubt(&outcome).is_empty(), "{calls} {said}");
        assert_eq!(outcome.got.len(), usize::try_from(calls).unwrap(), "{calls} {said}");
    }
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read_proves_nothing() {
    let requests = AtomicUsize::new(0);
    let outcome = walk_usual(move |request| {
        let grown = i64::from(requests.fetch_add(1, Ordering::SeqCst) > 1);
        reply(&honest(request, 200 + grown, 50))
    })
    .await;
    assert!(doubt(&outcome).starts_with("the provider's total moved from 200 to 201"));
}

#[tokio::test]
async fn a_repeated_page_stops_the_walk() {
    let outcome = walk_usual(|request| {
        let second = Received { line: "GET /?page=2&pageSize=50".to_owned(), ..request.clone() };
        let is_stuck = request.number("page") > 2;
        let mut page = honest(if is_stuck { &second } else { request }, 5_000, 50);
        page["page"] = json!(request.number("page"));
        reply(&page)
    })
    .await;
    assert!(doubt(&outcome).contains("repeats records of earlier pages"));
    assert!(outcome.asked.len() < 30, "{}", outcome.asked.len());
}

#[tokio::test]
async fn another_page_than_the_one_asked_for_stops_the_walk() {
    let outcome = walk_usual(|request| {
        let mut page = honest(request, 5_000, 50);
        page["page"] = json!(1);
        reply(&page)
    })
    .await;
    assert!(doubt(&outcome).contains("was asked for and page 1 came"));
    assert!(outcome.asked.len() < 30);
}

#[tokio::test]
async fn too_many_calls_are_not_read_unless_splitting_would_not_help() {
    let settings = || Settings { window_calls_max: 60, ..Settings::new("LOC") };
    let long = walk(settings(), window(10), |request| reply(&honest(request, 70, 50))).await;
    assert_eq!(long.walked, Ok(Walked::TooMany { total: 70 }));
    assert!(long.pages.is_empty());
    let short = walk(settings(), window(2), |request| reply(&honest(request, 70, 50))).await;
    assert_eq!(short.got.len(), 70);
}

#[tokio::test]
async fn unreadable_records_are_handed_over_and_counted() {
    let outcome = walk_usual(|request| {
        let mut page = honest(request, 2, 50);
        page["callLogs"][1] = json!({"broken": true});
        reply(&page)
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 2, total: Some(2) }));
    assert_eq!(&outcome.pages[0].records[1].0.bytes[..], br#"{"broken":true}"#);
}

#[tokio::test]
async fn raw_control_characters_do_not_cost_the_page() {
    let body = b"{\"total\":1,\"page\":1,\"pageSize\":50,\"callLogs\":[{\"id\":\"a\",\
        \"createdAt\":\"2026-01-01T12:00:00Z\",\"transcript\":\"bot: a\n\x07human: b\"}]}";
    let outcome = walk_usual(move |_| Reply::json(200, body)).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 1, total: Some(1) }));
    assert_eq!(outcome.asked.len(), 1);
    let record = &outcome.pages[0].records[0].0.bytes;
    let call = crate::highlevel_voice_ai::normalise(record, domain::Country::US).unwrap();
    assert_eq!(call.transcript.as_deref(), Some("bot: a\n\u{7}human: b"));
}

#[tokio::test]
async fn what_passes_while_pages_are_read_leaves_no_mark() {
    let settings = Settings { pages_ahead: 1, ..Settings::new("LOC") };
    let requests = AtomicUsize::new(0);
    let outcome = walk(settings, window(1), move |request| {
        match requests.fetch_add(1, Ordering::SeqCst) % 5 {
            2 => Reply::json(503, ""),
            4 => Reply::Bytes(b"HTTP/1.1 200 x\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            _ => reply(&honest(request, 630, 50)),
        }
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 630, total: Some(630) }));
    assert_eq!(outcome.got.len(), 630);
}

#[tokio::test]
async fn an_error_is_never_an_empty_window() {
    for (status, body) in [
        (401, r#"{"message":"Invalid JWT"}"#),
        (403, r#"{"message":"Forbidden"}"#),
        (404, r#"{"message":"Cannot GET /x"}"#),
        (422, r#"{"message":["bad"]}"#),
        (500, ""),
        (200, r#"{"statusCode":401,"message":"Invalid JWT"}"#),
        (200, r#"{"total":0}"#),
        (200, "{}"),
        (200, "null"),
        (204, ""),
    ] {
        let outcome = walk_usual(move |_| Reply::json(status, body)).await;
        assert!(outcome.walked.is_err(), "{status} {body}: {:?}", outcome.walked);
        assert!(outcome.pages.is_empty());
    }
}

#[tokio::test]
async fn a_page_that_fails_for_good_fails_the_walk() {
    let outcome = walk_usual(|request| match request.number("page") {
        3 => Reply::json(500, ""),
        _ => reply(&honest(request, 300, 50)),
    })
    .await;
    let Err(SourceError::Unavailable { request, attempts, .. }) = &outcome.walked else {
        panic!("{:?}", outcome.walked)
    };
    let named = "call logs of 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z, page 3";
    assert_eq!((request.as_str(), *attempts), (named, 2));
}

#[tokio::test]
async fn a_walk_ends_when_nobody_takes_its_pages() {
    let server = Server::start(|request| reply(&honest(request, 5_000, 50))).await;
    let provider = private(&server, Settings::new("LOC"));
    let (sender, mut receiver) = mpsc::channel(1);
    let (walked, ()) = tokio::join!(provider.walk(window(1), &sender), async {
        receiver.recv().await;
        receiver.close();
    });
    assert!(matches!(walked, Ok(Walked::Doubtful { .. })));
    assert!(server.received().len() < 20);
}

#[tokio::test]
async fn memory_is_bounded_while_nobody_takes_a_page() {
    let server = Server::start(|request| reply(&honest(request, 50_000, 50))).await;
    let provider = private(&server, Settings { pages_ahead: 4, ..Settings::new("LOC") });
    let (sender, mut receiver) = mpsc::channel(1);
    let mut walking = Box::pin(provider.walk(window(1), &sender));
    let stalled = async {
        while server.received().len() < 5 {
            tokio::task::yield_now().await;
        }
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut walking => panic!("nobody took a page"),
        () = stalled => {}
    }
    assert_eq!(server.received().len(), 5, "page 1, and four ahead");
    drop(walking);
    receiver.close();
}
