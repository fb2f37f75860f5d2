#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;

use super::{union, without};
use crate::samples::{HOUR, MINUTE, hour, minute, minutes, spans, text_of};
use crate::{Timestamp, Window};

fn check_without(wanted: &str, taken: &str, left: &str) {
    assert_eq!(text_of(&without(spans(wanted), spans(taken))), left, "{wanted} without {taken}");
}

#[test]
fn what_is_left_of_a_window() {
    check_without("00-06", "", "00-06");
    check_without("00-06", "02-04", "00-02 04-06");
    check_without("00-06", "00-02", "02-06");
    check_without("00-06", "04-06", "00-04");
    check_without("02-04", "00-06", "");
    check_without("02-04", "02-04", "");
    check_without("02-04", "00-02 04-06", "02-04");
    check_without("02-04 06-08", "03-07", "02-03 07-08");
    check_without("02-04 06-08", "01-04 05-08", "");
    check_without("02-20", "03-04 06-08 19-21", "02-03 04-06 08-19");
}

#[test]
fn a_window_holds_its_first_instant_and_not_its_last() {
    let window = minutes(1, 2);
    assert!(window.contains(minute(1)));
    assert!(!window.contains(minute(2)));
    assert!(window.contains(Timestamp::from_millis(minute(2).as_millis() - 1)));
}

#[test]
fn an_empty_or_reversed_span_is_no_window() {
    assert!(Window::new(minute(1), minute(1)).is_err());
    assert!(Window::new(minute(2), minute(1)).is_err());
    let written = serde_json::to_string(&(minute(2), minute(1))).unwrap();
    assert!(serde_json::from_str::<Window>(&written).is_err());
}

#[test]
fn touching_windows_share_nothing() {
    assert_eq!(minutes(0, 5).intersect(minutes(5, 9)), None);
}

#[test]
fn a_window_too_short_has_no_halves() {
    assert_eq!(minutes(0, 9).halves(5 * MINUTE), None);
    assert_eq!(minutes(0, 10).halves(5 * MINUTE), Some((minutes(0, 5), minutes(5, 10))));
    let shortest = Window::new(Timestamp::from_millis(0), Timestamp::from_millis(1));
    assert_eq!(shortest.unwrap().halves(Duration::ZERO), None);
}

#[test]
fn all_of_time_is_a_window_like_any_other() {
    let all = Window::new(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(all.widened(HOUR), all);
    assert!(all.contains(hour("00")));
    let (older, newer) = all.halves(HOUR).unwrap();
    assert_eq!((older.from(), older.to(), newer.to()), (all.from(), newer.from(), all.to()));
    assert_eq!(serde_json::from_str::<Window>(&serde_json::to_string(&all).unwrap()).unwrap(), all);
}

fn a_window() -> impl Strategy<Value = Window> {
    (0..60_u32, 1..30_u32).prop_map(|(from, length)| minutes(from, from + length))
}

fn holds(windows: &[Window], at: u32) -> bool {
    windows.iter().any(|window| window.contains(minute(at)))
}

proptest! {
    #[test]
    fn minus_and_intersect_share_a_window_out(a in a_window(), b in a_window()) {
        let (rest, shared) = (a.minus(b).collect::<Vec<_>>(), a.intersect(b));
        for at in 0..100 {
            let inside = a.contains(minute(at));
            prop_assert_eq!(holds(&rest, at), inside && !b.contains(minute(at)));
            prop_assert_eq!(holds(shared.as_slice(), at), inside && b.contains(minute(at)));
        }
    }

    #[test]
    fn halves_join_to_the_whole(a in a_window(), floor in 0..20_u32) {
        if let Some((older, newer)) = a.halves(floor * MINUTE) {
            prop_assert_eq!((older.from(), older.to(), newer.to()), (a.from(), newer.from(), a.to()));
            prop_assert!(older.length() >= floor * MINUTE && newer.length() >= floor * MINUTE);
        } else {
            prop_assert!(a.length() < 2 * floor * MINUTE);
        }
    }

    #[test]
    fn pieces_join_to_the_whole(a in a_window(), max in 0..20_u32) {
        let max = (max * MINUTE).max(MINUTE / 2);
        let mut to = a.to();
        for piece in a.pieces_newest_first(max) {
            prop_assert!(piece.to() == to && piece.length() <= max);
            to = piece.from();
        }
        prop_assert_eq!(to, a.from());
    }

    #[test]
    fn union_and_without_agree_with_every_minute(
        wanted in prop::collection::vec(a_window(), 0..6),
        taken in prop::collection::vec(a_window(), 0..6),
    ) {
        let left = without(union(wanted.clone()), union(taken.clone()));
        for at in 0..100 {
            prop_assert_eq!(holds(&left, at), holds(&wanted, at) && !holds(&taken, at));
        }
        prop_assert!(left.windows(2).all(|two| two[0].to() < two[1].from()));
    }
}
