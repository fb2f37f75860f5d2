//! Two sources that saw the same calls: lines on the other side, conversations of agents on ours.

use super::*;
use crate::{Alias, ProviderKind, SourceId};

const SIDES: (Side, Side) = (
    Side { source: SourceId(1), provider: ProviderKind::Twilio },
    Side { source: SourceId(2), provider: ProviderKind::Elevenlabs },
);

/// A line as of pairing, with the names it tells behind it: `twilio_call:t1`.
fn seen(line: &str) -> Seen<Told> {
    let names = line.split_whitespace().filter_map(|word| word.split_once("_call:"));
    let alias =
        |(kind, id): (&str, &str)| Alias { kind: format!("{kind}_call"), id: id.to_owned() };
    Seen { call: told(line), aliases: names.map(alias).collect() }
}

fn named(joined: &Joined<Told, Told>) -> String {
    let pairs = |how: &str, pairs: &[Pair<Told, Told>]| -> Vec<String> {
        pairs.iter().map(|it| format!("  {} is {} by {how}", it.there.id, it.here.id)).collect()
    };
    let leg = |leg: &Leg<Told>| format!("  {} is a leg of {}", leg.call.id, leg.of);
    let alone = |call: &Told| format!("  {} is alone", call.id);
    let mut all = [pairs("name", &joined.by_id), pairs("number", &joined.by_number)].concat();
    all.extend(joined.legs_there.iter().chain(&joined.legs_here).map(leg));
    all.extend(joined.only_there.iter().chain(&joined.only_here).map(alone));
    all.sort();
    all.join("\n")
}

/// A file of two small tables and what joins of them: whole, and hour by hour.
fn check(scenario: &str) {
    let (there, here, report) = tables(scenario).unwrap();
    let (there, here): (Vec<_>, Vec<_>) = (there.map(seen).collect(), here.map(seen).collect());
    let mut joining = Joining::new(SIDES, PAIRING_TOLERANCE);
    joining.push(there.clone(), here.clone());
    assert_eq!(named(&joining.finish()), report, "{scenario}");

    let mut joining = Joining::new(SIDES, PAIRING_TOLERANCE);
    let mut told = Vec::new();
    for hour in 9..14 {
        let (from, until) = (minute(hour * 60), minute((hour + 1) * 60));
        let new = |side: &[Seen<Told>]| {
            let is_new = |it: &&Seen<Told>| from <= it.call.at && it.call.at < until;
            side.iter().filter(is_new).cloned().collect::<Vec<_>>()
        };
        joining.push(new(&there), new(&here));
        told.push(named(&joining.decided(until)));
    }
    told.push(named(&joining.finish()));
    let mut told: Vec<&str> = told.iter().flat_map(|text| text.lines()).collect();
    told.sort_unstable();
    assert_eq!(told.join("\n"), report, "{scenario}");
}

#[test]
fn a_name_joins_whatever_numbers_and_times_say() {
    check(include_str!("../scenarios/named.txt"));
}

#[test]
fn a_leg_of_a_call_kept_as_one_is_no_call_that_is_missing() {
    check(include_str!("../scenarios/legs.txt"));
}

#[test]
fn what_two_sources_tell_otherwise_by_their_nature_is_no_difference() {
    let there = told("t1 10:00:00 0101>0199 60s in");
    let here = Told { agent: Some("a".to_owned()), ..told("h1 10:00:40 …0101>0199 63s in") };
    let there = Told { agent: Some("b".to_owned()), ..there };
    let far = |seconds| {
        let far = Duration::from_secs(seconds);
        differing_across(&there, &here, Tolerances { time: far, duration: far })
    };
    assert_eq!(far(60), []);
    assert_eq!(far(30), [Field::Time]);
    assert_eq!(far(1), [Field::Time, Field::Duration]);
    let other = told("h1 10:00:00 0102>0199 60s in");
    assert_eq!(differing_across(&there, &other, Tolerances::default()), [Field::From]);
}
