#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{Judged, Quiet, judge_volume, volume_span};
use crate::samples::{DAY, HOUR, hour, minute};
use crate::{Coverage, Covered, Level, RunId, Timestamp, Window};

/// It is the first free day of the week, eighty-two days after the world began with a working day.
const NOW_HOURS: u32 = 82 * 24;

/// Chance that comes out the same each time.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A Poisson number, in pieces because e^-mean must not vanish.
    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut left, mut number) = (mean, 0);
        while left > 0.0 {
            let piece = left.min(30.0);
            let (floor, mut product) = ((-piece).exp(), self.unit());
            while product > floor {
                product *= self.unit();
                number += 1;
            }
            left -= piece;
        }
        number
    }
}

/// Calls an hour over the week: busy on workdays from 9 to 17, a tenth at other hours.
fn rhythm(at: u32, busiest: f64) -> f64 {
    let (day, hour) = (at / 24 % 7, at % 24);
    if day < 5 && (9..17).contains(&hour) { busiest } else { busiest / 10.0 }
}

/// A source with so many calls an hour when it is busiest, `hours` long. Days stray by `wild`
/// besides chance: 0.3 is 30% more or less.
fn world(seed: u64, hours: u32, busiest: f64, wild: f64) -> Vec<u64> {
    let mut dice = Dice(seed);
    let mut mood = 1.0;
    (0..hours)
        .map(|at| {
            if at.is_multiple_of(24) {
                mood = 1.0 + wild * (2.0 * dice.unit() - 1.0);
            }
            dice.poisson(rhythm(at, busiest) * mood)
        })
        .collect()
}

fn covered(from: Timestamp, to: Timestamp, level: Level) -> Covered {
    let window = Window::new(from, to).unwrap();
    Covered::new(window, level, RunId(1), to)
}

fn judge_at(counts: &[u64], now: Timestamp, unproved: &[(u32, u32)]) -> Judged {
    let rows = std::iter::once(covered(hour("00"), now, Level::Settled)).collect::<Vec<_>>();
    let mut coverage = Coverage::from_rows(rows);
    for (from, to) in unproved {
        coverage.reopen(covered(minute(from * 60), minute(to * 60), Level::Unproven));
    }
    let span = volume_span(now, Duration::from_mins(10)).unwrap();
    let calls: Vec<(Timestamp, u64)> = (0..)
        .zip(counts)
        .map(|(at, calls)| (minute(60 * at), *calls))
        .filter(|(at, calls)| *calls > 0 && span.contains(*at))
        .collect();
    judge_volume(&coverage, span, &calls)
}

fn judge(counts: &[u64]) -> Vec<Quiet> {
    judge_at(counts, minute(60 * NOW_HOURS), &[]).quiet
}

fn hours_of(quiet: &Quiet) -> (u64, u64) {
    let hours = |at: Timestamp| at.since(hour("00")).as_secs() / 3600;
    (hours(quiet.window.from()), hours(quiet.window.to()))
}

#[test]
fn a_feed_that_died_is_told_from_its_first_silent_hour_to_the_last_that_is_over() {
    let mut counts = world(1, NOW_HOURS, 40.0, 0.2);
    // Noon of the third day before, a working day.
    let from = NOW_HOURS - 3 * 24 + 12;
    counts[from as usize..].fill(0);
    let quiet = judge(&counts);
    assert_eq!(quiet.len(), 1, "{quiet:?}");
    let (began, ended) = hours_of(&quiet[0]);
    assert!((u64::from(from) - 1..=u64::from(from)).contains(&began), "{quiet:?}");
    assert_eq!((ended, quiet[0].calls), (u64::from(NOW_HOURS) - 2, 0));
    assert!(quiet[0].usual > 100, "{quiet:?}");
}

#[test]
fn an_hour_without_calls_in_the_night_is_nothing_and_one_at_noon_is() {
    for (at, is_quiet) in [(3, false), (11, true)] {
        let mut counts = world(2, NOW_HOURS, 60.0, 0.2);
        let hour = NOW_HOURS as usize - 4 * 24 + at;
        counts[hour] = 0;
        assert_eq!(!judge(&counts).is_empty(), is_quiet, "hour {at} of a working day");
    }
}

