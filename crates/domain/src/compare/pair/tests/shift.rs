//! Whose clock a file without ids is by.

use super::*;

const FAR: Duration = Duration::from_mins(1);

/// Calls of many people on one line, the nth so many minutes after ten.
fn calls(behind: u32, count: u32, hides: bool) -> Vec<Told> {
    let call = |nth: u32| {
        let from = if hides { "-".to_owned() } else { format!("{:04}", 100 + nth) };
        let at = minute(600 + nth * 7) - Duration::from_hours(u64::from(behind));
        Told { at, ..told(&format!("c{nth} 10:00:00 {from}>0199 60s in")) }
    };
    (0..count).map(call).collect()
}

fn hours(shift: Option<Shift>) -> Option<(i64, usize)> {
    shift.map(|it| (it.millis / 3_600_000, it.pairs.len()))
}

#[test]
fn the_shift_is_found_by_the_numbers_of_the_calls() {
    let held = calls(0, 40, false);
    assert_eq!(hours(shift(&calls(5, 40, false), &held, FAR, |_| true)), Some((5, 40)));
    let half_missing = &held[..25];
    assert_eq!(hours(shift(&calls(5, 40, false), half_missing, FAR, |_| true)), Some((5, 25)));
    assert_eq!(hours(shift(&calls(5, 40, false), &held, FAR, |it| it == 0)), None);
}

/// A busy line fits at any hour, so it tells nothing.
#[test]
fn what_fits_anywhere_tells_no_shift() {
    let held = calls(0, 400, true);
    assert_eq!(hours(shift(&calls(5, 100, true), &held, FAR, |_| true)), None);
    assert_eq!(hours(shift(&calls(5, 40, false), &[], FAR, |_| true)), None);
}
