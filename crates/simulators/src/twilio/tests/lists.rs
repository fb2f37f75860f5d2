use std::collections::HashSet;

use super::super::dates;
use super::super::{Cursor, Granularity, Order, Outcome, RangeEnd, Settings, StartFilter};
use super::{DAY, NOW, sids, stage};
use crate::world::NewCall;

#[tokio::test]
async fn walking_all_pages_finds_every_call_once() {
    for cursor in [Cursor::BySid, Cursor::ByOffset] {
        let stage = stage(230, Settings { cursor, ..Settings::default() }).await;
        let found = stage.walk("PageSize=50").await;
        assert_eq!(found.len(), 230);
        assert_eq!(found.into_iter().collect::<HashSet<_>>().len(), 230);
    }
}

#[tokio::test]
async fn fifty_come_unless_asked_and_never_more_than_a_thousand() {
    let stage = stage(1100, Settings::default()).await;
    assert_eq!(sids(&stage.list("").await).len(), 50);
    assert_eq!(sids(&stage.list("pagesize=7").await).len(), 50, "names are case-sensitive");
    let page = stage.list("PageSize=5000").await;
    assert_eq!((sids(&page).len(), &page["page_size"]), (1000, &1000.into()));
}

#[tokio::test]
async fn addresses_are_relative_and_carry_the_filters() {
    let stage = stage(30, Settings::default()).await;
    let page = stage.list("PageSize=10&StartTime%3E=2020-01-01").await;
    let next = page["next_page_uri"].as_str().unwrap();
    assert!(next.starts_with("/2010-04-01/Accounts/AC"), "{next}");
    assert!(next.contains("StartTime%3E=2020-01-01&PageSize=10&Page=1&PageToken=PACA"), "{next}");
    let empty = stage.list("StartTime=1999-01-01").await;
    assert_eq!((&empty["start"], &empty["end"]), (&0.into(), &0.into()));
    assert!(empty["next_page_uri"].is_null());
}

#[tokio::test]
async fn a_cursor_by_sid_is_not_moved_by_new_calls_and_one_by_offset_is() {
    for (cursor, again) in [(Cursor::BySid, 0), (Cursor::ByOffset, 5)] {
        let stage = stage(60, Settings { cursor, ..Settings::default() }).await;
        let first = stage.list("PageSize=20").await;
        (0..5).for_each(|_| drop(stage.add(1000, 1, Outcome::Completed)));
        let second = stage.get(first["next_page_uri"].as_str().unwrap()).await.json();
        let known: HashSet<_> = sids(&first).into_iter().collect();
        let seen = sids(&second).iter().filter(|sid| known.contains(*sid)).count();
        assert_eq!(seen, again, "{cursor:?}");
    }
}

#[tokio::test]
async fn a_cursor_outlives_its_call() {
    let stage = stage(60, Settings::default()).await;
    let first = stage.list("PageSize=20").await;
    let last = sids(&first).pop().unwrap();
    assert!(crate::Simulated::remove(&stage.simulator, &last));
    let second = stage.get(first["next_page_uri"].as_str().unwrap()).await;
    assert_eq!((second.status, sids(&second.json()).len()), (200, 20));
    assert_eq!(stage.call(&last).await.status, 404);
}

#[tokio::test]
async fn starts_filter_by_the_second_or_by_the_day() {
    let noon = NOW.div_euclid(DAY) * DAY - DAY + DAY / 2;
    for (granularity, end, expected) in [
        (Granularity::Second, RangeEnd::Exclusive, 1),
        (Granularity::Second, RangeEnd::Inclusive, 2),
        (Granularity::Day, RangeEnd::Exclusive, 0),
        (Granularity::Day, RangeEnd::Inclusive, 4),
    ] {
        let settings = Settings { granularity, range_end: end, ..Settings::default() };
        let stage = stage(0, settings).await;
        for off in [-1000, 0, 1000, 2000] {
            let new = NewCall::at(noon + off);
            stage.simulator.hand().add(new, Outcome::Completed);
        }
        let query =
            format!("StartTime%3E={}&StartTime%3C={}", dates::iso(noon), dates::iso(noon + 1000));
        assert_eq!(sids(&stage.list(&query).await).len(), expected, "{granularity:?} {end:?}");
        let day = format!("StartTime={}", &dates::iso(noon)[..10]);
        assert_eq!(sids(&stage.list(&day).await).len(), 4);
    }
}

#[tokio::test]
async fn a_call_without_a_start_is_hidden_or_listed_by_its_creation() {
    for (start_filter, expected) in
        [(StartFilter::HidesUndialled, 0), (StartFilter::ListsByCreation, 1)]
    {
        let stage = stage(0, Settings { start_filter, ..Settings::default() }).await;
        stage.add(DAY, 10, Outcome::CanceledQueued);
        assert_eq!(sids(&stage.list("StartTime%3E=2020-01-01").await).len(), expected);
        assert_eq!(sids(&stage.list("Status=canceled").await).len(), 1);
        assert_eq!(sids(&stage.list("Status=completed").await).len(), 0);
    }
}

#[tokio::test]
async fn the_order_is_as_switched() {
    for (order, is_newest_first, is_oldest_first) in [
        (Order::NewestFirst, true, false),
        (Order::OldestFirst, false, true),
        (Order::Shuffled, false, false),
    ] {
        let stage = stage(40, Settings { order, ..Settings::default() }).await;
        let page = stage.list("PageSize=100").await;
        let created = |call: &serde_json::Value| {
            let text = call["date_created"].as_str().unwrap();
            jiff::fmt::rfc2822::parse(text).unwrap().timestamp()
        };
        let times: Vec<_> = page["calls"].as_array().unwrap().iter().map(created).collect();
        assert_eq!(times.is_sorted_by(|a, b| a >= b), is_newest_first, "{order:?}");
        assert_eq!(times.is_sorted(), is_oldest_first, "{order:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let stage = stage(1, Settings::default()).await;
    for query in ["PageSize=many", "StartTime=soon", "PageToken=PACA0", "Page=x"] {
        let reply = stage.get(&stage.account(&format!("Calls.json?{query}"))).await;
        assert_eq!(reply.status, 400, "{query}");
    }
}
