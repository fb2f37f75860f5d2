//! Walking windows of a history that behaves, and of histories that do not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Timestamp, Window};
use tokio::sync::mpsc;

use super::connect;
use super::history::{DAY, Held, History, beginning};
use crate::teli::Settings;
use crate::testing::{Received, Reply, Server};
use crate::{Page, Provider, SourceError, Walked};

struct Outcome {
    walked: Result<Walked, SourceError>,
    got: BTreeSet<String>,
    pages: Vec<Page>,
    asked: Vec<Received>,
}

impl Outcome {
    fn doubt(&self) -> &str {
        match &self.walked {
            Ok(Walked::Doubtful { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    fn assert_whole(&self, count: usize) {
        let distinct = count as u64;
        assert_eq!(self.walked, Ok(Walked::Whole { distinct, total: None }));
        assert_eq!(self.got.len(), count);
    }
}

fn day() -> Window {
    let at = |offset| Timestamp::from_millis(beginning() + offset);
    Window::new(at(0), at(DAY)).unwrap()
}

async fn walk(history: History, change: impl FnOnce(&mut Settings)) -> Outcome {
    walk_answered(move |asked| history.answer(asked), change, false).await
}

async fn walk_answered(
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    change: impl FnOnce(&mut Settings),
    calibrates: bool,
) -> Outcome {
    let server = Server::start(answer).await;
    let provider = connect(&server, change);
    if calibrates {
        provider.calibrate().await.unwrap();
    }
    let asked_before = server.received().len();
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let reading = async {
        let walked = provider.walk(day(), &sender).await;
        drop(sender);
        walked
    };
    let (walked, pages) = tokio::join!(reading, collect);
    let fresh = pages.iter().flat_map(|page| &page.records).filter(|(_, again)| !again);
    let ids = fresh.filter_map(|(record, _)| record.identity.as_ref().ok());
    let got = ids.map(|identity| identity.id.0.clone()).collect();
    Outcome { walked, got, pages, asked: server.received().split_off(asked_before) }
}

/// Believes that windows are compared with the start.
fn by_start(settings: &mut Settings) {
    settings.tries_window_field = false;
}

#[tokio::test]
async fn every_call_of_a_window_is_handed_over_and_counted() {
    for count in [0, 1, 49, 50, 99, 100, 101, 1_234] {
        let calls = usize::try_from(count).unwrap();
        walk(History::of(count), by_start).await.assert_whole(calls);
        walk(History::of(count), |_| {}).await.assert_whole(calls);
    }
}

#[tokio::test]
async fn every_status_is_asked_for_by_name_and_once_without() {
    let outcome = walk(History::of(3), by_start).await;
    let statuses: Vec<_> =
        outcome.asked.iter().map(|asked| asked.query("call_status").unwrap_or_default()).collect();
    assert_eq!(statuses[..2], ["", "ongoing"], "what may still end comes first");
    let rest: BTreeSet<_> = statuses[2..].iter().map(String::as_str).collect();
    assert_eq!(rest, BTreeSet::from(["ended", "error"]));
    for (name, value) in [
        ("organization_id", "1700000000000x100000000000000000"),
        ("is_admin", "true"),
        ("limit", "100"),
        ("start_date", "2025-12-31T23:59:59.000Z"),
        ("end_date", "2026-01-02T00:00:01.000Z"),
    ] {
        assert_eq!(outcome.asked[0].query(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn an_even_day_costs_little_more_than_its_answers() {
    let outcome = walk(History::of(3_000), by_start).await;
    outcome.assert_whole(3_000);
    assert!(outcome.asked.len() < 66, "{} requests for 30 answers", outcome.asked.len());
}

#[tokio::test]
async fn an_answer_out_of_order_proves_nothing_and_nothing_is_lost() {
    // Each long list begins in its middle: its first hundred are in order, and not the newest.
    let history = History { is_unordered: true, ..History::of(700) };
    walk(history, by_start).await.assert_whole(700);
}

#[tokio::test]
async fn answers_cut_to_fifty_without_a_word_are_read_whole() {
    let history = History { answer_max: 50, ..History::of(400) };
    walk(history, by_start).await.assert_whole(400);
}

#[tokio::test]
async fn answers_cut_to_any_length_are_noticed_on_connecting() {
    let history = History { answer_max: 37, ..History::of(400) };
    walk_answered(move |asked| history.answer(asked), |_| {}, true).await.assert_whole(400);
}

#[tokio::test]
async fn answers_cut_out_of_order_are_noticed_though_the_oldest_call_is_among_them() {
    let history = History { is_unordered: true, answer_max: 50, ..History::of(99) };
    walk_answered(move |asked| history.answer(asked), |_| {}, true).await.assert_whole(99);
}

#[tokio::test]
async fn a_window_compared_with_the_creation_is_found_out() {
    let history = || History { by_creation: true, ..History::of(900) };
    let outcome = walk_answered(move |asked| history().answer(asked), |_| {}, true).await;
    let walked = outcome.walked.unwrap();
    assert!(matches!(walked, Walked::Whole { .. }), "{walked:?}");
    let believing = walk(history(), by_start).await;
    let doubt = believing.doubt();
    assert!(doubt.contains("windows are compared with `created_at`"), "{doubt}");
}

/// 150 calls in one millisecond, and others around them.
fn crowded() -> History {
    let crowd = std::iter::repeat_n(DAY / 2, 150);
    History::at((1..200).map(|n| n * 399_000).chain(crowd).chain([DAY / 2 - 1, DAY / 2 + 1]))
}

#[tokio::test]
async fn a_millisecond_with_more_calls_than_an_answer_is_settled_by_the_export() {
    let count = crowded().calls.len();
    for change in [by_start as fn(&mut Settings), |_| {}] {
        walk(crowded(), change).await.assert_whole(count);
    }
}

#[tokio::test]
async fn without_an_export_it_is_possibly_truncated_and_says_so() {
    let history = History { has_export: false, ..crowded() };
    let outcome = walk(history.clone(), by_start).await;
    let doubt = outcome.doubt();
    assert!(
        doubt.contains("100 calls came for") && doubt.contains("possibly truncated"),
        "{doubt}"
    );
    assert_eq!(outcome.got.len(), history.calls.len() - 50, "what came is kept");
}

#[tokio::test]
async fn an_export_that_lacks_calls_settles_nothing() {
    let outcome = walk(History { export_lacks: 3, ..crowded() }, by_start).await;
    assert!(outcome.doubt().contains("its export lacks"), "{}", outcome.doubt());
}

#[tokio::test]
async fn dates_that_are_ignored_are_not_believed_and_not_asked_for_ever() {
    let mut history = History { ignores_dates: true, ..History::of(300) };
    history.calls.iter_mut().for_each(|call| {
        call.start += 30 * DAY;
        call.created += 30 * DAY;
    });
    let outcome = walk(history, by_start).await;
    assert!(outcome.doubt().contains("dates are ignored"), "{}", outcome.doubt());
    assert!(outcome.asked.len() < 10);
}

#[tokio::test]
async fn a_status_nobody_named_is_read_once_it_shows() {
    let mut history = History { shows_all_without_status: true, ..History::of(120) };
    history.calls.iter_mut().take(30).for_each(|call| call.status = "not_connected");
    history.calls.iter_mut().skip(30).step_by(2).for_each(|call| call.status = "error");
    // The newest calls are no longer among the first hundred without a status.
    history.calls.iter_mut().skip(60).step_by(5).for_each(|call| call.status = "not_connected");
    walk(history, by_start).await.assert_whole(120);
}

#[tokio::test]
async fn a_call_listed_under_no_status_is_doubted() {
    let history = History::of(20);
    let outcome = walk_answered(
        move |asked| {
            let mut history = history.clone();
            if asked.query("call_status").is_some() {
                history.calls.truncate(19);
            }
            history.answer(asked)
        },
        by_start,
        false,
    )
    .await;
    assert!(outcome.doubt().contains("1 calls are listed without a status"), "{}", outcome.doubt());
    assert_eq!(outcome.got.len(), 20, "and kept");
}

#[tokio::test]
async fn a_call_that_ends_while_it_is_read_is_found() {
    let requests = AtomicUsize::new(0);
    let outcome = walk_answered(
        move |asked| {
            let mut history = History::of(20);
            let has_ended = requests.fetch_add(1, Ordering::SeqCst) > 1;
            history.calls[7].status = if has_ended { "ended" } else { "ongoing" };
            history.answer(asked)
        },
        by_start,
        false,
    )
    .await;
    outcome.assert_whole(20);
}

#[tokio::test]
async fn a_call_gone_from_one_answer_to_the_next_is_doubted() {
    let ended = AtomicUsize::new(0);
    let outcome = walk_answered(
        move |asked| {
            let mut history = History::of(150);
            if asked.query("call_status").as_deref() == Some("ended")
                && ended.fetch_add(1, Ordering::SeqCst) > 0
            {
                // The oldest of the first hundred, where two answers meet. Without it the second
                // has fifty, which may be a full answer, too: what it owes must not be forgotten.
                history.calls.remove(50);
            }
            history.answer(asked)
        },
        by_start,
        false,
    )
    .await;
    assert!(outcome.doubt().contains("is missing in"), "{}", outcome.doubt());
}

#[tokio::test]
async fn a_second_reading_by_the_export_finds_what_the_list_hides() {
    let outcome = walk_answered(
        |asked| {
            let mut history = History::of(20);
            let is_list = asked.query("format").is_none() && asked.line.contains("/calls?");
            if is_list {
                history.calls.remove(4);
            }
            history.answer(asked)
        },
        |settings| {
            by_start(settings);
            settings.verify_with_export = true;
        },
        false,
    )
    .await;
    assert!(outcome.doubt().contains("the export has 1 calls that the list lacks"));
    assert_eq!(outcome.got.len(), 20);
    let found = outcome.pages.iter().flat_map(|page| &page.records).find(|(record, _)| {
        record.identity.as_ref().is_ok_and(|identity| identity.id.0 == "call_4")
    });
    let (record, _) = found.unwrap();
    assert!(record.bytes.starts_with(br#"{"detail":{"#), "it was asked for by its id");
}

/// Reads a history whose list lacks one call, and verifies it by the export.
async fn verified(history: History, hidden: usize) -> Outcome {
    walk_answered(
        move |asked| {
            let mut history = history.clone();
            let is_list = asked.query("format").is_none() && asked.line.contains("/calls?");
            if is_list {
                history.calls.remove(hidden);
            }
            history.answer(asked)
        },
        |settings| {
            by_start(settings);
            settings.verify_with_export = true;
        },
        false,
    )
    .await
}

#[tokio::test]
async fn an_export_in_another_zone_hides_nothing() {
    // Its times of the day's first and last calls are those of other days.
    for (shift, hidden) in [(-5, 0), (5, 19)] {
        let history = History { export_shift: shift * 3_600_000, ..History::of(20) };
        let outcome = verified(history, hidden).await;
        let doubt = outcome.doubt();
        assert!(doubt.contains("the export has 1 calls that the list lacks"), "{doubt}");
        assert_eq!(outcome.got.len(), 20);
    }
}

#[tokio::test]
async fn an_export_that_heeds_limits_is_cut_until_it_holds_all() {
    let history = History { export_honours_limit: true, ..History::of(120) };
    let outcome = verified(history, 4).await;
    assert!(outcome.doubt().contains("the export has 1 calls"), "{}", outcome.doubt());
    assert_eq!(outcome.got.len(), 120);
    let mut exports = outcome.asked.iter().filter(|asked| asked.query("format").is_some());
    assert!(exports.all(|asked| asked.query("limit").is_none()), "a limit may be heard");
}

#[tokio::test]
async fn an_export_of_other_days_is_doubted() {
    let outcome = walk_answered(
        |asked| {
            let mut history = History::of(20);
            if asked.query("format").is_some() || !asked.line.contains("/calls?") {
                for nth in 0..3 {
                    let (id, call) = (format!("old_{nth}"), history.calls[nth].clone());
                    history.calls.push(Held { id, start: call.start - 30 * DAY, ..call });
                }
                history.ignores_dates = true;
            }
            history.answer(asked)
        },
        |settings| {
            by_start(settings);
            settings.verify_with_export = true;
        },
        false,
    )
    .await;
    assert!(outcome.doubt().contains("3 calls that the export has for"), "{}", outcome.doubt());
}

#[tokio::test]
async fn a_call_listed_around_none_of_its_times_leaves_windows_unproved() {
    let history = History { filter_shift: 2 * 3_600_000, ..History::of(20) };
    let answer = |history: History| move |asked: &Received| history.answer(asked);
    let outcome = walk_answered(answer(history), |_| {}, true).await;
    // The oldest calls of the day are listed for it, and others beside it.
    assert!(matches!(outcome.walked, Ok(Walked::Doubtful { .. })), "{:?}", outcome.walked);
    let within = History { filter_shift: 1_500, ..History::of(20) };
    let tried = walk_answered(answer(within.clone()), |_| {}, true).await;
    assert!(tried.doubt().contains("neither around its start nor"), "{}", tried.doubt());
    // Who knows better says so, and nothing is tried.
    let told = walk_answered(answer(within), by_start, true).await;
    told.assert_whole(20);
}

#[tokio::test]
async fn shorter_answers_are_remembered_though_no_call_tells_start_from_creation() {
    let mut history = History { answer_max: 37, ..History::of(400) };
    history.calls.iter_mut().for_each(|call| call.created = call.start);
    walk_answered(move |asked| history.answer(asked), |_| {}, true).await.assert_whole(400);
}

#[tokio::test]
async fn nobody_takes_the_pages_and_the_reading_ends() {
    let server = Server::start(|asked| History::of(2_000).answer(asked)).await;
    let provider = connect(&server, by_start);
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let walked = provider.walk(day(), &sender).await.unwrap();
    assert!(matches!(walked, Walked::Doubtful { .. }));
    assert!(server.received().len() < 5);
}
