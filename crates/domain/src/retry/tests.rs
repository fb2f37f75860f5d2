use std::time::Duration;

use proptest::prelude::*;

use super::{Next, RetryPolicy, Trouble};

const BUSY: Trouble = Trouble::Unavailable { wait: None };

fn check(attempts: u32, trouble: Trouble, jitter: u16, next: Option<u64>) {
    let expected = next.map_or(Next::GiveUp, |millis| Next::Wait(Duration::from_millis(millis)));
    let next =
        RetryPolicy { attempts_max: 12, ..RetryPolicy::default() }.after(attempts, trouble, jitter);
    assert_eq!(next, expected, "after {attempts} with {jitter}");
}

fn asked(seconds: u64) -> Trouble {
    Trouble::RateLimited { wait: Some(Duration::from_secs(seconds)) }
}

#[test]
fn pauses_double_up_to_the_cap() {
    check(1, BUSY, 1000, Some(500));
    check(2, BUSY, 1000, Some(1000));
    check(5, BUSY, 1000, Some(8000));
    check(11, BUSY, 1000, Some(60_000));
}

#[test]
fn jitter_spreads_every_pause_even_a_capped_one() {
    check(1, BUSY, 0, Some(250));
    check(1, BUSY, 500, Some(375));
    check(11, BUSY, 0, Some(30_000));
    check(11, BUSY, 500, Some(45_000));
    check(1, BUSY, u16::MAX, Some(500));
}

#[test]
fn the_provider_decides_how_long_to_wait_up_to_the_cap() {
    check(1, asked(7), 0, Some(7000));
    check(1, asked(3600), 0, Some(60_000));
    check(11, asked(0), 0, Some(0));
}

#[test]
fn patience_ends() {
    check(11, asked(1), 0, Some(1000));
    check(12, asked(1), 0, None);
    check(13, BUSY, 0, None);
    check(1, Trouble::Final, 0, None);
}

proptest! {
    #[test]
    fn no_numbers_break_it_and_no_pause_is_longer_than_the_cap(
        attempts: u32, attempts_max: u32, jitter: u16, first: Duration, cap: Duration,
        wait: Option<Duration>,
    ) {
        for pause_max in [cap, Duration::MAX] {
            let policy = RetryPolicy { attempts_max, pause_first: first, pause_max };
            match policy.after(attempts, Trouble::RateLimited { wait }, jitter) {
                Next::Wait(pause) => prop_assert!(pause <= pause_max && attempts < attempts_max),
                Next::GiveUp => prop_assert!(attempts >= attempts_max),
            }
        }
    }
}
