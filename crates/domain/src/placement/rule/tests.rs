use proptest::prelude::*;

use super::{Rule, RuleEdit, RuleKey, Verdict, end, establish, ruled};
use crate::samples::hour;
use crate::{
    AccountId, AgentId, Assignment, AssignmentId, Because, Direction, ExcludedReason,
    HeldAssignment, Placement, PlacementFacts, RuleId, Rules, Timestamp, place,
};

const OURS: &str = "+12015550100";
const THEIRS: &str = "+12015550199";

fn rule(id: i64, key: RuleKey, verdict: Verdict) -> Rule {
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    Rule { id: Some(RuleId(id)), key, verdict, valid_from, valid_to }
}

fn to(account: i64) -> Verdict {
    Verdict::Place(AccountId(account))
}

fn number() -> RuleKey {
    RuleKey::Number(OURS.to_owned())
}

fn campaign() -> RuleKey {
    RuleKey::Campaign("SALES".to_owned())
}

/// An inbound call to our number, of a campaign and of no agent.
fn inbound() -> PlacementFacts<'static> {
    let at = PlacementFacts::of_agent(None, hour("05"));
    PlacementFacts {
        direction: Some(Direction::Inbound),
        from: Some(THEIRS),
        to: Some(OURS),
        campaign: Some("SALES"),
        ..at
    }
}

/// Account, kind and id of what decided.
fn decided(call: PlacementFacts<'_>, rules: &Rules) -> Option<(i64, Because, Option<i64>)> {
    match place(call, rules) {
        Placement::Placed { account, because, decided_by, .. } => {
            Some((account.0, because, decided_by))
        }
        _ => None,
    }
}

fn everything() -> Rules {
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    let assignment = Assignment { agent: AgentId(1), account: AccountId(1), valid_from, valid_to };
    let held = HeldAssignment { id: AssignmentId(10), assignment };
    Rules::new([("a".to_owned(), AgentId(1))], [held], []).ruling(vec![
        rule(40, RuleKey::WholeSource, to(4)),
        rule(30, campaign(), to(3)),
        rule(20, number(), to(2)),
    ])
}

#[test]
fn agent_goes_before_number_before_campaign_before_source() {
    let (rules, mut call) = (everything(), inbound());
    call.provider_agent_id = Some("a");
    assert_eq!(decided(call, &rules), Some((1, Because::AgentAssignment, Some(10))));
    call.provider_agent_id = Some("nobody knows it");
    assert_eq!(decided(call, &rules), Some((2, Because::NumberAssignment, Some(20))));
    call.to = None;
    assert_eq!(decided(call, &rules), Some((3, Because::CampaignAssignment, Some(30))));
    call.campaign = None;
    assert_eq!(decided(call, &rules), Some((4, Because::SourceAssignment, Some(40))));
}

#[test]
fn our_number_is_the_called_one_of_an_inbound_call_and_the_calling_one_of_an_outbound() {
    let rules = Rules::default().ruling(vec![rule(1, number(), to(2))]);
    let places = |direction, from, to| {
        let call = PlacementFacts { direction, from: Some(from), to: Some(to), ..inbound() };
        decided(call, &rules).is_some()
    };
    assert!(places(Some(Direction::Inbound), THEIRS, OURS));
    assert!(!places(Some(Direction::Inbound), OURS, THEIRS));
    assert!(places(Some(Direction::Outbound), OURS, THEIRS));
    assert!(!places(Some(Direction::Outbound), THEIRS, OURS));
    assert!(places(None, OURS, THEIRS) && places(None, THEIRS, OURS));
    assert!(!places(None, THEIRS, THEIRS));
}

#[test]
fn a_rule_holds_from_its_first_instant_to_before_its_last() {
    let spanned = Rule { valid_from: hour("05"), valid_to: hour("06"), ..rule(1, number(), to(2)) };
    let rules = Rules::default().ruling(vec![spanned]);
    let at = |at| decided(PlacementFacts { occurred_at: hour(at), ..inbound() }, &rules).is_some();
    assert_eq!(["04", "05", "06"].map(at), [false, true, false]);
}

