use super::*;
use crate::vicidial::ledger::{Attempt, Logged, unaccounted};

fn dialled(code: &str, lead: &str, when: &str, unique: Option<&str>) -> Attempt {
    Attempt {
        key: (code.to_owned(), "203.0.113.1".to_owned()),
        code: code.to_owned(),
        lead: lead.to_owned(),
        at: at(when),
        listed: at(when),
        unique: unique.map(str::to_owned),
    }
}

fn logged(unique: &str, lead: &str, when: &str) -> Logged {
    Logged { unique: unique.to_owned(), lead: lead.to_owned(), at: at(when) }
}

fn check(attempts: &[Attempt], rows: &[Logged], expected: &[&str]) {
    let left = unaccounted(attempts.to_vec(), rows.to_vec());
    let left: Vec<&str> = left.iter().map(|attempt| attempt.code.as_str()).collect();
    assert_eq!(left, expected);
}

const NOON: &str = "2026-03-31T12:00:00Z";

#[test]
fn a_row_of_the_same_lead_soon_after_accounts_for_a_request() {
    check(&[dialled("a", "7", NOON, None)], &[logged("x", "7", "2026-03-31T12:02:00Z")], &[]);
}

#[test]
fn a_row_of_another_lead_or_time_does_not() {
    let rows = [logged("x", "8", NOON), logged("y", "7", "2026-03-31T12:16:00Z")];
    check(&[dialled("a", "7", NOON, None)], &rows, &["a"]);
}

#[test]
fn one_row_accounts_for_one_request() {
    let attempts = [dialled("a", "7", NOON, None), dialled("b", "7", "2026-03-31T12:01:00Z", None)];
    check(&attempts, &[logged("x", "7", "2026-03-31T12:01:30Z")], &["b"]);
}

#[test]
fn the_surest_sign_goes_first() {
    // 1774958460 is 12:01:00; the row is of the second request, and the first was lost.
    let attempts = [dialled("a", "7", NOON, None), dialled("b", "7", "2026-03-31T12:01:00Z", None)];
    check(&attempts, &[logged("1774958460.5", "7", "2026-03-31T12:01:30Z")], &["a"]);
    let attempts =
        [dialled("a", "7", NOON, Some("x")), dialled("b", "7", "2026-03-31T12:01:00Z", Some("y"))];
    check(&attempts, &[logged("y", "7", "2026-03-31T12:01:30Z")], &["a"]);
}
