//! Time in text, for tests: hour `06` is six o'clock on 1 March 2026, `30` the same a day later.

use std::time::Duration;

use crate::{Timestamp, Window};

pub const MINUTE: Duration = Duration::from_mins(1);
pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

pub fn minute(n: u32) -> Timestamp {
    Timestamp::parse_human("2026-03-01").expect("it is a day") + MINUTE * n
}

pub fn minutes(from: u32, to: u32) -> Window {
    Window::new(minute(from), minute(to)).expect("the test names a window")
}

pub fn hour(text: &str) -> Timestamp {
    minute(60 * text.parse::<u32>().expect("the test names an hour"))
}

/// `"00-06 12-24"` as two windows.
pub fn spans(text: &str) -> Vec<Window> {
    let one = |text: &str| {
        let (from, to) = text.split_once('-').expect("the test names two hours");
        Window::new(hour(from), hour(to)).expect("the test names a window")
    };
    text.split_whitespace().map(one).collect()
}

/// The reverse of `spans`.
pub fn text_of(windows: &[Window]) -> String {
    let hours = |at: Timestamp| at.since(hour("00")).as_secs() / 3600;
    let one = |window: &Window| format!("{:02}-{:02}", hours(window.from()), hours(window.to()));
    windows.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The tables of a scenario, line by line: what is there, what is here, and what is to come of it.
pub fn tables(scenario: &str) -> Option<(std::str::Lines<'_>, std::str::Lines<'_>, &str)> {
    let (_, tables) = scenario.split_once("\nthere\n")?;
    let (there, rest) = tables.split_once("\nhere\n")?;
    let (here, report) = rest.split_once("\nreport\n")?;
    Some((there.trim_end().lines(), here.trim_end().lines(), report.trim_end()))
}