#[test]
fn what_is_left_out_is_left_out_whoever_it_belongs_to() {
    for (excluding, is_test) in [(RuleKey::TestCalls, true), (number(), false)] {
        let mut all = everything().of_source().to_vec();
        all.push(rule(50, excluding, Verdict::Exclude));
        let rules = everything().ruling(all);
        let call = PlacementFacts { provider_agent_id: Some("a"), is_test, ..inbound() };
        let is_left_out =
            matches!(place(call, &rules), Placement::Excluded { decided_by: Some(50), .. });
        assert!(is_left_out);
        let other = PlacementFacts { is_test: false, to: None, ..call };
        assert!(decided(other, &rules).is_some());
    }
}

#[test]
fn two_rules_of_one_key_and_time_are_refused_and_the_other_is_named() {
    let held = [Rule { valid_to: hour("06"), ..rule(1, number(), to(2)) }];
    assert_eq!(establish(&held, rule(9, number(), to(3))), Err(held[0].clone()));
    assert_eq!(establish(&held, rule(9, number(), to(2))), Err(held[0].clone()));
    assert_eq!(establish(&held, held[0].clone()), Ok(vec![]));
    let later = Rule { valid_from: hour("06"), ..rule(9, number(), to(3)) };
    assert_eq!(establish(&held, later.clone()), Ok(vec![RuleEdit::Add(later)]));
    for beside in [rule(9, campaign(), to(3)), rule(9, number(), Verdict::Exclude)] {
        assert_eq!(establish(&held, beside.clone()), Ok(vec![RuleEdit::Add(beside)]));
    }
}

#[test]
fn an_end_cuts_what_began_and_withdraws_what_did_not() {
    let past = Rule { valid_to: hour("04"), ..rule(1, number(), to(2)) };
    let now = Rule { valid_from: hour("04"), valid_to: hour("08"), ..rule(2, number(), to(3)) };
    let next = Rule { valid_from: hour("08"), ..rule(3, number(), to(2)) };
    let held = [past.clone(), now.clone(), next, rule(4, number(), Verdict::Exclude)];
    let edits = end(&held, &number(), false, hour("06"));
    let left = ruled(&held, &edits);
    assert_eq!(left, [past, Rule { valid_to: hour("06"), ..now }, held[3].clone()]);
    assert_eq!(end(&left, &number(), false, hour("06")), []);
}

fn some_rule() -> impl Strategy<Value = (RuleKey, Verdict)> {
    let keys = prop_oneof![
        Just(number()),
        Just(RuleKey::Number(THEIRS.to_owned())),
        Just(campaign()),
        Just(RuleKey::TestCalls),
        Just(RuleKey::WholeSource),
    ];
    (keys, prop_oneof![Just(Verdict::Exclude), (1..4_i64).prop_map(to)])
}

fn some_call() -> impl Strategy<Value = PlacementFacts<'static>> {
    let direction =
        prop_oneof![Just(None), Just(Some(Direction::Inbound)), Just(Some(Direction::Outbound))];
    let either = || prop_oneof![Just(None), Just(Some(OURS)), Just(Some(THEIRS))];
    let agent = prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))];
    let rest = (prop_oneof![Just(None), Just(Some("SALES"))], any::<bool>());
    (direction, either(), either(), agent, rest).prop_map(
        |(direction, from, to, provider_agent_id, (campaign, is_test))| PlacementFacts {
            direction,
            from,
            to,
            campaign,
            is_test,
            ..PlacementFacts::of_agent(provider_agent_id, hour("05"))
        },
    )
}

