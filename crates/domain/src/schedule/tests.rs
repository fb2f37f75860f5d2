use std::time::Duration;

use proptest::prelude::*;

use super::{NextRun, PastRun, Rhythm, Times, WhyThen, is_slow, look_at, next_run};
use crate::samples::{HOUR, MINUTE};
use crate::{RunKind, RunStatus, Timestamp};

const EVERY: Rhythm = Rhythm::Every(Duration::from_mins(5));

/// When it does not matter.
const NOW: Timestamp = Timestamp::MAX;

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_millis(0) + Duration::from_mins(minutes)
}

/// A run of two minutes.
fn run(began: u64, status: RunStatus) -> PastRun {
    let (started_at, finished_at) = (at(began), Some(at(began + 2)));
    let kind = RunKind::Auto;
    PastRun { kind, started_at, finished_at, status, needs_person: false, has_more: false }
}

/// The same because somebody asked for it.
fn asked(began: u64, status: RunStatus) -> PastRun {
    PastRun { kind: RunKind::Manual, ..run(began, status) }
}

fn check(runs: &[PastRun], expected: Timestamp, why: WhyThen) {
    assert_eq!(next_run(runs, &EVERY, NOW), NextRun { at: expected, why }, "{runs:?}");
}

#[test]
fn the_interval_counts_from_the_beginning_of_the_last_run() {
    check(&[], Timestamp::MIN, WhyThen::First);
    check(&[run(60, RunStatus::Success)], at(65), WhyThen::Rhythm);
    check(&[run(60, RunStatus::Partial), run(50, RunStatus::Failed)], at(65), WhyThen::Rhythm);
    let unended = PastRun { finished_at: None, ..run(60, RunStatus::InProgress) };
    check(&[unended], at(65), WhyThen::Rhythm);
}

#[test]
fn runs_of_a_clock_that_was_ahead_are_not_waited_for() {
    let (ahead, before) = (run(5000, RunStatus::Success), run(60, RunStatus::Success));
    let now = at(70);
    let next = |runs: &[PastRun]| next_run(runs, &EVERY, now);
    assert_eq!(next(&[ahead, before]), NextRun { at: at(65), why: WhyThen::Rhythm });
    assert_eq!(next(&[ahead]), NextRun { at: Timestamp::MIN, why: WhyThen::First });
    // What another machine's clock says may be some minutes off.
    assert_eq!(next(&[run(75, RunStatus::Success), before]).at, at(80));
    assert_eq!(next(&[run(76, RunStatus::Success), before]).at, at(65));

    let died = PastRun { finished_at: None, ..run(5000, RunStatus::InProgress) };
    let looks = look_at(&[died, before], &EVERY, None, now);
    assert_eq!(looks, NextRun { at: at(65), why: WhyThen::Rhythm });
}

#[test]
fn what_a_run_left_is_read_at_once_by_whoever_looks_first() {
    let more = PastRun { has_more: true, ..run(60, RunStatus::Partial) };
    check(&[more, run(50, RunStatus::Failed)], at(62), WhyThen::More);
    check(&[run(70, RunStatus::Success), more], at(75), WhyThen::Rhythm);
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
    check(&mended, at(205), WhyThen::Rhythm);
}

#[test]
fn what_only_a_person_can_mend_is_tried_more_and_more_rarely() {
    let refused =
        |times| vec![PastRun { needs_person: true, ..run(100, RunStatus::Failed) }; times];
    check(&refused(1), at(102 + 1), WhyThen::Refused);
    check(&refused(5), at(102 + 16), WhyThen::Refused);
    check(&refused(9), at(102 + 256), WhyThen::Refused);
    check(&refused(10), at(102) + 6 * HOUR, WhyThen::Refused);
    check(&refused(40), at(102) + 6 * HOUR, WhyThen::Refused);
}

#[test]
fn a_refusal_of_something_old_does_not_keep_new_calls_waiting() {
    let partly = PastRun { needs_person: true, ..run(100, RunStatus::Partial) };
    check(&[partly], at(105), WhyThen::Rhythm);
}

#[test]
fn what_somebody_asks_for_puts_nothing_off() {
    let narrow = asked(64, RunStatus::Success);
    check(&[narrow, run(60, RunStatus::Success)], at(65), WhyThen::Rhythm);
    let history = PastRun { kind: RunKind::Backfill, ..asked(64, RunStatus::Partial) };
    check(&[history, run(60, RunStatus::Success)], at(65), WhyThen::Rhythm);
    check(&[narrow], Timestamp::MIN, WhyThen::First);
    // Too old a day, say: the provider refuses it, and nothing else.
    let refused = PastRun { needs_person: true, ..asked(64, RunStatus::Failed) };
    check(&[refused, run(60, RunStatus::Success)], at(65), WhyThen::Rhythm);
    let failed = [run(62, RunStatus::Failed), run(60, RunStatus::Failed)];
    check(&[refused, failed[0], failed[1]], at(64 + 2), WhyThen::Retry { failures: 2 });
}

#[test]
fn a_person_who_reads_it_has_mended_it() {
    let refused = vec![PastRun { needs_person: true, ..run(100, RunStatus::Failed) }; 10];
    let mended = [vec![asked(120, RunStatus::Success)], refused.clone()].concat();
    check(&mended, at(105), WhyThen::Rhythm);
    let under_way = PastRun { finished_at: None, ..asked(120, RunStatus::InProgress) };
    check(&[vec![under_way], refused].concat(), at(102) + 6 * HOUR, WhyThen::Refused);
}

