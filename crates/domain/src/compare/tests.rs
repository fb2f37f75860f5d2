#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::samples::{HOUR, MINUTE, hour, minute, minutes, tables};
use crate::{Covered, Level, Mark, RunAccounts, RunId};

/// A line of a scenario: `a  10:05:00  completed  60s  agent-1`, where `-` is what is not told.
fn told(line: &str) -> Told {
    let words: Vec<&str> = line.split_whitespace().collect();
    let told = |word: &str| (word != "-").then(|| word.to_owned());
    let seconds = |word: String| Duration::from_secs(word.trim_end_matches('s').parse().unwrap());
    Told {
        id: ProviderCallId(words[0].to_owned()),
        at: Timestamp::parse_human(&format!("2026-03-01T{}Z", words[1])).unwrap(),
        status: words[2].parse().unwrap(),
        duration: told(words[3]).map(seconds),
        direction: None,
        from: None,
        to: None,
        agent: told(words[4]),
    }
}

fn report(compared: &Compared) -> String {
    let mut text = String::new();
    if compared.matching > 0 {
        writeln!(text, "  {} matching", compared.matching).unwrap();
    }
    for difference in &compared.differing {
        let fields: Vec<&str> = difference.fields.iter().map(|field| field.as_str()).collect();
        writeln!(text, "  {} differs in {}", difference.there.id, fields.join(", ")).unwrap();
    }
    compared.missing.iter().for_each(|call| writeln!(text, "  {} is missing", call.id).unwrap());
    compared.extra.iter().for_each(|call| writeln!(text, "  {} is extra", call.id).unwrap());
    text
}

/// A file of two small tables and the report they must give.
fn check(scenario: &str) {
    let (there, here, wanted) = tables(scenario).unwrap();
    let (there, here): (Vec<Told>, Vec<Told>) =
        (there.map(told).collect(), here.map(told).collect());
    let compared = compare(there, here, Tolerances::default());
    assert_eq!(report(&compared).trim_end(), wanted, "{scenario}");
}

#[test]
fn a_second_is_no_difference() {
    check(include_str!("scenarios/alike.txt"));
}

#[test]
fn every_kind_of_difference_is_found() {
    check(include_str!("scenarios/every_kind.txt"));
}

#[test]
fn what_is_not_told_is_no_difference() {
    check(include_str!("scenarios/untold.txt"));
}

#[test]
fn a_call_told_twice_is_one() {
    check(include_str!("scenarios/told_twice.txt"));
}

#[test]
fn numbers_are_compared_by_what_they_mean() {
    let us = crate::Country::US;
    let call = |from: &str| Told {
        from: Some(Phone::new(from, us)),
        ..told("a 10:00:00 completed 60s agent-1")
    };
    let alike = compare([call("(201) 555-0123")], [call("+12015550123")], Tolerances::default());
    assert_eq!(alike.matching, 1);
    let other = compare([call("(201) 555-0123")], [call("+12015550124")], Tolerances::default());
    assert_eq!(other.differing[0].fields, [Field::From]);
}

fn calls() -> impl Strategy<Value = Vec<Told>> {
    let status = prop::sample::select(CallStatus::ALL);
    let seconds = prop::option::of(0_u64..5);
    let minutes = prop::sample::select(vec![0, 1, 2, 59, 60, 61, 130]);
    let one = ("[a-f]", minutes, status, seconds, prop::option::of("[xy]")).prop_map(
        |(id, at, status, seconds, agent)| Told {
            id: ProviderCallId(id),
            at: minute(at),
            status,
            duration: seconds.map(Duration::from_secs),
            direction: None,
            from: None,
            to: None,
            agent,
        },
    );
    prop::collection::vec(one, 0..8)
}

fn ids(calls: &[Told]) -> std::collections::BTreeSet<&ProviderCallId> {
    calls.iter().map(|call| &call.id).collect()
}

fn each_once(calls: Vec<Told>) -> Vec<Told> {
    by_id(calls).into_values().collect()
}

fn wide(seconds: u64) -> Tolerances {
    let far = Duration::from_secs(seconds);
    Tolerances { time: far, duration: far }
}

proptest! {
    #[test]
    fn every_call_of_both_sides_appears_once(there in calls(), here in calls()) {
        let found = compare(there.clone(), here.clone(), Tolerances::default());
        prop_assert_eq!(found.there(), ids(&there).len() as u64);
        prop_assert_eq!(found.here(), ids(&here).len() as u64);
    }

    /// Control totals save work and change nothing of what is found.
    #[test]
    fn by_the_hour_the_same_is_found(there in calls(), here in calls(), far in 0_u64..200) {
        let (there, here) = (each_once(there), each_once(here));
        let whole = compare(there.clone(), here.clone(), wide(far));
        prop_assert_eq!(compare_by_hour(there, here, wide(far)), whole);
    }

    /// What differs in anything that is compared has another control total.
    #[test]
    fn whatever_differs_has_another_control_total(one in calls(), other in calls()) {
        let sorted = |mut calls: Vec<Told>| { calls.sort_by(|a, b| format!("{a:?}").cmp(&format!("{b:?}"))); calls };
        let is_same = sorted(one.clone()) == sorted(other.clone());
        prop_assert_eq!(Digest::of(&one) == Digest::of(&other), is_same);
    }

    #[test]
    fn swapping_the_sides_mirrors(there in calls(), here in calls()) {
        let one = compare(there.clone(), here.clone(), Tolerances::default());
        let other = compare(here, there, Tolerances::default());
        prop_assert_eq!(one.matching, other.matching);
        prop_assert_eq!(ids(&one.missing), ids(&other.extra));
        prop_assert_eq!(ids(&one.extra), ids(&other.missing));
        prop_assert_eq!(one.differing.len(), other.differing.len());
    }

    #[test]
    fn a_side_against_itself_finds_nothing(side in calls()) {
        let found = compare(side.clone(), side.clone(), wide(0));
        prop_assert_eq!(found.matching, ids(&side).len() as u64);
        prop_assert_eq!(found.there(), found.matching);
    }

    #[test]
    fn a_wider_tolerance_never_adds_a_difference(there in calls(), here in calls(), far in 0_u64..200) {
        let narrow = compare(there.clone(), here.clone(), wide(far));
        let wider = compare(there, here, wide(far + 1));
        prop_assert!(wider.differing.len() <= narrow.differing.len());
        prop_assert_eq!((wider.missing, wider.extra), (narrow.missing, narrow.extra));
    }
}

