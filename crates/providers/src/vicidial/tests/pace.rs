use std::time::Duration;

use crate::vicidial::pace::{Pace, SHORTEST};

const QUICK: Duration = Duration::from_millis(1);

fn pace() -> Pace {
    Pace::new(2000, Duration::from_millis(200))
}

#[test]
fn easy_slices_grow_to_a_day() {
    let mut pace = pace();
    for _ in 0..20 {
        pace.learn(10, QUICK);
    }
    assert_eq!(pace.length(), Duration::from_hours(24));
}

#[test]
fn a_slow_statement_halves_the_slice() {
    let mut pace = pace();
    let before = pace.length();
    pace.learn(10, Duration::from_millis(201));
    assert_eq!(pace.length(), before / 2);
}

#[test]
fn a_fitting_slice_stays() {
    let mut pace = pace();
    let before = pace.length();
    pace.learn(1500, QUICK);
    pace.learn(10, Duration::from_millis(150));
    assert_eq!(pace.length(), before);
}

#[test]
fn no_slice_is_shorter_than_a_second() {
    let mut pace = pace();
    let halved = (0..30).filter(|_| pace.halve()).count();
    assert_eq!(pace.length(), SHORTEST);
    assert!(halved > 5 && !pace.halve());
}
