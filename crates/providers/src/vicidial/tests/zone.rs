use domain::Window;

use super::*;
use crate::vicidial::zone::Hints;

fn check_readings(local: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
    assert_eq!(new_york().readings(local), expected, "{local}");
}

fn check_hull(from: &str, to: &str, expected: (&str, &str)) {
    let window = Window::new(at(from), at(to)).unwrap();
    let hull = new_york().hull(window);
    assert_eq!((hull.0.as_str(), hull.1.as_str()), expected);
}

fn check_instant(local: &str, start: Option<&str>, created: Option<&str>, expected: &str) {
    let hints = Hints { start: start.map(at), created: created.map(at) };
    assert_eq!(new_york().instant(local, hints, SKEW), Some(at(expected)));
}

#[test]
fn an_ordinary_time_is_one_instant() {
    check_readings("2026-03-31 08:00:00", &["2026-03-31T12:00:00Z"]);
    check_readings("2026-01-31 08:00:00", &["2026-01-31T13:00:00Z"]);
}

#[test]
fn a_time_in_the_hour_that_repeats_is_two() {
    check_readings("2026-11-01 01:30:00", &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]);
}

#[test]
fn a_time_in_the_hour_that_is_skipped_is_the_change() {
    check_readings("2026-03-08 02:30:00", &["2026-03-08T07:00:00Z"]);
}

#[test]
fn what_is_no_date_is_no_instant() {
    for text in
        ["0000-00-00 00:00:00", "", "2026-03-31", "yesterday at noon ok", "2026-13-01 00:00:00"]
    {
        check_readings(text, &[]);
    }
}

#[test]
fn a_slice_is_asked_for_by_every_time_it_can_be_written_as() {
    check_hull(
        "2026-03-31T12:00:00Z",
        "2026-03-31T13:00:00Z",
        ("2026-03-31 08:00:00", "2026-03-31 09:00:00"),
    );
    // Either hour that is written 01:00 to 02:00.
    check_hull(
        "2026-11-01T05:00:00Z",
        "2026-11-01T06:00:00Z",
        ("2026-11-01 01:00:00", "2026-11-01 02:00:00"),
    );
    check_hull(
        "2026-11-01T06:00:00Z",
        "2026-11-01T07:00:00Z",
        ("2026-11-01 01:00:00", "2026-11-01 02:00:00"),
    );
    // Across both changes.
    check_hull(
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:10:00Z",
        ("2026-11-01 01:00:00", "2026-11-01 02:00:00"),
    );
    check_hull(
        "2026-03-08T06:30:00Z",
        "2026-03-08T07:30:00Z",
        ("2026-03-08 01:30:00", "2026-03-08 03:30:00"),
    );
    // Columns count seconds.
    check_hull(
        "2026-03-31T12:00:00.5Z",
        "2026-03-31T12:00:01.5Z",
        ("2026-03-31 08:00:00", "2026-03-31 08:00:02"),
    );
}

#[test]
fn the_epoch_is_believed_where_it_agrees() {
    let local = "2026-03-31 08:00:00";
    check_instant(local, Some("2026-03-31T12:00:03Z"), None, "2026-03-31T12:00:03Z");
    check_instant(local, Some("2026-03-31T13:00:00Z"), None, "2026-03-31T12:00:00Z");
    check_instant(local, None, None, "2026-03-31T12:00:00Z");
}

#[test]
fn in_the_hour_that_repeats_the_channel_decides() {
    let local = "2026-11-01 01:30:00";
    check_instant(local, Some("2026-11-01T06:30:01Z"), None, "2026-11-01T06:30:01Z");
    // The database computed this epoch from the local time, and always means the first hour.
    let (first, second) = ("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z");
    check_instant(local, Some(first), Some("2026-11-01T06:29:40Z"), second);
    check_instant(local, Some(first), Some("2026-11-01T05:29:40Z"), first);
    check_instant(local, None, None, first);
}

#[test]
fn a_row_without_a_date_is_dated_by_what_it_has() {
    let zero = "0000-00-00 00:00:00";
    check_instant(zero, Some("2026-03-31T12:00:00Z"), None, "2026-03-31T12:00:00Z");
    check_instant(zero, None, Some("2026-03-31T12:00:00Z"), "2026-03-31T12:00:00Z");
    assert_eq!(new_york().instant(zero, Hints::default(), SKEW), None);
}

proptest::proptest! {
    /// Whatever instant a row is found to have, the slice around that instant asks for its text.
    #[test]
    fn a_row_is_asked_for_where_its_instant_lies(
        second in 1_762_000_000_i64..1_795_000_000,
        start in proptest::option::of(-7_200_i64..7_200),
        created in proptest::option::of(-7_200_i64..7_200),
    ) {
        let zone = new_york();
        let written = zone.local(Timestamp::from_millis(second * 1000));
        let near = |by: i64| Timestamp::from_millis((second + by) * 1000);
        let hints = Hints { start: start.map(near), created: created.map(near) };
        let found = zone.instant(&written, hints, SKEW).unwrap();
        let slice = Window::new(found, found + Duration::from_secs(1)).unwrap();
        let (from, to) = zone.hull(slice.widened(SKEW));
        proptest::prop_assert!(from <= written && written < to, "{written} not in {from}..{to}");
    }
}
