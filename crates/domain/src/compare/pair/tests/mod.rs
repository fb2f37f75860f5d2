#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod joining;
mod shift;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::samples::{minute, tables};
use crate::{CallStatus, Country, Direction, Phone, ProviderCallId};

/// A line of a scenario: `a  10:05:00  0101>0199  60s  in`, where `-` is what is not told, and a
/// number is said by its last digits, or as `…0101` where the others are hidden.
fn told(line: &str) -> Told {
    let words: Vec<&str> = line.split_whitespace().collect();
    let told = |word: &str| (word != "-").then(|| word.to_owned());
    let (from, to) = words[2].split_once('>').unwrap();
    let phone = |text: &str| {
        let raw = if text.len() == 4 { format!("+1201555{text}") } else { text.to_owned() };
        told(text).map(|_| Phone::new(&raw, Country::US))
    };
    let seconds = |word: String| Duration::from_secs(word.trim_end_matches('s').parse().unwrap());
    let direction = match words[4] {
        "in" => Some(Direction::Inbound),
        "out" => Some(Direction::Outbound),
        _ => None,
    };
    Told {
        id: ProviderCallId(words[0].to_owned()),
        at: Timestamp::parse_human(&format!("2026-03-01T{}Z", words[1])).unwrap(),
        status: CallStatus::Completed,
        duration: told(words[3]).map(seconds),
        direction,
        from: phone(from),
        to: phone(to),
        agent: None,
    }
}

fn report(paired: &Paired<Told, Told>) -> String {
    let pair = |pair: &Pair<Told, Told>| {
        let doubt = if pair.is_ambiguous { ", ambiguous" } else { "" };
        format!("  {} is {}{doubt}", pair.there.id, pair.here.id)
    };
    let alone = |call: &Told| format!("  {} is alone", call.id);
    let pairs = paired.pairs.iter().map(pair);
    let alone = paired.only_there.iter().chain(&paired.only_here).map(alone);
    pairs.chain(alone).collect::<Vec<_>>().join("\n")
}

/// A file of two small tables and what is paired of them.
fn check(scenario: &str) {
    let (there, here, wanted) = tables(scenario).unwrap();
    let (there, here): (Vec<Told>, Vec<Told>) =
        (there.map(told).collect(), here.map(told).collect());
    let paired = pair(there, here, PAIRING_TOLERANCE);
    assert_eq!(report(&paired).trim_end(), wanted, "{scenario}");
}

#[test]
fn calls_without_a_shared_id_are_paired_by_numbers_and_time() {
    check(include_str!("../scenarios/near.txt"));
}

#[test]
fn the_nearest_are_paired_and_lengths_break_ties() {
    check(include_str!("../scenarios/nearest.txt"));
}

#[test]
fn a_hidden_number_is_paired_only_by_what_it_shows_and_half_as_far() {
    check(include_str!("../scenarios/hidden.txt"));
}

#[test]
fn what_nobody_can_tell_apart_is_paired_in_order_and_said_to_be_ambiguous() {
    check(include_str!("../scenarios/ambiguous.txt"));
}

/// When a call began and how long it lasted, in seconds, its numbers and its direction.
type Drawn = (u64, Option<u64>, Option<&'static str>, Option<&'static str>, Option<Direction>);

/// Few numbers and times, so that many calls may be one.
fn calls() -> impl Strategy<Value = Vec<Told>> {
    let number =
        || prop::sample::select(vec!["+12015550101", "+12015550102", "…0101", "anonymous"]);
    let phone = || prop::option::weighted(0.9, number());
    let direction = prop::option::of(prop::sample::select(Direction::ALL.to_vec()));
    let seconds = prop::sample::select(vec![0_u64, 10, 20, 30, 35, 60, 61, 90, 125, 180]);
    let lasted = prop::option::of(0_u64..3);
    let one = (seconds, lasted, phone(), phone(), direction);
    prop::collection::vec(one, 0..9).prop_map(|calls| {
        let call = |(nth, (at, lasted, from, to, direction)): (usize, Drawn)| Told {
            id: ProviderCallId(format!("c{nth}")),
            at: minute(0) + Duration::from_secs(at),
            status: CallStatus::Completed,
            duration: lasted.map(Duration::from_secs),
            direction,
            from: from.map(|raw| Phone::new(raw, Country::US)),
            to: to.map(|raw| Phone::new(raw, Country::US)),
            agent: None,
        };
        calls.into_iter().enumerate().map(call).collect()
    })
}

type Named = BTreeSet<(String, String, bool)>;

fn named(paired: &Paired<Told, Told>) -> Named {
    let of = |it: &Pair<Told, Told>| (it.there.id.0.clone(), it.here.id.0.clone(), it.is_ambiguous);
    paired.pairs.iter().map(of).collect()
}

fn within(there: &[Told], here: &[Told], seconds: u64) -> Paired<Told, Told> {
    pair(there.to_vec(), here.to_vec(), Duration::from_secs(seconds))
}

/// All that is compared of a call but its id.
fn content(call: &Told) -> Told {
    Told { id: ProviderCallId(String::new()), ..call.clone() }
}

