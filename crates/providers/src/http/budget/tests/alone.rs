//! The budget of one process, by a clock moved by hand.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Timestamp};
use futures::FutureExt;
use proptest::prelude::*;

use crate::http::budget::{Allowance, Budget, Budgets, Rate, Turn};
use crate::http::headers::RateFacts;
use crate::testing::HandClock;

const NOON: &str = "2026-03-01T12:00:00Z";

fn noon() -> Timestamp {
    Timestamp::parse(NOON).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn rate(requests: u32, per_day: u64) -> Rate {
    Rate::AtMost { requests, interval: Duration::from_secs(10), per_day }
}

#[test]
fn requests_beyond_the_rate_wait_for_the_oldest_to_age() {
    let mut allowance = Allowance::new(rate(2, 100));
    assert_eq!(allowance.take(noon()), Turn::Go);
    assert_eq!(allowance.take(noon() + seconds(4)), Turn::Go);
    let Turn::Wait(wait) = allowance.take(noon() + seconds(5)) else { panic!() };
    assert_eq!(wait, Duration::from_millis(5_250));
    assert_eq!(allowance.take(noon() + seconds(5) + wait), Turn::Go);
}

#[test]
fn a_day_that_is_spent_says_when_the_next_begins() {
    let mut allowance = Allowance::new(rate(100, 2));
    allowance.take(noon());
    allowance.take(noon());
    let later = noon() + seconds(3600);
    assert_eq!(allowance.take(later), Turn::DaySpent { wait: Duration::from_hours(23) });
    assert_eq!(allowance.take(noon() + Duration::from_hours(24)), Turn::Go);
}

#[test]
fn headers_correct_the_allowance_downwards_only() {
    let facts = RateFacts { max: Some(100), remaining: Some(12), ..RateFacts::default() };
    let mut allowance = Allowance::new(rate(90, 1000));
    allowance.observe(&facts, noon());
    let sent = (0..90).take_while(|_| allowance.take(noon()) == Turn::Go).count();
    assert_eq!(sent, 2, "88 were sent by others");

    let generous = RateFacts { max: Some(1000), remaining: Some(1000), ..RateFacts::default() };
    let mut allowance = Allowance::new(rate(3, 1000));
    allowance.observe(&generous, noon());
    let sent = (0..90).take_while(|_| allowance.take(noon()) == Turn::Go).count();
    assert_eq!(sent, 3);
}

#[test]
fn a_day_without_remaining_requests_is_spent() {
    let facts = RateFacts {
        day_max: Some(200_000),
        day_remaining: Some(0),
        day_reset: Some(seconds(60)),
        ..RateFacts::default()
    };
    let mut allowance = Allowance::new(rate(90, 190_000));
    allowance.observe(&facts, noon());
    assert_eq!(allowance.take(noon()), Turn::DaySpent { wait: seconds(60) });
    assert_eq!(allowance.take(noon() + seconds(60)), Turn::Go);
}

#[test]
fn a_clock_set_back_does_not_block_for_ever() {
    let mut allowance = Allowance::new(rate(1, 100));
    allowance.take(noon());
    assert_eq!(allowance.take(noon() - seconds(86_400)), Turn::Go);
}

proptest! {
    #[test]
    fn no_span_holds_more_than_the_rate(steps in prop::collection::vec(0_u64..4_000, 1..200)) {
        let mut allowance = Allowance::new(rate(5, 1_000_000));
        let (mut now, mut sent) = (noon(), Vec::new());
        for step in steps {
            now = now + Duration::from_millis(step);
            if allowance.take(now) == Turn::Go {
                sent.push(now);
            }
        }
        for window in sent.windows(6) {
            prop_assert!(window[5].since(window[0]) >= seconds(10));
        }
    }

    #[test]
    fn no_header_breaks_the_rule(numbers in prop::array::uniform6(prop::option::of(any::<u64>()))) {
        let [max, interval, remaining, day_max, day_remaining, day_reset] = numbers;
        let interval = interval.map(Duration::from_millis);
        let day_reset = day_reset.map(Duration::from_millis);
        let facts = RateFacts { max, interval, remaining, day_max, day_remaining, day_reset };
        let mut allowance = Allowance::new(rate(5, 10));
        allowance.observe(&facts, noon());
        allowance.take(noon());
    }
}

#[tokio::test]
async fn waiting_for_a_turn_waits_on_the_given_clock() {
    let (clock, budget) = (HandClock::at(NOON), Budget::new(rate(2, 100), 9));
    for _ in 0..6 {
        drop(budget.acquire(&*clock).await.unwrap());
    }
    assert_eq!(clock.now().since(noon()), Duration::from_millis(20_500));
}

#[tokio::test]
async fn everybody_waits_while_a_budget_is_paused() {
    let (clock, budget) = (HandClock::at(NOON), Budget::new(Rate::Unlimited, 9));
    budget.pause_until(noon() + seconds(30), &*clock).await;
    drop(budget.acquire(&*clock).await.unwrap());
    assert_eq!(clock.now().since(noon()), seconds(30));
}

#[tokio::test]
async fn only_so_many_requests_are_under_way_and_one_that_leaves_makes_room() {
    let (clock, budget) = (HandClock::at(NOON), Budget::new(Rate::Unlimited, 1));
    let first = budget.acquire(&*clock).await.unwrap();
    assert!(budget.acquire(&*clock).now_or_never().is_none(), "it waits, and goes away");
    drop(first);
    assert!(budget.acquire(&*clock).now_or_never().is_some());
}

#[tokio::test]
async fn whoever_came_first_goes_first() {
    let (clock, budget) = (HandClock::at(NOON), Budget::new(rate(1, 100), 9));
    let order = std::sync::Mutex::new(Vec::new());
    let turns = (0..5).map(|number| {
        let (clock, budget, order) = (&clock, &budget, &order);
        async move {
            drop(budget.acquire(&**clock).await.unwrap());
            order.lock().unwrap().push(number);
        }
    });
    futures::future::join_all(turns).await;
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn connections_with_one_token_share_one_budget() {
    let budgets = Budgets::new();
    let one = budgets.of(&["token"], Rate::Unlimited, 4);
    let same = budgets.of(&["token"], rate(1, 1), 4);
    let other = budgets.of(&["other"], Rate::Unlimited, 4);
    assert!(Arc::ptr_eq(&one, &same));
    assert!(!Arc::ptr_eq(&one, &other));
    assert!(!format!("{budgets:?}").contains("token"));
}
