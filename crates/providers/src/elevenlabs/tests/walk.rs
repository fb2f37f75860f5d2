//! Walking windows of a list that behaves, and of lists that do not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Timestamp, Window};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{START, connect_with, reply, row};
use crate::elevenlabs::Settings;
use crate::testing::{Received, Reply, Server};
use crate::{Page, Provider, SourceError, Walked};

struct Outcome {
    walked: Result<Walked, SourceError>,
    /// Distinct calls that were handed over.
    got: BTreeSet<String>,
    listed: usize,
    asked: Vec<Received>,
}

fn window(from: i64, to: i64) -> Window {
    Window::new(Timestamp::from_millis(from), Timestamp::from_millis(to)).unwrap()
}

fn hour() -> Window {
    window(START * 1000, (START + 3600) * 1000)
}

fn small_pages() -> Settings {
    Settings { page_size: 3, ..Settings::default() }
}

async fn walk(
    settings: Settings,
    answer: impl Fn(&Received) -> Value + Send + Sync + 'static,
) -> Outcome {
    let server = Server::start(move |request| reply(&answer(request))).await;
    let provider = connect_with(&server, settings);
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let reading = async {
        let walked = provider.walk(hour(), &sender).await;
        drop(sender);
        walked
    };
    let (walked, pages) = tokio::join!(reading, collect);
    let records = pages.iter().flat_map(|page| &page.records);
    let fresh = records.clone().filter(|(_, again)| !again);
    let ids = fresh.filter_map(|(record, _)| record.identity.as_ref().ok());
    let got = ids.map(|identity| identity.id.0.clone()).collect();
    Outcome { walked, got, listed: records.count(), asked: server.received() }
}

/// An honest list of calls at these seconds, whose cursor is a count.
fn honest(request: &Received, starts: &[i64]) -> Value {
    without(request, starts, None)
}

/// The same after one call was deleted.
fn without(request: &Received, starts: &[i64], deleted: Option<usize>) -> Value {
    let (after, before) =
        (request.number("call_start_after_unix"), request.number("call_start_before_unix"));
    let within = (0..starts.len()).filter(|at| Some(*at) != deleted);
    let within = within.filter(|at| (after..=before).contains(&starts[*at]));
    let within: Vec<usize> = within.collect();
    let from = usize::try_from(request.number("cursor")).unwrap();
    let size = usize::try_from(request.number("page_size")).unwrap();
    let page: Vec<Value> = within
        .iter()
        .skip(from)
        .take(size)
        .map(|at| row(&format!("conv_{at}"), starts[*at]))
        .collect();
    let next = from + page.len();
    let has_more = next < within.len();
    let cursor = has_more.then(|| next.to_string());
    json!({ "conversations": page, "has_more": has_more, "next_cursor": cursor })
}

/// A list whose cursor knows seconds only, and goes on after the last one.
fn losing(request: &Received, starts: &[i64]) -> Value {
    let mut rest = request.clone();
    let after = request.number("cursor");
    if after > 0 {
        let (path, query) = request.line.split_once('?').unwrap();
        let query = query.split('&').filter(|pair| !pair.starts_with("cursor="));
        let query: Vec<String> = query
            .map(|pair| match pair.strip_prefix("call_start_after_unix=") {
                Some(_) => format!("call_start_after_unix={}", after + 1),
                None => pair.to_owned(),
            })
            .collect();
        rest.line = format!("{path}?{}", query.join("&"));
    }
    let mut page = honest(&rest, starts);
    if page["has_more"] == true {
        let last = page["conversations"].as_array().unwrap().last().unwrap();
        page["next_cursor"] = json!(last["start_time_unix_secs"].to_string());
    }
    page
}

fn every_minute(calls: i64) -> Vec<i64> {
    (0..calls).map(|nth| START + nth * 60).collect()
}

