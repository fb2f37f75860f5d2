//! How far a file's clock is from UTC, where its calls have no ids: by the shift under which most of
//! them are calls that are held.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::candidates::{rank, tails};
use crate::compare::clock::offset;
use crate::{Timestamp, Told};

/// A shift under which calls of a file are calls that are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Milliseconds to add to a local time for UTC.
    pub millis: i64,
    /// Local times, and the instants of the calls they are taken for.
    pub pairs: Vec<(Timestamp, Timestamp)>,
}

/// The shift that makes most of these local calls calls that are held, in whole quarters of an hour;
/// `None` where it makes less than half of them, or where another makes half as many.
///
/// `far` is how far apart two times may lie and still be the same. Only shifts that `is_possible`
/// are looked at, in milliseconds.
pub fn shift(
    local: &[Told],
    held: &[Told],
    far: Duration,
    is_possible: impl Fn(i64) -> bool,
) -> Option<Shift> {
    let far = i64::try_from(far.as_millis()).unwrap_or(i64::MAX);
    let mut by_tail: HashMap<String, Vec<&Told>> = HashMap::new();
    for call in held {
        for tail in tails(call) {
            by_tail.entry(tail).or_default().push(call);
        }
    }
    let mut found: BTreeMap<i64, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    for call in local {
        let near = tails(call).filter_map(|tail| by_tail.get(&tail)).flatten();
        // Of one shift, the nearest call that is held.
        let mut shifts: BTreeMap<i64, (i64, Timestamp)> = BTreeMap::new();
        for there in near {
            let Some(millis) = offset(call.at, there.at, far).filter(|it| is_possible(*it)) else {
                continue;
            };
            if rank(call, there).is_none() {
                continue;
            }
            let apart = (there.at.as_millis() - call.at.as_millis() - millis).abs();
            let nearest = shifts.entry(millis).or_insert((apart, there.at));
            *nearest = (*nearest).min((apart, there.at));
        }
        for (millis, (_, at)) in shifts {
            found.entry(millis).or_default().push((call.at, at));
        }
    }
    let mut most: Vec<(usize, i64)> =
        found.iter().map(|(millis, pairs)| (pairs.len(), *millis)).collect();
    most.sort_unstable_by(|a, b| b.cmp(a));
    let (count, millis) = most.first().copied()?;
    let next = most.get(1).map_or(0, |(count, _)| *count);
    let is_clear = count * 2 > local.len() && next * 2 < count;
    is_clear.then(|| Shift { millis, pairs: found.remove(&millis).unwrap_or_default() })
}
