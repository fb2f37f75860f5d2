//! How long planning takes: ten years of one source, and ninety days of a thousand.
//!
//! `planning` makes ledgers, plans each of them several times and prints the median of each as one
//! line of JSON. `cargo xtask bench plan` runs it.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]

use std::time::{Duration, Instant};

use domain::{
    Capabilities, Coverage, Covered, Level, RunId, Tiers, Timestamp, Window, plan, territories,
};

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
const EVERY: Duration = Duration::from_mins(5);
const TIMES: usize = 21;

/// As most providers are, but that a window is an hour where there are to be many.
fn capabilities(window_max: Duration) -> Capabilities {
    Capabilities {
        window_max,
        window_min: Duration::from_mins(1),
        window_calls_max: 10_000,
        margin: HOUR,
        lag: Duration::from_mins(10),
        tiers: Tiers::usual(),
        patience: Duration::ZERO,
    }
}

fn row(window: Window, level: Level, checked_at: Timestamp) -> Covered {
    Covered::new(window, level, RunId(1), checked_at)
}

fn begin() -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000).floor_to(DAY)
}

/// The ledger that runs every five minutes leave after so many days.
fn kept_current(days: u32, able: &Capabilities) -> (Coverage, Timestamp) {
    let mut coverage = Coverage::default();
    let mut now = begin() + DAY * days.saturating_sub(9);
    // What is older was read at once, and is settled.
    coverage.mark(row(
        Window::new(begin(), now - DAY * 8).expect("there are more days than nine"),
        Level::Settled,
        now,
    ));
    let end = begin() + DAY * days;
    while now < end {
        for next in plan(&coverage, able, begin(), None, now) {
            for (window, level) in able.tiers.levels(next.window, now) {
                coverage.mark(row(window, level, now));
            }
        }
        now = now + EVERY;
    }
    (coverage, end + EVERY)
}

/// Ten years of which each day has a hole, and the last week is as five-minute runs leave it.
fn with_holes(able: &Capabilities) -> (Coverage, Timestamp) {
    let (mut coverage, now) = kept_current(3652, able);
    for day in 0..3640 {
        let from = begin() + DAY * day + HOUR;
        if let Ok(hole) = Window::new(from, from + HOUR) {
            coverage.reopen(row(hole, Level::Unproven, now));
        }
    }
    (coverage, now)
}

/// The median of several times.
fn timed(mut work: impl FnMut() -> usize) -> (f64, usize) {
    let mut windows = 0;
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            windows = work();
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    (took[TIMES / 2].as_secs_f64() * 1000.0, windows)
}

/// The windows of a plan, with the span each answers for, as a run needs them.
fn planned(coverage: &Coverage, able: &Capabilities, now: Timestamp) -> usize {
    territories(&plan(coverage, able, begin(), None, now)).len()
}

fn main() {
    let (hourly, usual) = (capabilities(HOUR), capabilities(DAY * 7));
    let (holes, now) = with_holes(&usual);
    let nothing = Coverage::default();
    let (nothing_ms, nothing_windows) = timed(|| planned(&nothing, &hourly, now));
    let (holes_ms, holes_windows) = timed(|| planned(&holes, &usual, now));
    let (current, now) = kept_current(90, &usual);
    let thousand: Vec<Coverage> = vec![current; 1000];
    let (thousand_ms, thousand_windows) =
        timed(|| thousand.iter().map(|coverage| planned(coverage, &usual, now)).sum());
    println!(
        "{{\"nothing_ms\":{nothing_ms},\"nothing_windows\":{nothing_windows},\
         \"holes_ms\":{holes_ms},\"holes_windows\":{holes_windows},\
         \"thousand_ms\":{thousand_ms},\"thousand_windows\":{thousand_windows},\
         \"rows_each\":{}}}",
        thousand[0].rows().len()
    );
}
