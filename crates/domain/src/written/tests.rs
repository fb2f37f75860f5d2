use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;

fn instant(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("the test writes an instant")
}

fn reads(text: &str, written: Option<Written>) {
    assert_eq!(Times::new(DayOrder::MonthFirst).read(text), written, "{text}");
}

#[test]
fn times_with_a_zone_are_instants() {
    let ten = Some(Written::Instant(instant("2026-03-01T10:00:00Z")));
    let all = [
        "2026-03-01T10:00:00Z",
        "2026-03-01T05:00:00-05:00",
        "2026-03-01 10:00:00 UTC",
        "2026-03-01 05:00:00 EST",
        "2026-03-01 12:00:00 +0200",
        "2026-03-01 12:00:00 UTC+2",
        "Sun, 01 Mar 2026 10:00:00 +0000",
        "03/01/2026 10:00:00 GMT",
        "1772359200",
        "1772359200000",
        "1772359200.000",
    ];
    for text in all {
        reads(text, ten);
    }
}

#[test]
fn times_without_a_zone_are_what_a_wall_clock_showed() {
    let ten = Some(Written::Local(instant("2026-03-01T22:00:00Z")));
    let all = [
        "2026-03-01 22:00:00",
        "2026-03-01T22:00:00",
        "2026-03-01 22:00",
        "03/01/2026 10:00 PM",
        "3/1/2026 10:00:00 pm",
        "3/1/2026, 10:00:00PM",
        "Mar 1, 2026 10:00 pm",
        "Mar 1, 2026 at 10:00 PM",
        "March 1, 2026 10:00 PM",
        "1 Mar 2026 22:00:00",
    ];
    for text in all {
        reads(text, ten);
    }
}

#[test]
fn what_is_no_time_is_none() {
    for text in ["", "yesterday", "12345", "13/13/2026 10:00", "2026-02-30 10:00:00", "10:00"] {
        reads(text, None);
    }
}

#[test]
fn the_order_of_day_and_month_is_told_by_the_first_that_can() {
    assert_eq!(day_order(["03/04/2026", "13/04/2026"]), Some(DayOrder::DayFirst));
    assert_eq!(day_order(["03/04/2026", "04/13/2026 10:00"]), Some(DayOrder::MonthFirst));
    assert_eq!(day_order(["03/04/2026", "2026-03-13"]), None);
    let fourth = Times::new(DayOrder::DayFirst).read("03/04/2026 10:00");
    assert_eq!(fourth, Some(Written::Local(instant("2026-04-03T10:00:00Z"))));
}

#[test]
fn durations_are_read_as_screens_write_them() {
    let check = |text: &str, seconds: Option<u64>| {
        assert_eq!(duration(text), seconds.map(Duration::from_secs), "{text}");
    };
    check("63", Some(63));
    check("1:03", Some(63));
    check("00:01:03", Some(63));
    check("1m 3s", Some(63));
    check("1 min, 3 sec", Some(63));
    check("1h2m3s", Some(3723));
    check("", None);
    check("-", None);
    check("1:2:3:4", None);
    check("-5", None);
    assert_eq!(duration("1.5"), Some(Duration::from_millis(1500)));
}

#[test]
fn a_status_nobody_knows_says_nothing() {
    assert_eq!(status("No Answer"), crate::CallStatus::NoAnswer);
    assert_eq!(status("in-progress"), crate::CallStatus::InProgress);
    assert_eq!(status("whatever"), crate::CallStatus::Unknown);
    for known in crate::CallStatus::ALL {
        assert_eq!(status(known.as_str()), *known);
    }
}

#[test]
fn names_of_columns_are_compared_as_words() {
    for text in ["Call Sid", "callSid", "CALL-SID", "\u{feff}call_sid ", "Call  Sid"] {
        assert_eq!(name(text), "call_sid", "{text}");
    }
    assert_eq!(name("Duration (seconds)"), "duration_seconds");
}

proptest! {
    /// Whatever stands in a cell, it is read or it is not.
    #[test]
    fn no_text_breaks_the_reading(text in any::<String>()) {
        let mut times = Times::new(DayOrder::DayFirst);
        prop_assert_eq!(times.read(&text), times.read(&text));
        prop_assert!(duration(&text).is_none_or(|it| it >= Duration::ZERO));
        prop_assert!(crate::CallStatus::ALL.contains(&status(&text)));
        prop_assert!(!name(&text).contains(' '));
    }
}

#[test]
fn directions_are_known_by_their_first_word() {
    let check = |text: &str, way: Option<Direction>| assert_eq!(direction(text), way, "{text}");
    for text in ["inbound", "Incoming", "IN", "Inbound call"] {
        check(text, Some(Direction::Inbound));
    }
    for text in ["outbound", "outbound-api", "Outgoing", "out"] {
        check(text, Some(Direction::Outbound));
    }
    for text in ["", "trunking", "internal", "-"] {
        check(text, None);
    }
}