#[test]
fn a_source_with_few_calls_is_quiet_only_after_days() {
    // Three calls a day in the busy hours: half a day without one is nothing, a week is something.
    let counts = world(3, NOW_HOURS, 0.4, 0.2);
    let silent_for = |hours: u32| {
        let mut counts = counts.clone();
        counts[(NOW_HOURS - hours) as usize..].fill(0);
        !judge(&counts).is_empty()
    };
    assert_eq!([12, 13 * 24].map(silent_for), [false, true]);
}

#[test]
fn a_day_that_lost_half_of_its_calls_is_told_as_a_day() {
    let mut counts = world(4, NOW_HOURS, 60.0, 0.05);
    let day = NOW_HOURS as usize - 4 * 24;
    for hour in &mut counts[day..day + 24] {
        *hour /= 2;
    }
    let quiet = judge(&counts);
    assert_eq!(quiet.iter().map(hours_of).collect::<Vec<_>>(), [(day as u64, day as u64 + 24)]);
}

#[test]
fn what_nobody_could_look_at_is_neither_quiet_nor_a_measure() {
    let mut counts = world(5, NOW_HOURS, 60.0, 0.2);
    let (from, to) = (NOW_HOURS - 4 * 24, NOW_HOURS - 3 * 24);
    counts[from as usize..to as usize].fill(0);
    let now = minute(60 * NOW_HOURS);
    assert_eq!(judge_at(&counts, now, &[]).quiet.len(), 1);
    assert_eq!(judge_at(&counts, now, &[(from, to)]).quiet, []);
    // Six of the eight weeks before were never proved: nobody knows what is usual.
    let judged = judge_at(&counts, now, &[(0, 62 * 24)]);
    assert_eq!((judged.quiet.len(), judged.hours), (0, 0));
    assert!(judged.too_new > 300);
}

#[test]
fn clocks_that_are_put_back_make_nothing_quiet() {
    let counts = world(6, NOW_HOURS, 60.0, 0.1);
    let change = NOW_HOURS as usize - 6 * 24;
    for shift in [1_isize, -1] {
        let mut moved = counts.clone();
        for at in change..NOW_HOURS as usize - 1 {
            moved[at] = counts[at.checked_add_signed(shift).unwrap()];
        }
        assert_eq!(judge(&moved), [], "put by {shift}");
    }
}

#[test]
fn one_holiday_among_the_weeks_before_does_not_hide_a_dead_feed() {
    let mut counts = world(7, NOW_HOURS, 40.0, 0.2);
    let day = NOW_HOURS as usize - 4 * 24;
    for at in [day, day - 3 * 168] {
        counts[at..at + 24].fill(0);
    }
    assert_eq!(judge(&counts).len(), 1);
}

#[test]
fn a_year_of_ordinary_ups_and_downs_cries_wolf_at_most_once() {
    let hours = 430 * 24;
    let mut cried = 0;
    for (seed, busiest, wild) in
        [(11, 0.5, 0.2), (12, 4.0, 0.3), (13, 40.0, 0.3), (14, 300.0, 0.4), (15, 40.0, 0.0)]
    {
        let counts = world(seed, hours, busiest, wild);
        // Every two weeks, so that each hour is judged once.
        let told: usize = (5..30)
            .map(|fortnight| {
                let now = minute(0) + DAY * (14 * fortnight) + 2 * HOUR;
                judge_at(&counts, now, &[]).quiet.len()
            })
            .sum();
        assert!(told <= 1, "{told} quiet stretches at {busiest} calls an hour, {wild} wild");
        cried += told;
    }
    assert!(cried <= 1, "{cried} in five years");
}

#[test]
fn nothing_is_judged_that_is_not_over() {
    let span = volume_span(hour("50") + Duration::from_mins(59), Duration::from_mins(10)).unwrap();
    assert_eq!(span.to(), hour("48"));
    let span = volume_span(hour("50"), 5 * HOUR).unwrap();
    assert_eq!(span.to(), hour("44"));
}
