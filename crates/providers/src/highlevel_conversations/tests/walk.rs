//! Walking windows of an export that behaves, and of exports that do not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Timestamp, Window};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connect;
use crate::highlevel_conversations::{Channel, FiltersBy, Reads, Settings};
use crate::testing::{Received, Reply, Server};
use crate::{Page, Provider, SourceError, Walked};

const DAY: i64 = 86_400_000;
const START: i64 = 1_767_225_600_000;

struct Outcome {
    walked: Result<Walked, SourceError>,
    /// Distinct calls that were handed over.
    got: BTreeSet<String>,
    pages: Vec<Page>,
    asked: Vec<Received>,
}

fn window(days: i64) -> Window {
    let at = Timestamp::from_millis;
    Window::new(at(START), at(START + days * DAY)).unwrap()
}

fn message(nth: usize) -> Value {
    let at = Timestamp::from_millis(START + nth as i64 * 1000).to_string();
    json!({"id": format!("m-{nth}"), "dateAdded": at, "dateUpdated": at, "messageType": "TYPE_CALL"})
}

/// A page as an honest provider with `calls` calls would send it; the cursor is where it begins.
fn honest(request: &Received, calls: usize) -> Value {
    let limit = usize::try_from(request.number("limit")).unwrap();
    let from = usize::try_from(request.number("cursor")).unwrap();
    let end = (from + limit).min(calls);
    let is_descending = request.query("sortOrder").as_deref() == Some("desc");
    let nth = |nth| if is_descending { calls - 1 - nth } else { nth };
    let messages: Vec<Value> = (from..end).map(|at| message(nth(at))).collect();
    let next = (end < calls).then(|| end.to_string());
    json!({"messages": messages, "total": calls, "nextCursor": next, "traceId": "t"})
}

