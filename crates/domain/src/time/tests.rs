#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;

use super::Timestamp;

fn check(text: &str, means: &str) {
    let read = Timestamp::parse_human(text).map(|at| at.to_string());
    assert_eq!(read.unwrap(), means, "{text}");
}

fn check_refused(text: &str) {
    assert!(Timestamp::parse_human(text).is_err(), "{text}");
}

#[test]
fn instants_are_read_in_any_offset_and_shown_in_utc() {
    check("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z");
    check("2026-03-01T01:30:00+01:30", "2026-03-01T00:00:00Z");
    check("2026-02-28T19:00:00.5-05:00", "2026-03-01T00:00:00.500Z");
    check("2026-03-01", "2026-03-01T00:00:00Z");
    check("2024-02-29", "2024-02-29T00:00:00Z");
}

#[test]
fn digits_finer_than_milliseconds_are_cut_off_on_both_sides_of_1970() {
    check("2026-03-01T00:00:00.0019999Z", "2026-03-01T00:00:00.001Z");
    check("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z");
}

#[test]
fn a_time_without_an_offset_is_refused_not_taken_for_midnight() {
    check_refused("2026-03-01T18:30:00");
    check_refused("2026-03-01T18:30");
    check_refused("2026-03-01 18:30");
    assert!(serde_json::from_str::<Timestamp>("\"2026-03-01T18:30:00\"").is_err());
}

#[test]
fn other_texts_are_refused() {
    for text in ["", "yesterday", "2026-13-01", "2026-02-29", "1740787200", "1740787200000"] {
        check_refused(text);
    }
    assert!(Timestamp::parse("2026-03-01").is_err());
}

#[test]
fn the_ends_of_time_survive_arithmetic_and_text() {
    let day = Duration::from_hours(24);
    assert_eq!(Timestamp::MAX + day, Timestamp::MAX);
    assert_eq!(Timestamp::MIN - day, Timestamp::MIN);
    assert_eq!(Timestamp::MIN + Duration::MAX, Timestamp::from_millis(-1));
    assert_eq!(Timestamp::MIN.floor_to(day), Timestamp::MIN);
    assert_eq!(Timestamp::MAX.since(Timestamp::MIN), Duration::from_millis(i64::MAX as u64));
    assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
    for end in [Timestamp::MIN, Timestamp::MAX] {
        assert_eq!(Timestamp::parse_human(&end.to_string()), Ok(end));
    }
}

proptest! {
    #[test]
    fn what_is_shown_can_be_read(millis in -62_000_000_000_000_i64..250_000_000_000_000) {
        let at = Timestamp::from_millis(millis);
        prop_assert_eq!(Timestamp::parse(&at.to_string()).unwrap(), at);
        let json = serde_json::to_string(&at).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
    }

    #[test]
    fn steps_are_floors(millis: i64, step in 0..u64::MAX) {
        let (at, length) = (Timestamp::from_millis(millis), Duration::from_millis(step));
        let floor = at.floor_to(length);
        prop_assert!(floor <= at && at.since(floor) <= length);
    }

    #[test]
    fn reading_never_panics(text: String) {
        drop(Timestamp::parse_human(&text));
    }
}
