#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::{Found, Lateness, Watch, widened};
use crate::samples::{DAY, HOUR, MINUTE, hour, minute, minutes, spans};
use crate::{
    Capabilities, Coverage, Covered, Level, Planned, RunId, Tiers, Timestamp, Why, Window, plan,
};

fn row(window: Window, checked_at: Timestamp) -> Covered {
    let level = Level::Listed;
    Covered::new(window, level, RunId(1), checked_at)
}

/// Hours 00 to 20 are proved, 00 to 10 are read again by the tier of eight hours, and it is 21.
fn check(occurred: u32, expected: Option<(bool, Option<Duration>, Duration)>) {
    let coverage = Coverage::from_rows([row(spans("00-20")[0], hour("20"))]);
    let planned = |span: &str, why| Planned { window: spans(span)[0], why, tried: None };
    let planned = [planned("20-21", Why::Gap), planned("00-10", Why::Settle(8 * HOUR))];
    let watch = Watch::new(&coverage, &planned, 10 * MINUTE);
    let found = watch.found(minute(occurred), hour("21"));
    let expected = expected.map(|(is_late, tier, age)| Found { is_late, tier, age });
    assert_eq!(found, expected, "minute {occurred}");
}

#[test]
fn a_new_call_where_all_was_proved_is_late_and_another_is_in_time() {
    check(5 * 60, Some((true, Some(8 * HOUR), 24 * HOUR)));
    check(15 * 60, Some((true, None, 6 * HOUR)));
    check(20 * 60 + 46, Some((false, None, 15 * MINUTE)));
    check(20 * 60 + 59, Some((false, None, MINUTE)));
    // From the future: the provider's clock is not ours.
    check(21 * 60 + 1, None);
}

#[test]
fn what_an_outage_or_a_backfill_brings_says_nothing() {
    let watch = Watch::new(&Coverage::default(), &[], 10 * MINUTE);
    assert_eq!(watch.found(minute(0), minute(101)), None);
    assert!(watch.found(minute(0), minute(100)).is_some());
    assert_eq!(Watch::default().found(minute(0), minute(1)), None);
}

fn lateness(found: &[(bool, Option<Duration>, Duration, u64)]) -> Lateness {
    let one = |(is_late, tier, age, calls): &(bool, Option<Duration>, Duration, u64)| {
        (Found { is_late: *is_late, tier: *tier, age: *age }, *calls)
    };
    Lateness { found: found.iter().map(one).collect(), rereads: BTreeMap::new() }
}

#[test]
fn the_curve_says_within_what_age_how_many_calls_were_listed() {
    let curve = lateness(&[
        (false, None, 2 * MINUTE, 50),
        (false, None, 15 * MINUTE, 40),
        (true, None, HOUR, 7),
        (true, Some(2 * HOUR), 3 * HOUR, 3),
    ]);
    assert_eq!((curve.calls(), curve.late()), (100, 10));
    let within = [0, 50, 51, 90, 97, 98, 100].map(|percent| curve.within(percent).unwrap());
    let expected = [2 * MINUTE, 2 * MINUTE, 15 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 3 * HOUR];
    assert_eq!(within, expected);
    assert_eq!([2 * HOUR, HOUR].map(|tier| curve.found_by(tier)), [3, 0]);
    assert_eq!(Lateness::default().within(50), None);
}

fn check_widened(found: &[(Duration, u64)], ages: &[Duration], because: &[Duration]) {
    let found: Vec<_> = found.iter().map(|(tier, n)| (true, Some(*tier), 64 * DAY, *n)).collect();
    let (tiers, reasons) = widened(&Tiers::usual(), &lateness(&found));
    assert_eq!(tiers.ages(), ages, "{found:?}");
    assert_eq!(reasons.iter().map(|it| it.because).collect::<Vec<_>>(), because, "{found:?}");
}

#[test]
fn a_tier_that_still_finds_calls_is_followed_by_one_of_twice_its_age() {
    let [quarter, two, day, week] = [15 * MINUTE, 2 * HOUR, DAY, 7 * DAY];
    check_widened(&[], &[quarter, two, day, week], &[]);
    check_widened(&[(two, 1)], &[quarter, two, 2 * two, day, week], &[two]);
    check_widened(&[(week, 3)], &[quarter, two, day, week, 2 * week], &[week]);
    check_widened(
        &[(week, 3), (2 * week, 1), (4 * week, 1), (8 * week, 1)],
        &[quarter, two, day, week, 2 * week, 4 * week, 8 * week],
        &[week, 2 * week, 4 * week],
    );
    // What no tier found adds none: a margin found it.
    check_widened(&[(HOUR, 5)], &[quarter, two, day, week], &[]);
}

fn capabilities(tiers: Tiers) -> Capabilities {
    Capabilities {
        window_max: 6 * HOUR,
        window_min: MINUTE,
        window_calls_max: 1000,
        margin: MINUTE,
        lag: 5 * MINUTE,
        tiers,
        patience: Duration::ZERO,
    }
}

fn some_tiers() -> impl Strategy<Value = Tiers> {
    prop::collection::vec(1..20_000_u32, 0..6)
        .prop_map(|ages| Tiers::new(ages.into_iter().map(|age| age * MINUTE).collect()))
}

proptest! {
    #[test]
    fn widening_takes_no_tier_away_and_settles_nothing_sooner(
        tiers in some_tiers(), found in prop::collection::vec((0..40_000_u32, 0..3_u64), 0..12),
    ) {
        // What the tiers themselves found, and some that no tier is.
        let of_tiers = tiers.ages().iter().map(|age| (true, Some(*age), 64 * DAY, 1));
        let others = found.iter().map(|(age, n)| (true, Some(*age * MINUTE), 64 * DAY, *n));
        let curve = lateness(&of_tiers.skip(found.len() % 3).chain(others).collect::<Vec<_>>());
        let (wide, reasons) = widened(&tiers, &curve);
        prop_assert!(tiers.ages().iter().all(|age| wide.ages().contains(age)));
        prop_assert_eq!(wide.ages().len(), tiers.ages().len() + reasons.len());
        for reason in &reasons {
            prop_assert!(reason.found > 0 && reason.added == reason.because * 2);
            prop_assert!(wide.ages().contains(&reason.because) && !tiers.ages().contains(&reason.added));
        }
        let now = hour("9000");
        prop_assert!(wide.settled_before(now) <= tiers.settled_before(now));
    }

    #[test]
    fn a_ledger_never_claims_less_reading_again_than_without_widening(
        tiers in some_tiers(), found in 0..3_u64, skip in 0..3_usize,
        rows in prop::collection::vec((0..900_u32, 1..200_u32, 0..400_u32), 0..25), now in 100..40_000_u32,
    ) {
        let of_tiers = tiers.ages().iter().map(|age| (true, Some(*age), 64 * DAY, found));
        let (wide, _) = widened(&tiers, &lateness(&of_tiers.skip(skip).collect::<Vec<_>>()));
        let coverage = Coverage::from_rows(rows.into_iter().map(|(from, length, later)| {
            row(minutes(from, from + length), minute(from + length + later))
        }));
        let planned = |tiers: &Tiers| plan(&coverage, &capabilities(tiers.clone()), minute(0), None, minute(now));
        let (narrow, wide) = (planned(&tiers), planned(&wide));
        for at in (0..1200).map(minute) {
            let reads = |planned: &[Planned]| planned.iter().any(|next| next.window.contains(at));
            prop_assert!(!reads(&narrow) || reads(&wide), "{at} is read again without widening only");
        }
    }
}