proptest! {
    #[test]
    fn every_call_of_both_sides_comes_out_once(there in calls(), here in calls(), far in 0_u64..130) {
        let paired = within(&there, &here, far);
        let ids = |calls: &[Told]| calls.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let sorted = |mut ids: Vec<ProviderCallId>| { ids.sort(); ids };
        let of_pairs = |pick: fn(&Pair<Told, Told>) -> &Told| paired.pairs.iter().map(pick).cloned().collect::<Vec<_>>();
        let all_there = [of_pairs(|it| &it.there), paired.only_there.clone()].concat();
        let all_here = [of_pairs(|it| &it.here), paired.only_here.clone()].concat();
        prop_assert_eq!(sorted(ids(&all_there)), sorted(ids(&there)));
        prop_assert_eq!(sorted(ids(&all_here)), sorted(ids(&here)));
        for pair in &paired.pairs {
            let apart = pair.there.at.since(pair.here.at).max(pair.here.at.since(pair.there.at));
            prop_assert!(apart <= Duration::from_secs(far));
        }
    }

    #[test]
    fn swapping_the_sides_mirrors(there in calls(), here in calls(), far in 0_u64..130) {
        let mirrored = named(&within(&here, &there, far)).into_iter().map(|(a, b, is)| (b, a, is));
        prop_assert_eq!(named(&within(&there, &here, far)), mirrored.collect::<Named>());
    }

    #[test]
    fn the_order_in_which_calls_come_does_not_matter(there in calls(), here in calls(), far in 0_u64..130) {
        let turned = |calls: &[Told]| calls.iter().rev().cloned().collect::<Vec<_>>();
        prop_assert_eq!(within(&turned(&there), &turned(&here), far), within(&there, &here, far));
    }

    /// Whoever shows a number is paired with itself; a pair is ambiguous only where another call
    /// tells the very same.
    #[test]
    fn a_side_against_itself_is_paired_with_itself(side in calls(), far in 0_u64..130) {
        let paired = within(&side, &side, far);
        let shows = |call: &Told| [&call.from, &call.to].into_iter().flatten().any(|it| numbers::tail(it).is_some());
        let expected: Named = side
            .iter()
            .filter(|call| shows(call))
            .map(|call| {
                let alike = side.iter().filter(|other| content(other) == content(call)).count();
                (call.id.0.clone(), call.id.0.clone(), alike > 1)
            })
            .collect();
        prop_assert_eq!(named(&paired), expected);
    }

    /// A pair that a tolerance finds, every wider one finds, too.
    #[test]
    fn a_wider_tolerance_never_undoes_a_pair(there in calls(), here in calls(), far in 0_u64..130, wider in 0_u64..60) {
        let narrow = named(&within(&there, &here, far));
        prop_assert!(narrow.is_subset(&named(&within(&there, &here, far + wider))));
    }

    /// However the span is cut, the same is paired, and nothing is decided too early.
    #[test]
    fn step_by_step_the_same_is_paired(there in calls(), here in calls(), far in 0_u64..130, step in 1_u64..100) {
        let mut pairing = Pairing::new(Duration::from_secs(far));
        let mut found = Paired { pairs: Vec::new(), only_there: Vec::new(), only_here: Vec::new() };
        let mut from = minute(0);
        while from < minute(4) {
            let until = from + Duration::from_secs(step);
            let new = |calls: &[Told]| calls.iter().filter(|it| from <= it.at && it.at < until).cloned().collect::<Vec<_>>();
            pairing.push(new(&there), new(&here));
            let decided = pairing.decided(until);
            found.pairs.extend(decided.pairs);
            found.only_there.extend(decided.only_there);
            found.only_here.extend(decided.only_here);
            from = until;
        }
        let last = pairing.finish();
        found.pairs.extend(last.pairs);
        found.only_there.extend(last.only_there);
        found.only_here.extend(last.only_here);
        found.only_there.sort_by(in_order);
        found.only_here.sort_by(in_order);
        found.pairs.sort_by(|a, b| in_order(&a.there, &b.there));
        prop_assert_eq!(found, within(&there, &here, far));
    }
}

/// A line that is never idle does not make calls pile up.
#[test]
fn what_is_held_does_not_grow_with_the_span() {
    let mut pairing = Pairing::new(PAIRING_TOLERANCE);
    let call = |side: &str, nth: u32, late: u32| Told {
        at: minute(0) + Duration::from_secs(u64::from(nth * 7 + late)),
        ..told(&format!("{side}{nth:06} 00:00:00 ->0199 30s in"))
    };
    let (mut paired, mut held) = (0, 0);
    for hour in 0..48 {
        let calls = |side: &'static str, late: u32| {
            (hour * 500..(hour + 1) * 500).map(move |nth| call(side, nth, late))
        };
        pairing.push(calls("a", 0), calls("b", 2));
        let until = minute(0) + Duration::from_secs(u64::from((hour + 1) * 3500));
        paired += pairing.decided(until).pairs.len();
        held = held.max(pairing.there.len() + pairing.here.len());
    }
    assert_eq!(paired + pairing.finish().pairs.len(), 48 * 500);
    assert!(held < 100, "{held} calls were held");
}
