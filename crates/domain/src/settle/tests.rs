use std::time::Duration;

use proptest::prelude::*;

use super::look_again;
use crate::samples::{HOUR, MINUTE, hour, minute, minutes, spans, text_of};
use crate::{Covered, Level, RunId, Tiers, Timestamp};

fn row(window: &str, read_at: &str) -> Covered {
    Covered::new(spans(window)[0], Level::Listed, RunId(1), hour(read_at))
}

/// Tiers at 8 and 24 hours, which move in steps of one and three hours.
fn check(window: &str, read_at: &str, now: &str, after_8: &str, after_24: &str) {
    let due = Tiers::new(vec![8 * HOUR, 24 * HOUR]).due(&row(window, read_at), hour(now));
    let of_tier = |age: Duration| {
        let windows: Vec<_> = due.iter().filter(|due| due.1 == age).map(|due| due.0).collect();
        text_of(&windows)
    };
    let what = format!("{window} read at {read_at}, now {now}");
    assert_eq!(
        (of_tier(8 * HOUR), of_tier(24 * HOUR)),
        (after_8.into(), after_24.into()),
        "{what}"
    );
}

#[test]
fn a_window_is_due_as_its_instants_reach_the_age() {
    check("00-06", "06", "06", "", "");
    check("00-06", "06", "08", "", "");
    check("00-06", "06", "09", "00-01", "");
    check("00-06", "06", "14", "00-06", "");
    check("00-06", "06", "27", "00-06", "00-03");
    check("00-06", "06", "90", "00-06", "00-06");
}

#[test]
fn what_was_read_at_an_age_is_not_due_for_it_again() {
    check("00-06", "10", "10", "", "");
    check("00-06", "10", "14", "02-06", "");
    check("00-06", "14", "20", "", "");
    check("00-06", "14", "30", "", "00-06");
    check("00-06", "30", "90", "", "");
}

#[test]
fn only_listed_rows_are_due() {
    for level in [Level::Unproven, Level::Settled, Level::Compared] {
        let row = Covered { level, ..row("00-06", "06") };
        assert_eq!(Tiers::usual().due(&row, hour("900")), []);
    }
}

#[test]
fn tiers_are_ordered_and_named_once() {
    let tiers = Tiers::new(vec![HOUR, MINUTE, HOUR]);
    assert_eq!(tiers.ages(), [MINUTE, HOUR]);
}

#[test]
fn without_tiers_the_first_reading_settles() {
    let levels = Tiers::new(Vec::new()).levels(spans("00-06")[0], hour("06"));
    assert_eq!(levels, [(spans("00-06")[0], Level::Settled)]);
}

#[test]
fn the_part_older_than_the_last_tier_is_settled() {
    let tiers = Tiers::new(vec![HOUR, 8 * HOUR]);
    let levels = |read_at| tiers.levels(spans("00-06")[0], hour(read_at));
    assert_eq!(levels("08"), [(spans("00-06")[0], Level::Listed)]);
    let split = [(spans("00-02")[0], Level::Settled), (spans("02-06")[0], Level::Listed)];
    assert_eq!(levels("10"), split);
    assert_eq!(levels("14"), [(spans("00-06")[0], Level::Settled)]);
}

proptest! {
    #[test]
    fn an_instant_is_due_once_it_reached_a_tier_it_was_not_read_at(
        read_at in 60..200_u32, later in 0..2000_u32, age in 8..600_u32,
    ) {
        let (age_min, now) = (age, read_at + later);
        let age = age * MINUTE;
        let row = Covered { window: minutes(0, 60), checked_at: minute(read_at), ..row("00-01", "01") };
        let due = Tiers::new(vec![age]).due(&row, minute(now));
        for at in 0..60 {
            let is_due = due.iter().any(|(window, _)| window.contains(minute(at)));
            let (reached, read) = (at + age_min <= now, at + age_min < read_at);
            prop_assert!(!is_due || (reached && !read), "{at} is due too early or again");
            let surely = minute(at) + age + age / 8 < minute(now);
            prop_assert!(is_due || !surely || read, "{at} is skipped");
        }
    }
}

#[test]
fn looks_at_one_call_grow_apart_with_its_age_and_end_with_patience() {
    let (call, patience) = (Timestamp::from_millis(0), Duration::from_hours(72));
    let after = |looked: Duration| {
        let next = look_again(call, call + looked, patience);
        next.map(|next| next.since(call + looked))
    };
    assert_eq!(after(Duration::ZERO), Some(Duration::from_mins(1)));
    assert_eq!(after(Duration::from_hours(4)), Some(Duration::from_hours(1)));
    assert_eq!(after(Duration::from_hours(48)), Some(Duration::from_hours(6)));
    assert_eq!(after(Duration::from_hours(71)), None);
}
