use super::{
    Assignment, Because, ExcludedReason, HeldAssignment, Placement, PlacementFacts, Rules,
    WaitingReason, place,
};
use crate::samples::hour;
use crate::{AccountId, AgentId, AssignmentId, Timestamp};

/// Assignments as `agent account from to`, where `..` is an open end. Agents `a1` and `a2` are
/// known. Account 9 counts calls from hour 10 on.
fn check(assignments: &[&str], agent: Option<&str>, at: &str, outcome: &str) {
    let assignments = assignments.iter().map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let number = |word: &str| word.parse().expect("the test names a number");
        let assignment = Assignment {
            agent: AgentId(number(words[0])),
            account: AccountId(number(words[1])),
            valid_from: if words[2] == ".." { Timestamp::MIN } else { hour(words[2]) },
            valid_to: if words[3] == ".." { Timestamp::MAX } else { hour(words[3]) },
        };
        HeldAssignment { id: AssignmentId(1), assignment }
    });
    let agents = [("a1".to_owned(), AgentId(1)), ("a2".to_owned(), AgentId(2))];
    let rules = Rules::new(agents, assignments, [(AccountId(9), hour("10"))]);
    let facts = PlacementFacts::of_agent(agent, hour(at));
    let said = match place(facts, &rules) {
        Placement::Placed { account, agent, because: Because::AgentAssignment, .. } => {
            format!("account {account}, agent {}", agent.map_or(0, |agent| agent.0))
        }
        Placement::Placed { because, .. } => because.as_str().to_owned(),
        Placement::Waiting { agent: Some(agent), reason } => format!("{reason} {agent}"),
        Placement::Waiting { agent: None, reason } => reason.to_string(),
        Placement::Excluded { reason, .. } => reason.as_str().to_owned(),
    };
    assert_eq!(said, outcome, "{agent:?} at {at}");
}

#[test]
fn an_assigned_agent_places_its_calls() {
    check(&["1 7 .. .."], Some("a1"), "00", "account 7, agent 1");
    check(&["1 7 .. ..", "2 8 .. .."], Some("a2"), "00", "account 8, agent 2");
}

#[test]
fn what_is_missing_is_named() {
    check(&["1 7 .. .."], None, "00", "no_agent_id_in_call");
    check(&["1 7 .. .."], Some("a3"), "00", "agent_not_in_system");
    check(&["1 7 .. .."], Some("a2"), "00", "agent_not_assigned_to_user 2");
    check(&[], Some("a1"), "00", "agent_not_assigned_to_user 1");
}

#[test]
fn an_assignment_holds_from_its_first_instant_to_before_its_last() {
    let assigned = ["1 7 02 04"];
    check(&assigned, Some("a1"), "01", "agent_not_assigned_to_user 1");
    check(&assigned, Some("a1"), "02", "account 7, agent 1");
    check(&assigned, Some("a1"), "03", "account 7, agent 1");
    check(&assigned, Some("a1"), "04", "agent_not_assigned_to_user 1");
}

#[test]
fn the_calls_own_time_decides_between_accounts() {
    let moved = ["1 7 .. 04", "1 8 04 .."];
    check(&moved, Some("a1"), "03", "account 7, agent 1");
    check(&moved, Some("a1"), "04", "account 8, agent 1");
}

#[test]
fn of_two_assignments_the_one_that_began_last_holds() {
    for assigned in [["1 7 .. ..", "1 8 04 08"], ["1 8 04 08", "1 7 .. .."]] {
        check(&assigned, Some("a1"), "03", "account 7, agent 1");
        check(&assigned, Some("a1"), "05", "account 8, agent 1");
        check(&assigned, Some("a1"), "08", "account 7, agent 1");
    }
}

#[test]
fn of_two_assignments_that_begin_together_the_one_listed_last_holds() {
    check(&["1 7 .. ..", "1 8 .. .."], Some("a1"), "03", "account 8, agent 1");
    check(&["1 8 .. ..", "1 7 .. .."], Some("a1"), "03", "account 7, agent 1");
}

#[test]
fn calls_before_the_reset_date_are_excluded_and_those_at_it_are_not() {
    check(&["1 9 .. .."], Some("a1"), "09", "outside_reset_date");
    check(&["1 9 .. .."], Some("a1"), "10", "account 9, agent 1");
}

#[test]
fn reasons_keep_their_names() {
    for reason in WaitingReason::ALL {
        assert_eq!(reason.as_str().parse(), Ok(*reason));
        let json = serde_json::to_value(reason).map(|json| json.as_str() == Some(reason.as_str()));
        assert!(json.is_ok_and(|same| same));
    }
    for reason in ExcludedReason::ALL {
        let json = serde_json::to_value(reason);
        assert!(json.is_ok_and(|json| json == reason.as_str()));
    }
}
