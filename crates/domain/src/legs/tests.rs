#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::samples::{hour, spans};
use crate::{
    Alias, Call, CallStatus, Coverage, Covered, Level, Mark, ProviderCallId, ProviderKind,
    ProviderTime, RunId, SourceId,
};

/// `1 twilio CA1 twilio_parent_call=CA0`: source, provider, id, other names.
fn witness(line: &str) -> Witness {
    let words: Vec<&str> = line.split_whitespace().collect();
    let alias = |word: &&str| {
        let (kind, id) = word.split_once('=').unwrap();
        Alias { kind: kind.to_owned(), id: id.to_owned() }
    };
    Witness {
        source: SourceId(words[0].parse().unwrap()),
        provider: words[1].parse().unwrap(),
        id: ProviderCallId(words[2].to_owned()),
        aliases: words[3..].iter().map(alias).collect(),
    }
}

fn text_of(witnesses: &[Witness]) -> String {
    let id = |witness: &&Witness| format!("{}:{}", witness.source, witness.id);
    let line = |calls: Vec<&Witness>| calls.iter().map(id).collect::<Vec<_>>().join(" ");
    conversations(witnesses).into_iter().map(line).collect::<Vec<_>>().join(" | ")
}

/// The conversations these lines make.
fn check(lines: &[&str], expected: &str) {
    let witnesses: Vec<Witness> = lines.iter().map(|line| witness(line)).collect();
    assert_eq!(text_of(&witnesses), expected);
}

#[test]
fn a_conversation_and_the_line_it_went_over_are_one() {
    check(
        &["1 twilio CA1", "2 elevenlabs conv_1 twilio_call=CA1", "1 twilio CA2"],
        "1:CA1 2:conv_1 | 1:CA2",
    );
}

#[test]
fn a_call_of_an_agent_and_its_message_are_one() {
    check(
        &[
            "1 highlevel_conversations m highlevel_message=m",
            "2 highlevel_voice_ai v highlevel_message=m",
        ],
        "1:m 2:v",
    );
}

#[test]
fn calls_of_one_thread_stay_apart() {
    let thread = "highlevel_conversation=t";
    check(
        &[
            &format!("1 highlevel_conversations a {thread}"),
            &format!("1 highlevel_conversations b {thread}"),
            &format!("2 highlevel_conversations c {thread}"),
        ],
        "1:a | 1:b | 2:c",
    );
}

#[test]
fn witnesses_that_name_a_call_nobody_has_are_one() {
    check(&["1 elevenlabs a twilio_call=CA1", "2 elevenlabs b twilio_call=CA1"], "1:a 2:b");
}

#[test]
fn two_calls_of_one_source_that_name_a_call_nobody_has_stay_two() {
    check(&["1 elevenlabs a twilio_call=CA1", "1 elevenlabs b twilio_call=CA1"], "1:a | 1:b");
}

#[test]
fn legs_of_a_twilio_call_are_one_whether_their_parent_is_here_or_not() {
    let (parent, one, other) = (
        "1 twilio CA0",
        "1 twilio CA1 twilio_parent_call=CA0",
        "1 twilio CA2 twilio_parent_call=CA0",
    );
    check(&[parent, one, other], "1:CA0 1:CA1 1:CA2");
    check(&[one, other], "1:CA1 1:CA2");
}

#[test]
fn a_conversation_on_a_child_leg_belongs_to_the_whole_call() {
    check(
        &["1 twilio CA0", "1 twilio CA1 twilio_parent_call=CA0", "2 elevenlabs c twilio_call=CA1"],
        "1:CA0 1:CA1 2:c",
    );
}

#[test]
fn rows_of_one_lead_and_second_are_one_call_inside_their_cluster_only() {
    let name = "vicidial_epoch_lead=1700000000-7";
    check(
        &[
            &format!("1 vicidial vl-1700000000-7-1700000000 {name}"),
            &format!("1 vicidial vcl-9 {name} asterisk_uniqueid=1700000000.1"),
            "1 vicidial vcl-10 asterisk_uniqueid=1700000000.1",
            &format!("2 vicidial vcl-9 {name}"),
        ],
        "1:vcl-10 | 1:vcl-9 1:vl-1700000000-7-1700000000 | 2:vcl-9",
    );
}

#[test]
fn an_id_of_another_kind_that_looks_alike_joins_nothing() {
    check(
        &["1 twilio X", "2 highlevel_voice_ai v highlevel_message=X", "3 teli X"],
        "1:X | 2:v | 3:X",
    );
}

#[test]
fn what_is_kept_joins_and_is_not_the_calls_own_id() {
    let mut call = call("CA1");
    let names = [
        "twilio_call=CA1",
        "twilio_parent_call=CA0",
        "twilio_parent_call=CA0",
        "highlevel_conversation=t",
        "asterisk_uniqueid=1.1",
        "highlevel_message=CA1",
    ];
    call.aliases = witness(&format!("1 twilio CA1 {}", names.join(" "))).aliases;
    let kept: Vec<&str> =
        kept(ProviderKind::Twilio, &call).map(|alias| alias.kind.as_str()).collect();
    assert_eq!(kept, ["twilio_parent_call", "highlevel_message"]);
}

