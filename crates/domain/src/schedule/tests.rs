use std::time::Duration;

use proptest::prelude::*;

use super::{NextRun, PastRun, WhyThen, is_slow, next_run};
use crate::samples::{HOUR, MINUTE};
use crate::{RunStatus, Timestamp};

const EVERY: Duration = Duration::from_mins(5);

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_millis(0) + Duration::from_mins(minutes)
}

/// A run of two minutes.
fn run(began: u64, status: RunStatus) -> PastRun {
    PastRun { started_at: at(began), finished_at: Some(at(began + 2)), status, needs_person: false }
}

fn check(runs: &[PastRun], expected: Timestamp, why: WhyThen) {
    assert_eq!(next_run(runs, EVERY), NextRun { at: expected, why }, "{runs:?}");
}

#[test]
fn the_interval_counts_from_the_beginning_of_the_last_run() {
    check(&[], Timestamp::MIN, WhyThen::First);
    check(&[run(60, RunStatus::Success)], at(65), WhyThen::Interval);
    check(&[run(60, RunStatus::Partial), run(50, RunStatus::Failed)], at(65), WhyThen::Interval);
    let unended = PastRun { finished_at: None, ..run(60, RunStatus::InProgress) };
    check(&[unended], at(65), WhyThen::Interval);
}

#[test]
fn failures_are_tried_again_at_growing_intervals_and_never_later_than_an_hour() {
    let failed = |count: usize| vec![run(100, RunStatus::Failed); count];
    let retry = |failures| WhyThen::Retry { failures };
    check(&failed(1), at(102 + 1), retry(1));
    check(&failed(2), at(102 + 2), retry(2));
    check(&failed(4), at(102 + 8), retry(4));
    check(&failed(50), at(102 + 60), retry(50));
    let mut mended = failed(3);
    mended.insert(0, run(200, RunStatus::Success));
    check(&mended, at(205), WhyThen::Interval);
}

#[test]
fn what_only_a_person_can_mend_is_tried_rarely() {
    let refused = PastRun { needs_person: true, ..run(100, RunStatus::Failed) };
    check(&[refused], at(102) + 6 * HOUR, WhyThen::Refused);
    let partly = PastRun { needs_person: true, ..run(100, RunStatus::Partial) };
    check(&[partly], at(102) + 6 * HOUR, WhyThen::Refused);
}

#[test]
fn slow_is_over_a_minute_or_three_times_what_is_usual() {
    let seconds = Duration::from_secs;
    let usual = |each: u64| vec![seconds(each); 5];
    assert_eq!(is_slow(seconds(61), &[]), Some(None));
    assert_eq!(is_slow(seconds(60), &[]), None);
    assert_eq!(is_slow(seconds(31), &usual(10)), Some(Some(seconds(10))));
    assert_eq!(is_slow(seconds(30), &usual(10)), None);
    assert_eq!(is_slow(seconds(31), &usual(10)[..4]), None, "four runs are no custom");
    assert_eq!(is_slow(seconds(4), &usual(1)), None, "nobody minds four seconds");
    // A source whose runs are long is told of one that takes over a minute all the same.
    assert_eq!(is_slow(seconds(90), &usual(80)), Some(Some(seconds(80))));
}

proptest! {
    #[test]
    fn a_source_is_always_read_again_within_its_interval_or_six_hours(
        statuses in proptest::collection::vec(0_usize..4, 0..40),
        needs_person in any::<bool>(),
        every in 1_u64..100_000,
    ) {
        let all =
            [RunStatus::Success, RunStatus::Partial, RunStatus::Failed, RunStatus::Unbalanced];
        let runs: Vec<PastRun> = statuses
            .iter()
            .map(|status| PastRun { needs_person, ..run(1000, all[*status]) })
            .collect();
        let every = Duration::from_secs(every);
        let next = next_run(&runs, every);
        prop_assert!(next.at <= at(1002) + every.max(6 * HOUR));
        if !runs.is_empty() {
            prop_assert!(next.at > at(1000), "never at once again: {next:?}");
            prop_assert!(next.at >= at(1000) + every.min(MINUTE));
        }
    }
}
