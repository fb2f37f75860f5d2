//! Control totals: two sides of an hour whose totals agree tell the same of the same calls, and
//! need not be put beside each other call by call.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

use super::{Compared, Told, Tolerances, compare};
use crate::{Phone, Timestamp};

const HOUR: Duration = Duration::from_hours(1);

/// How many calls there are and what they tell, whatever their order.
///
/// Two sides of equal totals tell the same, unless a sum of 128-bit hashes agrees by chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many calls.
    pub calls: u64,
    sum: u128,
}

impl Digest {
    /// The control total of these calls.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a Told>) -> Self {
        let mut bytes = Vec::new();
        calls.into_iter().fold(Self::default(), |all, call| Self {
            calls: all.calls + 1,
            sum: all.sum.wrapping_add(hash(call, &mut bytes)),
        })
    }
}

/// A text is led by its length, so that no two calls write the same bytes.
fn hash(call: &Told, bytes: &mut Vec<u8>) -> u128 {
    let number = |phone: &Phone| phone.e164.clone().unwrap_or_else(|| phone.raw.clone());
    let (from, to) = (call.from.as_ref().map(number), call.to.as_ref().map(number));
    bytes.clear();
    let texts = [
        Some(call.id.0.as_str()),
        Some(call.status.as_str()),
        from.as_deref(),
        to.as_deref(),
        call.agent.as_deref(),
    ];
    for text in texts {
        bytes.extend(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        bytes.extend(text.unwrap_or_default().as_bytes());
    }
    bytes.extend(call.at.as_millis().to_le_bytes());
    bytes.extend(call.duration.map_or(u128::MAX, |length| length.as_millis()).to_le_bytes());
    xxh3_128(bytes)
}

/// Compares two sides of which neither names a call twice: control totals of each hour first, and
/// call by call only what lies in hours whose totals differ.
pub fn compare_by_hour(there: Vec<Told>, here: Vec<Told>, tolerances: Tolerances) -> Compared {
    let (there, here) = (in_hours(there), in_hours(here));
    let (mut alike, mut open) = (0, (Vec::new(), Vec::new()));
    let (mut theirs, mut ours) = (there.into_iter().peekable(), here.into_iter().peekable());
    loop {
        let hours = [theirs.peek(), ours.peek()].map(|next| next.map(|(hour, _)| *hour));
        let Some(hour) = hours.into_iter().flatten().min() else { break };
        let there = theirs.next_if(|(at, _)| *at == hour).map(|(_, calls)| calls);
        let here = ours.next_if(|(at, _)| *at == hour).map(|(_, calls)| calls);
        match (there, here) {
            (Some(there), Some(here)) if Digest::of(&there) == Digest::of(&here) => {
                alike += there.len() as u64;
            }
            (there, here) => {
                open.0.extend(there.unwrap_or_default());
                open.1.extend(here.unwrap_or_default());
            }
        }
    }
    let mut compared = compare(open.0, open.1, tolerances);
    compared.matching += alike;
    compared
}

/// The calls of each hour, oldest first; hours without any are left out.
fn in_hours(mut calls: Vec<Told>) -> Vec<(Timestamp, Vec<Told>)> {
    calls.sort_by_key(|call| call.at);
    let mut hours: Vec<(Timestamp, Vec<Told>)> = Vec::new();
    for call in calls {
        let hour = call.at.floor_to(HOUR);
        match hours.last_mut() {
            Some((last, calls)) if *last == hour => calls.push(call),
            _ => hours.push((hour, vec![call])),
        }
    }
    hours
}