proptest! {
    /// Whatever the rules, a call has one outcome, the same whenever it is asked for, and what
    /// decided is among the rules and speaks of this very call.
    #[test]
    fn the_reason_names_a_rule_that_speaks_of_the_call(
        rules in prop::collection::vec(some_rule(), 0..8), call in some_call(),
    ) {
        let numbered = rules.into_iter().zip(1..).map(|((key, verdict), id)| rule(id, key, verdict));
        let rules = everything().ruling(numbered.collect());
        let outcome = place(call, &rules);
        prop_assert_eq!(outcome, place(call, &rules));
        let speaks = |id: Option<i64>| rules.of_source().iter().any(|rule| {
            rule.id.map(|id| id.0) == id && match &rule.key {
                RuleKey::Number(number) => call.our_numbers().any(|ours| ours == number),
                RuleKey::Campaign(name) => call.campaign == Some(name),
                RuleKey::TestCalls => call.is_test,
                RuleKey::WholeSource => true,
            }
        });
        match outcome {
            Placement::Placed { because: Because::AgentAssignment, decided_by, .. } => {
                prop_assert_eq!((decided_by, call.provider_agent_id), (Some(10), Some("a")));
            }
            Placement::Placed { decided_by, .. } | Placement::Excluded { decided_by, .. } => {
                prop_assert!(speaks(decided_by));
            }
            Placement::Waiting { .. } => prop_assert!(call.provider_agent_id != Some("a")),
        }
    }

    /// A rule for a number this call does not have, or an assignment of another agent, never moves
    /// it.
    #[test]
    fn a_rule_for_another_never_moves_a_call(
        rules in prop::collection::vec(some_rule(), 0..6), call in some_call(), account in 1..9_i64,
    ) {
        let numbered = rules.into_iter().zip(1..).map(|((key, verdict), id)| rule(id, key, verdict));
        let before = everything().ruling(numbered.collect());
        let mut more = before.of_source().to_vec();
        more.push(rule(99, RuleKey::Number("+12015550177".to_owned()), to(account)));
        more.push(rule(98, RuleKey::Campaign("OTHER".to_owned()), to(account)));
        let other = Assignment {
            agent: AgentId(7), account: AccountId(account),
            valid_from: Timestamp::MIN, valid_to: Timestamp::MAX,
        };
        let after = before.clone().ruling(more).assigning("c", AgentId(7), vec![other]);
        prop_assert_eq!(place(call, &before), place(call, &after));
    }

    /// A reset date leaves out exactly the calls its account would have before it, and calls with
    /// accounts, those that wait and those left out are all there are.
    #[test]
    fn a_reset_date_leaves_out_what_its_account_had_before_and_nothing_else(
        rules in prop::collection::vec(some_rule(), 0..6),
        calls in prop::collection::vec(some_call(), 0..20),
        account in 1..4_i64, date in prop_oneof![Just("04"), Just("05"), Just("06")],
    ) {
        let numbered = rules.into_iter().zip(1..).map(|((key, verdict), id)| rule(id, key, verdict));
        let before = everything().ruling(numbered.collect());
        let (account, date) = (AccountId(account), hour(date));
        let after = before.clone().resetting(account, Some(date));
        let (mut with_accounts, mut waiting, mut left_out) = (0, 0, 0);
        for call in &calls {
            let was = place(*call, &before);
            let is_meant = matches!(was, Placement::Placed { account: of, .. } if of == account)
                && call.occurred_at < date;
            let reason = ExcludedReason::OutsideResetDate;
            let wanted = if is_meant { Placement::Excluded { reason, decided_by: None } } else { was };
            prop_assert_eq!(place(*call, &after), wanted);
            prop_assert_eq!(place(*call, &after.clone().resetting(account, None)), was);
            match wanted {
                Placement::Placed { .. } => with_accounts += 1,
                Placement::Waiting { .. } => waiting += 1,
                Placement::Excluded { .. } => left_out += 1,
            }
        }
        prop_assert_eq!(with_accounts + waiting + left_out, calls.len());
    }
}

/// Whose a call is does not depend on whether it is left out.
#[test]
fn a_call_that_is_left_out_has_its_owner_all_the_same() {
    let rules = everything();
    assert_eq!(rules.owner(&inbound()), Some(AccountId(2)));
    let out = rules.clone().resetting(AccountId(2), Some(hour("06")));
    assert!(matches!(place(inbound(), &out), Placement::Excluded { .. }));
    assert_eq!(out.owner(&inbound()), Some(AccountId(2)));
    let tests = rules
        .clone()
        .ruling(vec![rule(1, RuleKey::TestCalls, Verdict::Exclude), rule(2, number(), to(2))]);
    let test = PlacementFacts { is_test: true, ..inbound() };
    assert!(matches!(place(test, &tests), Placement::Excluded { .. }));
    assert_eq!(tests.owner(&test), Some(AccountId(2)));
    let nobodys = PlacementFacts::of_agent(Some("b"), hour("05"));
    assert_eq!(Rules::default().owner(&nobodys), None);
    assert!(rules.gives_to(AccountId(1)) && rules.gives_to(AccountId(4)));
    assert!(!rules.gives_to(AccountId(5)));
}
