//! Lists by status, which find what was never dialled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Timestamp;
use serde_json::Value;

use super::{call, connect, doubt, next_of, page, settings, undialled, walk, window};
use crate::Walked;
use crate::testing::{Received, Reply, Server};
use crate::twilio::Settings;

/// Calls canceled in the queue, one an hour, from the end of 9 March back.
const CANCELED: i64 = 24 * 8;

fn created(nth: i64) -> String {
    let newest = Timestamp::parse("2026-03-09T23:30:00Z").unwrap().as_millis();
    Timestamp::from_millis(newest - nth * 3_600_000).to_string()
}

/// Ten to a page; no list by start has any.
fn honest(request: &Received) -> Reply {
    if request.query("Status").as_deref() != Some("canceled") {
        return page(&[], None);
    }
    let number = request.number("Page");
    let shown = (number * 10)..((number + 1) * 10).min(CANCELED);
    let shown: Vec<Value> = shown.map(|n| undialled(format!("CA{n}"), &created(n))).collect();
    page(&shown, ((number + 1) * 10 < CANCELED).then(|| next_of(request, number + 1)))
}

fn sweeping() -> Settings {
    Settings { swept_statuses: vec!["canceled".to_owned()], ..settings() }
}

fn day(nth: u32) -> domain::Window {
    window(&format!("2026-03-{nth:02}T00:00:00Z"), &format!("2026-03-{:02}T00:00:00Z", nth + 1))
}

/// How many pages of canceled calls were asked for since the last time.
fn pages_asked(server: &Server, before: &mut usize) -> usize {
    let received = server.received();
    let count = received.iter().filter(|it| it.query("Status").is_some()).count();
    let since = count - *before;
    *before = count;
    since
}

#[tokio::test]
async fn statuses_are_listed_in_the_order_calls_take_and_starts_last() {
    let server = Server::start(|_| page(&[], None)).await;
    let provider =
        connect(&server, Settings { reads_recordings: false, ..Settings::new(super::ACCOUNT) });
    walk(&provider, day(9)).await;
    let asked: Vec<_> = server.received().iter().map(|it| it.query("Status")).collect();
    let asked: Vec<_> = asked.iter().map(Option::as_deref).collect();
    let order = ["queued", "ringing", "in-progress", "canceled", "failed"].map(Some);
    assert_eq!(asked, [&order[..], &[None]].concat());
    let by_status = &server.received()[0];
    assert_eq!(by_status.query("StartTime>"), None);
}

#[tokio::test]
async fn each_window_finds_what_was_created_in_it() {
    let server = Server::start(honest).await;
    let provider = connect(&server, sweeping());
    for nth in [9, 4, 2] {
        let outcome = walk(&provider, day(nth)).await;
        assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 24, total: None }), "{nth}");
        assert_eq!(outcome.got.len(), 24);
    }
}

#[tokio::test]
async fn a_list_is_left_where_it_is_older_than_the_window() {
    let server = Server::start(honest).await;
    walk(&connect(&server, sweeping()), day(9)).await;
    // A day of calls, and a day of slack.
    assert_eq!(pages_asked(&server, &mut 0), 5);
}

#[tokio::test]
async fn a_later_walk_further_back_begins_where_an_earlier_one_was() {
    let server = Server::start(honest).await;
    let provider = connect(&server, sweeping());
    let mut before = 0;
    walk(&provider, day(5)).await;
    let first = pages_asked(&server, &mut before);
    let outcome = walk(&provider, day(3)).await;
    assert_eq!(outcome.got.len(), 24);
    let second = pages_asked(&server, &mut before);
    assert!(second <= 9 && first >= 14, "{first} pages, then {second}");
}

#[tokio::test]
async fn a_mark_that_leads_astray_is_not_followed() {
    let moved = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let moved = moved.clone();
        move |request| {
            let is_mark = request.number("Page") > 0 && moved.load(Ordering::Relaxed);
            if is_mark {
                return Reply::json(400, r#"{"message":"Invalid PageToken","status":400}"#);
            }
            honest(request)
        }
    })
    .await;
    let provider = connect(&server, sweeping());
    walk(&provider, day(5)).await;
    moved.store(true, Ordering::Relaxed);
    // From the head its pages are refused as well, and that is an error, not an empty window.
    assert!(walk(&provider, day(3)).await.walked.is_err());
    moved.store(false, Ordering::Relaxed);
    assert_eq!(walk(&provider, day(3)).await.got.len(), 24);
}

#[tokio::test]
async fn a_list_with_the_oldest_first_is_read_to_its_end() {
    let server = Server::start(|request| {
        let number = request.number("Page");
        let calls = [call(format!("CA{number}"), &created(CANCELED - 1 - number * 9))];
        page(&calls, (number < 20).then(|| next_of(request, number + 1)))
    })
    .await;
    let outcome = walk(&connect(&server, sweeping()), day(9)).await;
    assert!(matches!(outcome.walked, Ok(Walked::Whole { .. })));
    let swept = server.received().iter().filter(|it| it.query("Status").is_some()).count();
    assert_eq!(swept, 21);
}

#[tokio::test]
async fn an_order_nobody_trusts_ends_nothing_early() {
    let server = Server::start(honest).await;
    let provider = connect(&server, Settings { trusts_order: false, ..sweeping() });
    let mut before = 0;
    for _ in 0..2 {
        assert_eq!(walk(&provider, day(9)).await.got.len(), 24);
        assert_eq!(pages_asked(&server, &mut before), 20);
    }
}

#[tokio::test]
async fn a_call_on_two_lists_is_counted_once() {
    let server = Server::start(|_| page(&[call("CA1", "2026-03-09T10:00:00Z")], None)).await;
    let outcome = walk(
        &connect(&server, Settings { reads_recordings: false, ..Settings::new(super::ACCOUNT) }),
        day(9),
    )
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 1, total: None }));
    let repeated = outcome.pages.iter().flat_map(|page| &page.records).filter(|(_, again)| *again);
    assert_eq!(repeated.count(), 5);
}

#[tokio::test]
async fn a_doubtful_status_is_named_and_the_rest_is_read() {
    let server = Server::start(|request| match request.query("Status").as_deref() {
        Some("canceled") => page(&[undialled("CA1", &created(3))], Some(next_of(request, 1))),
        _ => page(&[call("CA2", "2026-03-09T10:00:00Z")], None),
    })
    .await;
    let outcome = walk(&connect(&server, sweeping()), day(9)).await;
    assert!(doubt(&outcome).starts_with("calls that are canceled: page 2"));
    assert_eq!(outcome.got.len(), 2);
}
