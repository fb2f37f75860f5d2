//! Walking windows of a list that behaves, and of lists that do not.

use serde_json::{Value, json};

use super::{call, connect, doubt, next_of, page, settings, walk, window};
use crate::testing::{Received, Reply, Server};
use crate::twilio::Settings;
use crate::{Provider, SourceError, Walked};

const MORNING: &str = "2026-03-01T09:00:00Z";

/// Pages of this many calls each, newest first.
fn honest(request: &Received, calls: i64) -> Reply {
    let (size, number) = (request.number("PageSize"), request.number("Page"));
    let shown = (number * size)..((number + 1) * size).min(calls);
    let shown: Vec<Value> = shown.map(|n| call(format!("CA{n}"), MORNING)).collect();
    page(&shown, ((number + 1) * size < calls).then(|| next_of(request, number + 1)))
}

fn a_day() -> domain::Window {
    window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
}

#[tokio::test]
async fn every_call_of_a_window_is_handed_over_and_counted() {
    for calls in [0, 1, 9, 10, 11, 234] {
        let server = Server::start(move |request| honest(request, calls)).await;
        let provider = connect(&server, Settings { page_size: 10, ..settings() });
        let outcome = walk(&provider, a_day()).await;
        let count = u64::try_from(calls).unwrap();
        assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: count, total: None }));
        assert_eq!(outcome.got.len() as u64, count);
        let numbers: Vec<u64> = outcome.pages.iter().map(|page| page.number).collect();
        assert_eq!(numbers, (1..=count.div_ceil(10)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn whole_days_are_asked_for_and_the_rest_is_cut_off() {
    let server = Server::start(|_| {
        let times = [
            "2026-03-03T00:00:00Z",
            "2026-03-02T17:30:00Z",
            "2026-03-02T17:29:59Z",
            "2026-03-01T13:00:00Z",
            "2026-03-01T12:59:59Z",
        ];
        let calls = times.iter().enumerate().map(|(n, time)| call(format!("CA{n}"), time));
        page(&calls.collect::<Vec<_>>(), None)
    })
    .await;
    let provider = connect(&server, settings());
    let request = window("2026-03-01T13:00:00Z", "2026-03-02T17:30:00Z");
    let outcome = walk(&provider, request).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 2, total: None }));
    assert_eq!(outcome.got.into_iter().collect::<Vec<_>>(), ["CA2", "CA3"]);
    let line = &server.received()[0].line;
    assert_eq!(
        line,
        "GET /2010-04-01/Accounts/AC00000000000000000000000000000001/Calls.json\
         ?StartTime%3E=2026-03-01T00%3A00%3A00Z&StartTime%3C=2026-03-03T00%3A00%3A00Z\
         &PageSize=1000 HTTP/1.1"
    );
}

#[tokio::test]
async fn trusted_seconds_are_asked_for() {
    let server = Server::start(|_| page(&[], None)).await;
    let provider = connect(&server, Settings { trusts_seconds: true, ..settings() });
    walk(&provider, window("2026-03-01T13:00:00.250Z", "2026-03-02T17:30:00.250Z")).await;
    let asked = &server.received()[0];
    assert_eq!(asked.query("StartTime>").as_deref(), Some("2026-03-01T13:00:00Z"));
    assert_eq!(asked.query("StartTime<").as_deref(), Some("2026-03-02T17:30:01Z"));
}

#[tokio::test]
async fn a_day_that_begins_with_the_window_is_not_asked_for_twice() {
    let server = Server::start(|_| page(&[], None)).await;
    let provider = connect(&server, settings());
    walk(&provider, a_day()).await;
    let asked = &server.received()[0];
    assert_eq!(asked.query("StartTime>").as_deref(), Some("2026-03-01T00:00:00Z"));
    assert_eq!(asked.query("StartTime<").as_deref(), Some("2026-03-02T00:00:00Z"));
}

#[tokio::test]
async fn the_next_page_is_asked_for_as_it_is_named() {
    let next = "/2010-04-01/Accounts/AC1/Calls.json?StartTime%3E=x&PageSize=2&Page=1&PageToken=PA1";
    let server = Server::start(move |request| match request.number("Page") {
        0 => page(&[call("CA1", MORNING)], Some(next.to_owned())),
        _ => page(&[call("CA2", MORNING)], None),
    })
    .await;
    let outcome = walk(&connect(&server, settings()), a_day()).await;
    assert_eq!(outcome.got.len(), 2);
    assert_eq!(server.received()[1].line, format!("GET {next} HTTP/1.1"));
}

#[tokio::test]
async fn the_token_goes_to_no_other_address() {
    for next in ["https://example.com/Calls.json?Page=1", "//example.com/x", "file:///x"] {
        let server = Server::start(|_| page(&[call("CA1", MORNING)], Some(next.to_owned()))).await;
        let outcome = walk(&connect(&server, settings()), a_day()).await;
        assert!(matches!(outcome.walked, Err(SourceError::Nonsense { .. })), "{next}");
        assert_eq!(server.received().len(), 1);
        assert_eq!(outcome.got.len(), 1, "what was read is kept");
    }
}

#[tokio::test]
async fn a_circle_is_left() {
    let server = Server::start(|request| {
        let number = request.number("Page");
        let next = next_of(request, (number + 1) % 3);
        page(&[call(format!("CA{number}"), MORNING)], Some(next))
    })
    .await;
    let outcome = walk(&connect(&server, settings()), a_day()).await;
    assert!(doubt(&outcome).contains("repeats records of earlier pages only"));
    assert_eq!(outcome.got.len(), 3);
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_cursor_that_stands_still_is_left() {
    let server = Server::start(|request| {
        let calls = [call(format!("CA{}", request.line.len()), MORNING)];
        page(&calls, Some(next_of(request, 1)))
    })
    .await;
    let outcome = walk(&connect(&server, settings()), a_day()).await;
    assert!(matches!(outcome.walked, Ok(Walked::Doubtful { .. })));
    assert!(server.received().len() < 5);
}

#[tokio::test]
async fn empty_pages_without_an_end_are_left() {
    let server =
        Server::start(|request| page(&[], Some(next_of(request, request.number("Page") + 1))))
            .await;
    let outcome = walk(&connect(&server, settings()), a_day()).await;
    assert!(doubt(&outcome).contains("the list went on"));
    assert!(server.received().len() < 30);
}

#[tokio::test]
async fn an_error_is_no_empty_list() {
    for (status, body) in [
        (401, json!({"code": 20003, "message": "Authenticate", "status": 401})),
        (200, json!({"calls": []})),
        (200, json!({"message": "Internal error"})),
        (500, json!({})),
    ] {
        let server = Server::saying(vec![Reply::json(status, body.to_string())]).await;
        let outcome = walk(&connect(&server, settings()), a_day()).await;
        assert!(outcome.walked.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn records_nobody_can_read_are_handed_over_too() {
    let server = Server::start(|_| page(&[json!(7), call("CA1", MORNING)], None)).await;
    let outcome = walk(&connect(&server, settings()), a_day()).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 2, total: None }));
    assert_eq!(outcome.pages[0].records.len(), 2);
}

#[tokio::test]
async fn when_nobody_takes_pages_the_walk_ends() {
    let server = Server::start(|request| honest(request, 100)).await;
    let provider = connect(&server, Settings { page_size: 10, ..settings() });
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    drop(receiver);
    let walked = provider.walk(a_day(), &sender).await;
    assert!(matches!(walked, Ok(Walked::Doubtful { .. })));
    assert_eq!(server.received().len(), 1);
}