#[test]
fn every_kind_that_names_a_call_is_listed_under_its_provider() {
    let of = |provider| kinds_of(provider).collect::<Vec<_>>();
    assert_eq!(of(ProviderKind::Twilio), ["twilio_call", "twilio_parent_call"]);
    assert_eq!(of(ProviderKind::HighlevelConversations), ["highlevel_message"]);
    assert_eq!(of(ProviderKind::Vicidial), [""; 0]);
}

fn call(id: &str) -> Call {
    Call {
        status: CallStatus::Completed,
        ..Call::bare(
            ProviderCallId(id.to_owned()),
            ProviderTime { at: hour("01"), text: String::new() },
        )
    }
}

fn ledger(proved: &str, mark: Option<&Mark>) -> Coverage {
    Coverage::from_rows(spans(proved).into_iter().map(|window| Covered {
        mark: mark.cloned(),
        ..Covered::new(window, Level::Listed, RunId(1), hour("90"))
    }))
}

/// What becomes of a call at noon that nobody has, where the other side proved these hours.
fn noon(proved: &[&str]) -> Outcome {
    let ledgers: Vec<Coverage> = proved.iter().map(|proved| ledger(proved, None)).collect();
    judge(hour("12"), &ledgers.iter().collect::<Vec<_>>())
}

#[test]
fn a_call_is_missing_only_where_everybody_looked() {
    let unjudged = |why| Outcome::NotJudged(why);
    assert_eq!(noon(&["00-24"]), Outcome::Missing);
    assert_eq!(noon(&["00-24", "10-14"]), Outcome::Missing);
    assert_eq!(noon(&["00-24", "13-24"]), unjudged(NotJudged::NotCovered));
    assert_eq!(noon(&["00-12"]), unjudged(NotJudged::NotCovered));
    assert_eq!(noon(&[]), unjudged(NotJudged::NoSource));
    let doubtful = ledger("00-24", Some(&Mark::PossiblyTruncated(String::new())));
    assert_eq!(judge(hour("12"), &[&doubtful]), unjudged(NotJudged::ListInDoubt));
}

#[test]
fn every_name_is_counted_once() {
    let mut names = Names::default();
    let unjudged = Outcome::NotJudged(NotJudged::NoSource);
    for outcome in [Outcome::Seen, Outcome::Missing, unjudged, unjudged] {
        names.count(outcome);
    }
    assert!(names.balances());
    assert_eq!((names.named, names.seen, names.missing), (4, 1, 1));
    assert_eq!(names.not_judged[&NotJudged::NoSource], 2);
}

fn any_witness() -> impl Strategy<Value = Witness> {
    const KINDS: &[&str] = &[
        "twilio_call",
        "twilio_parent_call",
        "highlevel_message",
        "vicidial_epoch_lead",
        "highlevel_conversation",
        "asterisk_uniqueid",
    ];
    let alias = (select(KINDS), 0..6_u8)
        .prop_map(|(kind, id): (&str, u8)| Alias { kind: kind.to_owned(), id: id.to_string() });
    // A source is of one provider.
    (0..5_i64, 0..6_u8, vec(alias, 0..3)).prop_map(|(source, id, aliases)| Witness {
        source: SourceId(source),
        id: ProviderCallId(id.to_string()),
        provider: ProviderKind::ALL[usize::try_from(source).unwrap()],
        aliases,
    })
}

fn key(witness: &Witness) -> (SourceId, ProviderCallId) {
    (witness.source, witness.id.clone())
}

proptest! {
    /// Each call is in exactly one conversation, so being in one is mutual.
    #[test]
    fn every_call_is_in_exactly_one_conversation(witnesses in vec(any_witness(), 0..20)) {
        let found = conversations(&witnesses);
        prop_assert_eq!(found.iter().map(Vec::len).sum::<usize>(), witnesses.len());
        let mut met = BTreeSet::new();
        for conversation in &found {
            let keys: BTreeSet<_> = conversation.iter().map(|it| key(it)).collect();
            prop_assert!(met.is_disjoint(&keys), "one call in two conversations");
            met.extend(keys);
        }
        prop_assert_eq!(met, witnesses.iter().map(key).collect());
    }

    #[test]
    fn the_order_in_which_calls_come_does_not_matter(
        (mixed, witnesses) in vec(any_witness(), 0..20)
            .prop_flat_map(|all| (Just(all.clone()).prop_shuffle(), Just(all)))
    ) {
        prop_assert_eq!(text_of(&mixed), text_of(&witnesses));
    }

    #[test]
    fn a_thread_never_joins(mut witnesses in vec(any_witness(), 0..20)) {
        let before = text_of(&witnesses);
        for witness in &mut witnesses {
            let (kind, id) = ("highlevel_conversation".to_owned(), "one".to_owned());
            witness.aliases.push(Alias { kind, id });
        }
        prop_assert_eq!(text_of(&witnesses), before);
    }

    /// A call that comes later joins conversations and never parts one.
    #[test]
    fn a_further_call_parts_nobody(witnesses in vec(any_witness(), 1..20)) {
        let before = conversations(&witnesses[1..]);
        let after = conversations(&witnesses);
        for conversation in before {
            let keys: BTreeSet<_> = conversation.iter().map(|it| key(it)).collect();
            let whole = |joined: &Vec<&Witness>| {
                keys.is_subset(&joined.iter().map(|it| key(it)).collect())
            };
            prop_assert!(after.iter().any(whole));
        }
    }
}
