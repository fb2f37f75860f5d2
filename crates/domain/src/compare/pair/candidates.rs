//! Which calls of two sides may be one, the likeliest first.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::Duration;

use super::numbers::{Likeness, tail};
use crate::Told;

/// Two calls that may be one: their places among those of their sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub there: usize,
    pub here: usize,
    pub rank: Rank,
}

/// How unlike two calls are; of two candidates of one rank, neither is likelier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// How far apart they begin, twice as far where one of the two hides or leaves out a number.
    pub apart: Duration,
    /// How much longer one of the two lasted; where only one says it, more than any.
    lasted: Duration,
    /// Of calling number, called number and direction, those the two do not tell alike.
    unlike: u8,
}

/// Every two calls that may be one, the likeliest first, and of equals those that come first.
/// Both sides are in order of time and id.
pub(super) fn candidates(there: &[&Told], here: &[&Told], tolerance: Duration) -> Vec<Candidate> {
    let by_tail = by_tail(here);
    let mut found = Vec::new();
    for (nth, call) in there.iter().enumerate() {
        let mut near: Vec<usize> = tails(call)
            .filter_map(|tail| by_tail.get(&tail))
            .flat_map(|places| {
                let first = places.partition_point(|place| here[*place].at + tolerance < call.at);
                let near = |place: &&usize| here[**place].at <= call.at + tolerance;
                places[first..].iter().take_while(near).copied()
            })
            .collect();
        near.sort_unstable();
        near.dedup();
        found.extend(near.into_iter().filter_map(|place| {
            let rank = rank(call, here[place])?;
            (rank.apart <= tolerance).then_some(Candidate { there: nth, here: place, rank })
        }));
    }
    let turn = |one: &Candidate, other: &Candidate| {
        let [(a, b), (c, d)] = [one, other].map(|it| (there[it.there], here[it.here]));
        one.rank.cmp(&other.rank).then_with(|| earlier((a, b), (c, d)))
    };
    found.sort_unstable_by(turn);
    found
}

/// Which of two equally likely candidates goes first: the earlier one, and of those that begin at
/// once the one whose calls come first on their sides. It is the same whichever side is which.
pub(super) fn earlier(one: (&Told, &Told), other: (&Told, &Told)) -> Ordering {
    let times =
        |(a, b): (&Told, &Told)| i128::from(a.at.as_millis()) + i128::from(b.at.as_millis());
    let ids = |(a, b): (&Told, &Told)| {
        let (a, b) = (a.id.0.clone(), b.id.0.clone());
        if a > b { (a, b) } else { (b, a) }
    };
    times(one).cmp(&times(other)).then_with(|| ids(one).cmp(&ids(other)))
}

/// The places of calls by the last digits of their numbers, in order.
fn by_tail(calls: &[&Told]) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, call) in calls.iter().enumerate() {
        for tail in tails(call) {
            places.entry(tail).or_default().push(place);
        }
    }
    places
}

pub(super) fn tails(call: &Told) -> impl Iterator<Item = String> {
    [&call.from, &call.to].into_iter().flatten().filter_map(tail)
}

/// How far apart two calls begin.
pub(super) fn apart(one: &Told, other: &Told) -> Duration {
    one.at.since(other.at).max(other.at.since(one.at))
}

/// How unlike two calls are; `None` where they cannot be one: they tell another number or another
/// direction, or no number that both show.
pub(super) fn rank(there: &Told, here: &Told) -> Option<Rank> {
    let numbers = [(&there.from, &here.from), (&there.to, &here.to)];
    let likeness = numbers.map(|(there, here)| Likeness::of(there.as_ref(), here.as_ref()));
    if likeness.contains(&Likeness::Other)
        || likeness == [Likeness::Untold; 2]
        || there.direction.zip(here.direction).is_some_and(|(there, here)| there != here)
    {
        return None;
    }
    let apart = apart(there, here);
    let is_whole = likeness == [Likeness::Same; 2];
    let lasted = match (there.duration, here.duration) {
        (Some(there), Some(here)) => there.abs_diff(here),
        (None, None) => Duration::ZERO,
        _ => Duration::MAX,
    };
    let is_unlike =
        numbers.iter().zip(likeness).filter(|((a, b), it)| *it != Likeness::Same && a != b);
    let unlike = is_unlike.count() + usize::from(there.direction != here.direction);
    let apart = if is_whole { apart } else { apart.saturating_mul(2) };
    Some(Rank { apart, lasted, unlike: u8::try_from(unlike).unwrap_or(u8::MAX) })
}