async fn walk(
    settings: Settings,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Outcome {
    let server = Server::start(answer).await;
    let provider = connect(&server, settings);
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let reading = async {
        let walked = provider.walk(window(1), &sender).await;
        drop(sender);
        walked
    };
    let (walked, pages) = tokio::join!(reading, collect);
    let fresh = pages.iter().flat_map(|page| &page.records).filter(|(_, again)| !again);
    let ids = fresh.filter_map(|(record, _)| record.identity.as_ref().ok());
    let got = ids.map(|identity| identity.id.0.clone()).collect();
    Outcome { walked, got, pages, asked: server.received() }
}

fn small() -> Settings {
    Settings { page_size: 10, ..Settings::new("LOC") }
}

fn reply(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn doubt(outcome: &Outcome) -> &str {
    match &outcome.walked {
        Ok(Walked::Doubtful { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

fn whole(calls: usize) -> Walked {
    Walked::Whole { distinct: calls as u64, total: Some(calls as u64) }
}

#[tokio::test]
async fn every_call_of_a_window_is_handed_over_and_counted() {
    for calls in [0, 1, 9, 10, 11, 123] {
        let outcome = walk(small(), move |request| reply(&honest(request, calls))).await;
        assert_eq!(outcome.walked, Ok(whole(calls)));
        assert_eq!(outcome.got.len(), calls);
    }
}

#[tokio::test]
async fn the_request_names_window_and_order() {
    let outcome = walk(Settings::new("LOC"), |request| reply(&honest(request, 1))).await;
    let [request] = outcome.asked.as_slice() else { panic!("{:?}", outcome.asked) };
    assert!(request.line.starts_with("GET /conversations/messages/export?"));
    for (name, value) in [
        ("locationId", "LOC"),
        ("sortBy", "createdAt"),
        ("sortOrder", "asc"),
        ("limit", "500"),
        ("startDate", "2026-01-01T00:00:00.000Z"),
        ("endDate", "2026-01-02T00:00:00.000Z"),
    ] {
        assert_eq!(request.query(name).as_deref(), Some(value), "{name}");
    }
    assert!(request.head.contains("version: 2021-04-15"));
    assert_eq!(request.query("channel"), None, "nothing has shown what the channel holds");
}

/// The channel a window is asked for after a look at twenty calls, of which the fourth is of this
/// kind.
async fn channel_after_a_look(
    kind: &str,
    is_in_channel: bool,
    tries_ranges: bool,
) -> Option<String> {
    let kind = kind.to_owned();
    let server = Server::start(move |request| {
        let mut page = honest(request, 20);
        let messages = page["messages"].as_array_mut().unwrap();
        let is_other = |message: &Value| message["id"] == "m-3";
        messages
            .iter_mut()
            .filter(|it| is_other(it))
            .for_each(|it| it["messageType"] = json!(kind));
        if request.query("channel").is_some() && !is_in_channel {
            messages.retain(|message| !is_other(message));
        }
        reply(&page)
    })
    .await;
    let provider = connect(&server, Settings { tries_ranges, ..Settings::new("LOC") });
    provider.calibrate().await.unwrap();
    let (sender, _pages) = mpsc::channel(9);
    provider.walk(window(1), &sender).await.unwrap();
    server.received().last().unwrap().query("channel")
}

#[tokio::test]
async fn a_channel_is_asked_for_once_it_has_shown_that_it_holds_more_than_plain_calls() {
    for tries_ranges in [true, false] {
        for (kind, is_in_channel, expected) in [
            ("TYPE_VOICEMAIL", true, Some("Call")),
            ("TYPE_VOICEMAIL", false, None),
            ("TYPE_CALL", true, None),
            ("TYPE_SMS", true, None),
        ] {
            let channel = channel_after_a_look(kind, is_in_channel, tries_ranges).await;
            assert_eq!(channel.as_deref(), expected, "{kind} {is_in_channel} {tries_ranges}");
        }
    }
}

#[tokio::test]
async fn a_total_that_lies_is_doubted_after_a_look_from_the_other_end() {
    for (calls, said) in [(30, 29), (30, 31), (0, 3), (3, 0), (10, 11)] {
        let outcome = walk(small(), move |request| {
            let mut page = honest(request, calls);
            page["total"] = json!(said);
            reply(&page)
        })
        .await;
        let why = doubt(&outcome);
        assert!(why.contains(&format!("says there are {said}")), "{why}");
        assert_eq!(outcome.got.len(), calls, "{calls} {said}");
    }
}

#[tokio::test]
async fn a_total_that_counts_other_things_may_be_ignored() {
    let settings = Settings { counts_total: false, ..small() };
    let outcome = walk(settings, |request| {
        let mut page = honest(request, 30);
        page["total"] = json!(31);
        reply(&page)
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 30, total: None }));
}

/// Messages of one instant that a page edge hides are seen from the other end.
#[tokio::test]
async fn ties_at_a_page_edge_are_read_from_both_ends() {
    let outcome = walk(small(), |request| {
        let mut page = honest(request, 25);
        let is_ascending = request.query("sortOrder").as_deref() == Some("asc");
        if is_ascending && request.number("cursor") == 10 {
            page["messages"].as_array_mut().unwrap().remove(0);
        }
        reply(&page)
    })
    .await;
    assert_eq!(outcome.walked, Ok(whole(25)));
    assert_eq!(outcome.got.len(), 25);
    assert_eq!(outcome.asked.len(), 6, "three pages each way");
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read_proves_nothing() {
    let requests = AtomicUsize::new(0);
    let outcome = walk(small(), move |request| {
        let grown = usize::from(requests.fetch_add(1, Ordering::SeqCst) > 0);
        reply(&honest(request, 30 + grown))
    })
    .await;
    assert!(doubt(&outcome).starts_with("the provider's total moved from 30 to 31"));
}

#[tokio::test]
async fn a_cursor_that_leads_in_a_circle_ends_the_walk() {
    let outcome = walk(small(), |request| {
        let mut page = honest(request, 30);
        page["nextCursor"] = json!("10");
        reply(&page)
    })
    .await;
    assert!(!doubt(&outcome).is_empty());
    assert!(outcome.asked.len() < 6, "{}", outcome.asked.len());
}

#[tokio::test]
async fn an_empty_last_page_is_the_end_with_or_without_a_cursor() {
    for last in [json!(null), json!("more")] {
        let outcome = walk(small(), move |request| {
            let mut page = honest(request, 20);
            let is_empty = page["messages"].as_array().unwrap().is_empty();
            page["nextCursor"] = if is_empty {
                last.clone()
            } else {
                json!((request.number("cursor") + 10).to_string())
            };
            reply(&page)
        })
        .await;
        assert_eq!(outcome.walked, Ok(whole(20)));
    }
}

#[tokio::test]
async fn a_refused_cursor_begins_its_window_anew_and_counts_nothing_twice() {
    for status in [400, 404, 410, 422] {
        let dead = AtomicUsize::new(0);
        let outcome = walk(small(), move |request| {
            let dies = request.number("cursor") == 20 && dead.fetch_add(1, Ordering::SeqCst) < 2;
            if dies {
                Reply::json(status, r#"{"message":"gone"}"#)
            } else {
                reply(&honest(request, 30))
            }
        })
        .await;
        assert_eq!(outcome.walked, Ok(whole(30)), "{status}");
        assert_eq!(outcome.got.len(), 30);
    }
}

#[tokio::test]
async fn a_cursor_that_always_dies_leaves_a_doubt_and_what_was_read() {
    let outcome = walk(small(), |request| {
        if request.number("cursor") == 20 {
            return Reply::json(400, r#"{"message":"cursor expired"}"#);
        }
        reply(&honest(request, 30))
    })
    .await;
    assert!(doubt(&outcome).contains("died 3 times"), "{}", doubt(&outcome));
    assert_eq!(outcome.got.len(), 20);
}

#[tokio::test]
async fn a_refusal_of_the_first_page_is_an_error() {
    let outcome = walk(small(), |_| Reply::json(401, r#"{"message":"Invalid JWT"}"#)).await;
    assert!(matches!(outcome.walked, Err(SourceError::Unauthorised { .. })));
    assert_eq!(outcome.asked.len(), 1);
    let scope = r#"{"message":"The token is not authorized for this scope."}"#;
    let outcome = walk(small(), move |_| Reply::json(401, scope)).await;
    let error = outcome.walked.unwrap_err().to_string();
    assert!(error.contains("conversations/message.readonly"), "{error}");
}

#[tokio::test]
async fn too_many_messages_are_split_before_anything_is_handed_over() {
    let settings = Settings { margin_hours: 0, window_calls_max: 20, ..small() };
    let outcome = walk(settings, |request| reply(&honest(request, 30))).await;
    assert_eq!(outcome.walked, Ok(Walked::TooMany { total: 30 }));
    assert!(outcome.pages.is_empty());
}

#[tokio::test]
async fn messages_that_are_no_calls_are_counted_and_left_out() {
    let settings = Settings { channel: Channel::All, ..small() };
    let outcome = walk(settings, |request| {
        let mut page = honest(request, 30);
        for message in page["messages"].as_array_mut().unwrap().iter_mut().step_by(2) {
            message["messageType"] = json!("TYPE_SMS");
        }
        reply(&page)
    })
    .await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 15, total: None }));
    assert_eq!(outcome.got.len(), 15);
    assert!(outcome.asked.iter().all(|request| request.query("channel").is_none()));
}

/// A range by the time of the last writing shows itself by what it lists.
#[tokio::test]
async fn a_range_that_filters_by_another_time_is_found_out() {
    let answer = |request: &Received| {
        let mut page = honest(request, 5);
        let old = Timestamp::from_millis(START - 3 * DAY).to_string();
        page["messages"][0]["dateAdded"] = json!(old);
        reply(&page)
    };
    let outcome = walk(small(), answer).await;
    assert!(doubt(&outcome).contains("Set `filters_by` to \"updated\""), "{}", doubt(&outcome));
    let settings = Settings { filters_by: FiltersBy::Updated, ..small() };
    let outcome = walk(settings, answer).await;
    assert_eq!(outcome.walked, Ok(whole(5)));
    assert!(outcome.asked.iter().all(|request| request.query("endDate").is_none()));
}

#[tokio::test]
async fn a_search_finds_every_call_of_a_thread_and_is_never_whole() {
    let settings = Settings { reads: Reads::Search, ..small() };
    let outcome = walk(settings, |request| {
        if request.line.contains("/conversations/search") {
            let after = request.number("startAfterDate");
            let last = START + 3 * DAY;
            let threads = json!([{"id": "thread", "lastMessageType": "TYPE_SMS", "sort": [last]}]);
            let none = json!([]);
            let page = if after < last { threads } else { none };
            return reply(&json!({"conversations": page, "total": 1}));
        }
        let mut list: Vec<Value> = (0..4).rev().map(message).collect();
        list[1]["messageType"] = json!("TYPE_SMS");
        reply(&json!({"messages": {"messages": list, "nextPage": false, "lastMessageId": "m-0"}}))
    })
    .await;
    assert_eq!(outcome.got.len(), 3);
    for words in ["one thread holds many calls", "moves", "of one time", "Set `reads`"] {
        assert!(doubt(&outcome).contains(words), "{}", doubt(&outcome));
    }
}
