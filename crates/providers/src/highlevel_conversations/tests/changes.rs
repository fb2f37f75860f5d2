//! Reading what was written since an instant.

use domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connect;
use crate::highlevel_conversations::{Reads, Settings};
use crate::testing::{Received, Reply, Server};
use crate::{Page, Provider, SourceError, Walked};

const START: i64 = 1_767_225_600_000;

/// Message `nth` was written so many seconds after the start.
fn message(nth: i64) -> Value {
    let written = Timestamp::from_millis(START + nth * 1000).to_string();
    let made = Timestamp::from_millis(START - nth * 1000).to_string();
    json!({"id": format!("m-{nth}"), "dateAdded": made, "dateUpdated": written, "messageType": "TYPE_CALL"})
}

/// A page of a hundred messages, the one written last first.
fn honest(request: &Received) -> Value {
    let from = request.number("cursor");
    let messages: Vec<Value> = (from..from + 10).map(|at| message(99 - at)).collect();
    let next = (from < 90).then(|| (from + 10).to_string());
    json!({"messages": messages, "total": 100, "nextCursor": next})
}

/// Asks for what was written since message `since`.
async fn changes(
    settings: Settings,
    since: i64,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> (Result<Option<Walked>, SourceError>, Vec<Page>, Vec<Received>) {
    let server = Server::start(answer).await;
    let provider = connect(&server, settings);
    let (sender, mut receiver) = mpsc::channel(100);
    let since = Timestamp::from_millis(START + since * 1000);
    let walked = provider.changes(since, &sender).await;
    drop(sender);
    let mut pages = Vec::new();
    while let Some(page) = receiver.recv().await {
        pages.push(page);
    }
    (walked, pages, server.received())
}

fn small() -> Settings {
    Settings { page_size: 10, changes_overlap_minutes: 0, ..Settings::new("LOC") }
}

fn reply(value: &Value) -> Reply {
    Reply::json(200, value.to_string())
}

fn doubt(walked: Result<Option<Walked>, SourceError>) -> String {
    match walked {
        Ok(Some(Walked::Doubtful { why, .. })) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn changes_are_read_back_to_what_is_known_and_no_further() {
    for (since, requests) in [(95, 1), (90, 2), (75, 3), (0, 10), (-5, 10)] {
        let (walked, pages, asked) =
            changes(small(), since, |request| reply(&honest(request))).await;
        let listed: usize = pages.iter().map(|page| page.records.len()).sum();
        let whole = Walked::Whole { distinct: listed as u64, total: None };
        assert_eq!(walked, Ok(Some(whole)), "{since}");
        assert_eq!((asked.len(), listed), (requests, requests * 10), "{since}");
        for (name, value) in [("sortBy", "updatedAt"), ("sortOrder", "desc")] {
            assert_eq!(asked[0].query(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(asked[0].query("startDate"), None, "a range filters by another time");
    }
}

#[tokio::test]
async fn changes_are_read_again_over_an_overlap() {
    let settings = Settings { changes_overlap_minutes: 1, ..small() };
    let (_, _, asked) = changes(settings, 95, |request| reply(&honest(request))).await;
    assert_eq!(asked.len(), 7, "back to a minute before");
}

#[tokio::test]
async fn a_bound_that_is_reached_is_said() {
    let settings = Settings { changes_pages_max: 3, ..small() };
    let (walked, _, asked) = changes(settings, 20, |request| reply(&honest(request))).await;
    assert_eq!(asked.len(), 3);
    let why = doubt(walked);
    assert!(why.contains("3 pages, back to 2026-01-01T00:01:10Z"), "{why}");
    assert!(why.contains("Set `changes_pages_max` higher"), "{why}");
}

#[tokio::test]
async fn messages_that_do_not_say_when_they_were_written_end_nothing() {
    let (walked, _, asked) = changes(small(), 75, |request| {
        let mut page = honest(request);
        if request.number("cursor") == 0 {
            for message in page["messages"].as_array_mut().unwrap() {
                message.as_object_mut().unwrap().remove("dateUpdated");
            }
        }
        reply(&page)
    })
    .await;
    assert!(matches!(walked, Ok(Some(Walked::Whole { .. }))), "{walked:?}");
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn another_order_shows_nothing() {
    let (walked, _, _) = changes(small(), 5, |request| {
        let mut page = honest(request);
        page["messages"].as_array_mut().unwrap().reverse();
        reply(&page)
    })
    .await;
    assert!(doubt(walked).contains("came in another"));
}

#[tokio::test]
async fn an_end_before_its_total_shows_nothing() {
    let (walked, _, _) = changes(small(), -5, |request| {
        let mut page = honest(request);
        if request.number("cursor") == 50 {
            page["messages"] = json!([]);
            page["nextCursor"] = json!(null);
        }
        reply(&page)
    })
    .await;
    assert!(doubt(walked).contains("says there are 100 calls and lists 50"));
}

#[tokio::test]
async fn an_order_that_is_refused_has_a_way_out_of_its_own() {
    let refused = || Reply::json(422, r#"{"message":"sortBy must be createdAt"}"#);
    let (walked, _, _) = changes(small(), 5, move |_| refused()).await;
    assert!(walked.unwrap_err().to_string().contains("`reads_changes`"));
    for settings in
        [Settings { reads_changes: false, ..small() }, Settings { reads: Reads::Search, ..small() }]
    {
        let (walked, _, asked) = changes(settings, 5, move |_| refused()).await;
        assert_eq!((walked, asked.len()), (Ok(None), 0));
    }
}