#[test]
fn a_source_that_workers_die_of_is_read_more_and_more_rarely() {
    let unended = PastRun { finished_at: None, ..run(200, RunStatus::InProgress) };
    let died = |times| [vec![unended], vec![run(190, RunStatus::Failed); times]].concat();
    let looks = |runs: &[PastRun]| look_at(runs, &EVERY, None, NOW);
    let interrupted = |at| NextRun { at, why: WhyThen::Interrupted };
    assert_eq!(looks(&died(0)), interrupted(Timestamp::MIN));
    assert_eq!(looks(&died(1)), interrupted(at(201)));
    assert_eq!(looks(&died(4)), interrupted(at(208)));
    assert_eq!(looks(&died(40)), interrupted(at(260)));
}

#[test]
fn what_a_dead_worker_read_is_the_next_work_once_its_lease_has_run_out() {
    let looks = |runs: &[PastRun], held: Option<u64>| look_at(runs, &EVERY, held.map(at), NOW);
    let unended = PastRun { finished_at: None, ..run(60, RunStatus::InProgress) };
    let held = |minutes| NextRun { at: at(minutes), why: WhyThen::Held };
    assert_eq!(looks(&[unended], Some(61)), held(61));
    assert_eq!(looks(&[unended], Some(90)), held(90), "it goes on for longer than its interval");
    let died = NextRun { at: Timestamp::MIN, why: WhyThen::Interrupted };
    assert_eq!(looks(&[unended], None), died);
    // Somebody compares it, or has just begun.
    let ended = run(60, RunStatus::Success);
    assert_eq!(looks(&[ended], Some(61)), NextRun { at: at(65), why: WhyThen::Rhythm });
    assert_eq!(looks(&[ended], Some(66)), held(66));
    assert_eq!(looks(&[ended], None), next_run(&[ended], &EVERY, NOW));
    assert_eq!(looks(&[], Some(1)), held(1));
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

fn at_times(expression: &str, zone: &str) -> Rhythm {
    Rhythm::At(Box::new(Times::read(expression, zone).expect("the test names real times")))
}

/// The times an expression names after an instant, as the clocks of its zone show them.
fn times(expression: &str, zone: &str, after: &str, expected: &[&str]) {
    let rhythm = at_times(expression, zone);
    let instant = |text| Timestamp::parse(text).expect("the test writes a real instant");
    let mut at = instant(after);
    for expected in expected {
        at = rhythm.next(at);
        assert_eq!(at, instant(expected), "{expression} in {zone}: {at}");
    }
}

#[test]
fn times_of_the_day_are_those_of_their_zone() {
    times("0 6 * * *", "UTC", "2026-03-01T06:00:00Z", &["2026-03-02T06:00:00Z"]);
    times(
        "30 7 * * mon-fri",
        "America/New_York",
        "2026-01-02T13:00:00Z",
        &["2026-01-05T12:30:00Z"],
    );
    // The day after the clocks move, the same time of the day.
    times(
        "0 6 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T05:00:00Z", "2026-03-29T04:00:00Z"],
    );
}

#[test]
fn a_time_the_clocks_skip_is_not_left_out() {
    // On 29 March 2026 in Berlin, 02:00 is 03:00.
    times(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        &["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"],
    );
    times(
        "*/30 * * * *",
        "Europe/Berlin",
        "2026-03-29T00:30:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"],
    );
}

#[test]
fn a_time_that_comes_twice_is_read_once_and_every_hour_goes_on() {
    // On 25 October 2026 in Berlin, 03:00 is 02:00 again.
    times(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    );
    times(
        "15 * * * *",
        "Europe/Berlin",
        "2026-10-25T00:00:00Z",
        &["2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "2026-10-25T02:15:00Z"],
    );
}

#[test]
fn what_names_no_times_is_refused_with_its_reason() {
    for (expression, zone, why) in [
        ("0 6 * *", "UTC", "it has 4 fields instead of five"),
        ("0 25 * * *", "UTC", "must be in range"),
        ("0 6 31 2 *", "UTC", "no day is ever like that"),
        ("0 6 * * *", "Mars/Olympus", "there is no time zone `Mars/Olympus`"),
        ("at six every day !", "UTC", ""),
    ] {
        let refused = Times::read(expression, zone).expect_err("it names no times");
        assert!(refused.why.contains(why), "{expression}: {refused}");
        assert!(!refused.why.contains('\n') && !refused.why.is_empty(), "{refused}");
    }
}

#[test]
fn a_missed_time_is_caught_up_once_and_the_pause_after_a_refusal_stays() {
    let daily = at_times("0 6 * * *", "UTC");
    let day = 24 * 60;
    let three_days_ago = run(6 * 60, RunStatus::Success);
    assert_eq!(next_run(&[three_days_ago], &daily, NOW).at, at(day + 6 * 60));
    assert_eq!(daily.longest_pause(at(0)), Duration::from_hours(24));
    let refused = PastRun { needs_person: true, ..run(5 * 60, RunStatus::Failed) };
    assert_eq!(next_run(&[refused], &daily, NOW).at, at(5 * 60 + 2 + 1));
    assert_eq!(next_run(&[refused; 10], &daily, NOW).at, at(5 * 60 + 2) + 6 * HOUR);
    let refused = PastRun { needs_person: true, ..run(7 * 60, RunStatus::Failed) };
    assert_eq!(next_run(&[refused; 10], &daily, NOW).at, at(day + 6 * 60));
    let weekdays = at_times("0 6 * * 1-5", "UTC");
    assert_eq!(weekdays.longest_pause(at(0)), Duration::from_hours(72));
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
        let next = next_run(&runs, &Rhythm::Every(every), NOW);
        prop_assert!(next.at <= at(1002) + every.max(6 * HOUR));
        if !runs.is_empty() {
            prop_assert!(next.at > at(1000), "never at once again: {next:?}");
            prop_assert!(next.at >= at(1000) + every.min(MINUTE));
        }
    }
}
