use super::{AssignmentEdit, HeldAssignment, edited, reassign, unassign};
use crate::samples::hour;
use crate::{AccountId, AgentId, Assignment, AssignmentId, Timestamp};

/// `account from to`, where `..` is an open end.
fn assignment(text: &str) -> Assignment {
    let words: Vec<&str> = text.split(' ').collect();
    Assignment {
        agent: AgentId(1),
        account: AccountId(words[0].parse().expect("the test names an account")),
        valid_from: if words[1] == ".." { Timestamp::MIN } else { hour(words[1]) },
        valid_to: if words[2] == ".." { Timestamp::MAX } else { hour(words[2]) },
    }
}

fn held(texts: &[&str]) -> Vec<HeldAssignment> {
    let numbered = texts.iter().zip(1..);
    numbered
        .map(|(text, id)| HeldAssignment { id: AssignmentId(id), assignment: assignment(text) })
        .collect()
}

fn same(held: &[HeldAssignment], edits: &[AssignmentEdit], after: &[&str]) {
    let mut result = edited(held, edits);
    result.sort_by_key(|one| one.valid_from);
    assert_eq!(result, after.iter().map(|text| assignment(text)).collect::<Vec<_>>());
}

fn check(before: &[&str], wanted: &str, after: &[&str]) {
    let held = held(before);
    let edits = reassign(&held, assignment(wanted)).expect("nothing is in the way");
    same(&held, &edits, after);
    let again: Vec<HeldAssignment> = self::held(after);
    let twice = reassign(&again, assignment(wanted)).expect("nothing is in the way");
    assert_eq!(twice, [], "assigning twice changes nothing");
}

fn check_refused(before: &[&str], wanted: &str, named: &str) {
    let refused = reassign(&held(before), assignment(wanted)).map_err(|overlap| overlap.held);
    assert_eq!(refused, Err(assignment(named)));
}

fn check_ended(before: &[&str], from: Timestamp, after: &[&str]) {
    let held = held(before);
    same(&held, &unassign(&held, from), after);
}

#[test]
fn an_agent_nobody_has_is_assigned() {
    check(&[], "7 .. ..", &["7 .. .."]);
    check(&["8 02 04"], "7 04 06", &["8 02 04", "7 04 06"]);
}

#[test]
fn a_move_cuts_what_began_earlier() {
    check(&["7 .. .."], "8 04 ..", &["7 .. 04", "8 04 .."]);
    check(&["7 02 06"], "8 04 ..", &["7 02 04", "8 04 .."]);
}

#[test]
fn what_is_cut_goes_on_after_a_loan() {
    check(&["7 .. .."], "8 04 06", &["7 .. 04", "8 04 06", "7 06 .."]);
}

#[test]
fn another_account_at_the_same_time_is_in_the_way() {
    check_refused(&["7 .. .."], "8 .. ..", "7 .. ..");
    check_refused(&["7 04 06"], "8 04 ..", "7 04 06");
    check_refused(&["9 .. 02", "7 05 06"], "8 04 ..", "7 05 06");
}

#[test]
fn time_the_account_has_already_is_not_assigned_twice() {
    check(&["7 .. .."], "7 04 06", &["7 .. .."]);
    check(
        &["7 02 03", "7 05 06"],
        "7 01 08",
        &["7 01 02", "7 02 03", "7 03 05", "7 05 06", "7 06 08"],
    );
}

#[test]
fn unassigning_ends_what_holds_and_withdraws_what_comes() {
    check_ended(&["7 .. 04", "8 04 .."], hour("02"), &["7 .. 02"]);
    check_ended(&["7 .. 04", "8 04 .."], hour("04"), &["7 .. 04"]);
    check_ended(&["7 .. .."], Timestamp::MIN, &[]);
}
