#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{Conclusion, RunAccounts, RunKind, RunStatus, conclude};

const BALANCED: RunAccounts = RunAccounts {
    listed: 21,
    new: 1,
    updated: 2,
    unchanged: 3,
    repeated: 4,
    set_aside: 11,
    failed: 0,
};

fn check(accounts: RunAccounts, proved: u64, planned: u64, was_cancelled: bool, earned: RunStatus) {
    let (windows_planned, windows_proved) = (planned, proved);
    let what = Conclusion { windows_planned, windows_proved, was_cancelled, has_erred: false };
    assert_eq!(conclude(&accounts, what), earned, "{accounts:?} {what:?}");
}

#[test]
fn a_run_is_a_success_only_when_everything_is_proved_and_kept() {
    check(BALANCED, 3, 3, false, RunStatus::Success);
    check(BALANCED, 2, 3, false, RunStatus::Partial);
    check(RunAccounts { listed: 22, failed: 1, ..BALANCED }, 3, 3, false, RunStatus::Partial);
}

#[test]
fn a_run_that_kept_something_has_not_failed() {
    let refused = RunAccounts { listed: 2, failed: 2, ..RunAccounts::default() };
    check(BALANCED, 0, 3, false, RunStatus::Partial);
    check(RunAccounts { listed: 22, failed: 1, ..BALANCED }, 0, 3, false, RunStatus::Partial);
    check(refused, 0, 3, false, RunStatus::Failed);
    check(RunAccounts::default(), 0, 3, false, RunStatus::Failed);
}

#[test]
fn a_run_with_nothing_to_do_is_a_success() {
    check(RunAccounts::default(), 0, 0, false, RunStatus::Success);
}

#[test]
fn a_cancelled_run_is_no_success() {
    check(BALANCED, 3, 3, true, RunStatus::Partial);
    check(RunAccounts::default(), 0, 3, true, RunStatus::Failed);
}

#[test]
fn a_run_that_broke_before_it_could_plan_has_failed() {
    let what = Conclusion { has_erred: true, ..Conclusion::default() };
    assert_eq!(conclude(&RunAccounts::default(), what), RunStatus::Failed);
    let what = Conclusion::default();
    assert_eq!(conclude(&RunAccounts::default(), what), RunStatus::Success);
}

#[test]
fn a_run_that_does_not_balance_is_never_a_success() {
    check(RunAccounts { listed: 22, ..BALANCED }, 3, 3, false, RunStatus::Unbalanced);
    check(RunAccounts { listed: 20, ..BALANCED }, 3, 3, false, RunStatus::Unbalanced);
    check(RunAccounts { listed: 20, ..BALANCED }, 0, 3, true, RunStatus::Unbalanced);
}

#[test]
fn names_are_the_same_in_text_and_json() {
    for kind in ["manual", "auto", "backfill", "settle", "repair", "diagnostic", "import"] {
        let read: RunKind = kind.parse().unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), format!("\"{read}\""));
        assert_eq!(read.as_str(), kind);
    }
    for status in ["in_progress", "success", "partial", "failed", "unbalanced"] {
        let read: RunStatus = status.parse().unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), format!("\"{read}\""));
        assert_eq!(read.as_str(), status);
    }
    assert_eq!("done".parse::<RunStatus>(), Err("there is no RunStatus `done`".to_owned()));
}

fn accounts(fates: [u32; 6], listed: u64) -> RunAccounts {
    let [new, updated, unchanged, repeated, set_aside, failed] = fates.map(u64::from);
    RunAccounts { listed, new, updated, unchanged, repeated, set_aside, failed }
}

proptest! {
    #[test]
    fn one_record_too_many_or_too_few_is_seen(fates: [u32; 6], listed in 0..100_u64) {
        let sum: u64 = fates.iter().map(|fate| u64::from(*fate)).sum();
        prop_assert!(accounts(fates, sum).balance().is_ok());
        prop_assert_eq!(accounts(fates, listed).balance().is_ok(), listed == sum);
        prop_assert!(accounts(fates, sum + 1).balance().is_err());
    }

    #[test]
    fn parts_that_balance_make_a_whole_that_balances(parts: Vec<[u32; 6]>) {
        let mut whole = RunAccounts::default();
        for fates in &parts {
            whole.add(&accounts(*fates, fates.iter().map(|fate| u64::from(*fate)).sum()));
        }
        prop_assert!(whole.balance().is_ok());
        prop_assert_eq!(whole.new, parts.iter().map(|fates| u64::from(fates[0])).sum::<u64>());
    }
}