fn doubt(outcome: &Outcome) -> &str {
    match &outcome.walked {
        Ok(Walked::Doubtful { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_call_of_a_window_is_handed_over_and_counted() {
    for calls in [0, 1, 2, 3, 4, 6, 7, 50] {
        let outcome = walk(small_pages(), move |it| honest(it, &every_minute(calls))).await;
        let distinct = u64::try_from(calls).unwrap();
        assert_eq!(outcome.walked, Ok(Walked::Whole { distinct, total: None }));
        assert_eq!((outcome.got.len() as u64, outcome.listed as u64), (distinct, distinct));
    }
}

#[tokio::test]
async fn the_request_names_window_order_and_summaries_and_has_the_key() {
    let outcome = walk(Settings::default(), |it| honest(it, &[START])).await;
    let [request] = outcome.asked.as_slice() else { panic!("{:?}", outcome.asked) };
    assert!(request.line.starts_with("GET /v1/convai/conversations?"));
    for (name, value) in [
        ("page_size", "100".to_owned()),
        ("sort_direction", "asc".to_owned()),
        ("summary_mode", "include".to_owned()),
        ("call_start_after_unix", (START - 1).to_string()),
        ("call_start_before_unix", (START + 3600).to_string()),
    ] {
        assert_eq!(request.query(name), Some(value), "{name}");
    }
    assert_eq!(request.query("agent_id"), None, "one agent's calls are not all calls");
    assert!(request.head.contains("xi-api-key: sk_1"));
}

#[tokio::test]
async fn the_list_is_asked_for_again_from_the_second_a_page_ends_in() {
    let outcome = walk(small_pages(), |it| honest(it, &every_minute(5))).await;
    let [_, one, other] = outcome.asked.as_slice() else { panic!("{:?}", outcome.asked) };
    let edge = if one.query("cursor").is_some() { other } else { one };
    assert_eq!(edge.number("call_start_after_unix"), START + 119);
    assert_eq!(edge.number("call_start_before_unix"), START + 3600);
    let settings = Settings { checks_page_edges: false, ..small_pages() };
    let unchecked = walk(settings, |it| honest(it, &every_minute(5))).await;
    assert_eq!((unchecked.asked.len(), unchecked.got.len()), (2, 5));
}

#[tokio::test]
async fn calls_of_one_second_that_the_cursor_passes_over_are_found() {
    let ties = [0, 10, 20, 20, 20, 30].map(|second| START + second);
    let outcome = walk(small_pages(), move |it| losing(it, &ties)).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 6, total: None }));
    assert_eq!(outcome.got.len(), 6);
    let settings = Settings { checks_page_edges: false, ..small_pages() };
    let unchecked = walk(settings, move |it| losing(it, &ties)).await;
    assert_eq!(unchecked.got.len(), 4, "this cursor does lose calls");
}

#[tokio::test]
async fn a_call_deleted_between_two_pages_hides_no_other() {
    let (starts, requests) = (every_minute(7), AtomicUsize::new(0));
    let outcome = walk(small_pages(), move |it| {
        // The cursor counts, so that everything after the deleted call moves forward by one.
        let deleted = (requests.fetch_add(1, Ordering::SeqCst) > 0).then_some(1);
        without(it, &starts, deleted)
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 7, total: None }));
    assert_eq!(outcome.got.len(), 7, "conv_3 was passed over");
    assert_eq!(outcome.asked.len(), 3, "two pages, and one edge");
}

#[tokio::test]
async fn more_calls_in_a_second_than_a_page_holds_are_doubted() {
    let outcome = walk(small_pages(), |it| losing(it, &[START; 5])).await;
    assert!(doubt(&outcome).contains("in which more calls began than a page holds"));
    assert!(!outcome.got.is_empty(), "what was read is handed over");
}

#[tokio::test]
async fn neighbours_of_the_second_a_page_ends_in_do_not_crowd_it() {
    let starts = [0, 1, 2, 3, 3, 4].map(|second| START + second);
    let outcome = walk(small_pages(), move |it| honest(it, &starts)).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 6, total: None }));
}

#[tokio::test]
async fn a_list_that_goes_on_and_does_not_say_where_is_doubted() {
    let outcome = walk(small_pages(), |it| {
        let mut page = honest(it, &every_minute(5));
        page["next_cursor"] = Value::Null;
        page
    })
    .await;
    assert!(doubt(&outcome).contains("the list went on after page 1"));
    assert_eq!(outcome.got.len(), 3);
}

#[tokio::test]
async fn a_circle_is_left() {
    let again = walk(small_pages(), |it| {
        let mut page = honest(it, &every_minute(9));
        page["has_more"] = json!(true);
        page["next_cursor"] = json!("3");
        page
    })
    .await;
    assert!(doubt(&again).contains("repeats records") || doubt(&again).contains("named before"));
    assert!(again.asked.len() < 10);
}

#[tokio::test]
async fn empty_pages_do_not_go_on_for_ever() {
    let outcome = walk(small_pages(), |it| {
        let next = it.number("cursor") + 1;
        json!({ "conversations": [], "has_more": true, "next_cursor": next.to_string() })
    })
    .await;
    assert!(doubt(&outcome).contains("was not read further"));
    assert!(outcome.asked.len() < 30);
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_passed() {
    let outcome = walk(small_pages(), |it| match it.number("cursor") {
        0 => json!({ "conversations": [], "has_more": true, "next_cursor": "1" }),
        _ => json!({ "conversations": [row("conv_1", START)], "has_more": false }),
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 1, total: None }));
}

#[tokio::test]
async fn an_error_in_the_middle_is_no_end() {
    let server = Server::start(|request| match request.number("cursor") {
        0 => reply(&honest(request, &every_minute(5))),
        _ => Reply::json(500, "{}"),
    })
    .await;
    let provider = connect_with(&server, small_pages());
    let (sender, mut receiver) = mpsc::channel(9);
    let walked = provider.walk(hour(), &sender).await;
    assert!(matches!(walked, Err(SourceError::Unavailable { .. })), "{walked:?}");
    assert_eq!(receiver.recv().await.unwrap().records.len(), 3);
}

#[tokio::test]
async fn nobody_listening_ends_the_walk() {
    let server = Server::start(|request| reply(&honest(request, &every_minute(60)))).await;
    let provider = connect_with(&server, small_pages());
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let walked = provider.walk(hour(), &sender).await;
    assert!(matches!(walked, Ok(Walked::Doubtful { .. })), "{walked:?}");
    assert!(server.received().len() < 5);
}

#[tokio::test]
async fn a_request_covers_its_window_whether_bounds_are_inclusive_or_not() {
    for (from, to, after, before) in [
        (5_000, 9_000, 4, 9),
        (5_001, 8_999, 4, 9),
        (5_999, 9_001, 4, 10),
        (0, 1, 0, 1),
        (-5, 2_000, 0, 2),
    ] {
        let span = crate::elevenlabs::client::Span::of(window(from, to));
        assert_eq!((span.after, span.before), (after, before), "{from} {to}");
    }
}