/// A window from ten to eleven o'clock, read at noon.
fn row(level: Level, mark: Option<Mark>) -> Covered {
    Covered { mark, ..Covered::new(minutes(600, 660), level, RunId(1), hour("12")) }
}

fn explains(known: &Missing<'_>, duration: &str, now: Timestamp, cause: Cause) {
    let call = told(&format!("a 10:30:00 completed {duration} agent-1"));
    let explained = explain_missing(&call, known, MINUTE * 10, now);
    assert_eq!(explained.cause, cause, "{}", explained.evidence);
    assert!(!explained.evidence.is_empty());
}

#[test]
fn a_call_held_elsewhere_is_explained_by_where_it_is() {
    let held = |elsewhere| Missing { elsewhere: Some(elsewhere), ..Missing::default() };
    let reason = "agent_not_assigned_to_user".to_owned();
    explains(&held(Elsewhere::Waiting(reason)), "60s", hour("20"), Cause::Waiting);
    explains(&held(Elsewhere::OutsideResetDate), "60s", hour("20"), Cause::OutsideResetDate);
    let rule = Elsewhere::Excluded("test calls".to_owned());
    explains(&held(rule), "60s", hour("20"), Cause::Excluded);
    let another = Elsewhere::WithAnother("Cedar".to_owned());
    explains(&held(another), "60s", hour("20"), Cause::FilteringOrSyncIssue);
}

#[test]
fn an_unreadable_record_and_a_young_call_are_named() {
    let set_aside = Missing { set_aside: Some("no time in it"), ..Missing::default() };
    explains(&set_aside, "60s", hour("20"), Cause::SetAside);
    explains(&Missing::default(), "60s", minute(635), Cause::NotSettled);
}

#[test]
fn the_ledger_says_what_it_knows() {
    let by = |row: &Covered, was_held, accounts: Option<RunAccounts>, cause| {
        let has_unnamed = true;
        let known =
            Missing { covered: Some(row), was_held, accounts, has_unnamed, ..Missing::default() };
        explains(&known, "60s", hour("20"), cause);
    };
    let settled = row(Level::Settled, None);
    let named = Some(RunAccounts { listed: 9, new: 8, set_aside: 1, ..RunAccounts::default() });
    let other = Missing { covered: Some(&settled), accounts: named, ..Missing::default() };
    explains(&other, "60s", hour("20"), Cause::Late);
    let whole = Some(RunAccounts { listed: 9, new: 9, ..RunAccounts::default() });
    let unread = Some(RunAccounts { listed: 9, new: 8, set_aside: 1, ..RunAccounts::default() });
    let refused = Some(RunAccounts { listed: 9, new: 8, failed: 1, ..RunAccounts::default() });
    let open = Some(RunAccounts { listed: 9, new: 8, ..RunAccounts::default() });
    let why = || "the token was refused".to_owned();
    let unproven = |mark| row(Level::Unproven, mark);
    explains(&Missing::default(), "60s", hour("20"), Cause::WindowNotFetched);
    by(&unproven(Some(Mark::Unreachable(why()))), false, whole, Cause::ProviderRefused);
    by(&unproven(Some(Mark::PossiblyTruncated(why()))), false, whole, Cause::WindowTruncated);
    by(&unproven(None), false, whole, Cause::WindowNotFetched);
    by(&row(Level::Listed, None), false, whole, Cause::Late);
    by(&row(Level::Settled, None), false, whole, Cause::Late);
    by(&row(Level::Settled, None), true, whole, Cause::FilteringOrSyncIssue);
    by(&row(Level::Settled, None), false, unread, Cause::SetAside);
    for relied_on_by_nobody in [refused, open, None] {
        by(&row(Level::Settled, None), false, relied_on_by_nobody, Cause::Unexplained);
    }
}

#[test]
fn a_call_that_ended_after_its_window_was_read_is_late() {
    let row = row(Level::Listed, None);
    let known = Missing { covered: Some(&row), ..Missing::default() };
    explains(&known, "7200s", hour("20"), Cause::Late);
    let just_before = HOUR.as_secs() + 1800;
    explains(&known, &format!("{just_before}s"), hour("20"), Cause::Unexplained);
}

#[test]
fn a_call_only_we_hold_is_explained_by_what_the_provider_says_of_it() {
    let check = |by_id: ById, doubt: Option<&str>, cause| {
        assert_eq!(explain_extra(&Extra { by_id, doubt }).cause, cause);
    };
    check(ById::Known, None, Cause::NotInProviderResponse);
    check(ById::Unknown, None, Cause::LostAtProvider);
    check(ById::CouldNotAsk("it did not answer".to_owned()), None, Cause::ProviderRefused);
    check(ById::NotAsked("the file".to_owned()), None, Cause::NotInProviderResponse);
    check(ById::Unknown, Some("9 of 10 came"), Cause::ProviderTotalInconsistent);
}
