//! Pairing calls of two sides that share no ids: by their numbers, direction and time.
//!
//! The nearest two are one call, then the nearest two of the others, and so on. A wider tolerance
//! only adds candidates that are less likely than all before, so it never undoes a pair.

mod candidates;
mod numbers;

use std::collections::HashMap;
use std::time::Duration;

use super::{Told, in_order};
use crate::Timestamp;
use candidates::{Candidate, Rank, candidates};

/// How far apart two sources may tell the beginning of one call, when nobody says.
pub const PAIRING_TOLERANCE: Duration = Duration::from_mins(1);

/// Two calls that are taken to be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<T, H> {
    /// As the other side tells it.
    pub there: T,
    /// As we hold it.
    pub here: H,
    /// Whether another call would have been as likely; such calls are paired in their order.
    pub is_ambiguous: bool,
}

/// Calls of which it is decided what they are paired with: each is here once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paired<T, H> {
    /// Those that both sides have, in order of the other side's calls.
    pub pairs: Vec<Pair<T, H>>,
    /// Those of the other side that are paired with nothing, oldest first.
    pub only_there: Vec<T>,
    /// Ours that are paired with nothing, oldest first.
    pub only_here: Vec<H>,
}

/// Pairs two sides whose calls come in order of time: what is decided is given away, so that memory
/// does not grow with the span.
#[derive(Debug)]
pub struct Pairing<T, H> {
    tolerance: Duration,
    there: Vec<T>,
    here: Vec<H>,
}

/// What is known of a call while candidates are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is paired with nothing so far.
    Free,
    /// A call that is not here yet may be likelier than the candidates that are left.
    Waits,
    /// It is paired with the call of this place.
    Paired { with: usize, is_ambiguous: bool },
}

/// Where each call of the two sides stands.
struct Standings {
    there: Vec<Standing>,
    here: Vec<Standing>,
}

impl<T: AsRef<Told>, H: AsRef<Told>> Pairing<T, H> {
    /// `tolerance` is how far apart two may begin and still be one; half as far where one of them
    /// hides or leaves out a number.
    pub fn new(tolerance: Duration) -> Self {
        Self { tolerance, there: Vec::new(), here: Vec::new() }
    }

    /// Takes in further calls of both sides.
    pub fn push(&mut self, there: impl IntoIterator<Item = T>, here: impl IntoIterator<Item = H>) {
        self.there.extend(there);
        self.here.extend(here);
    }

    /// Gives away whatever no call from `until` on can change, all earlier ones having been taken in.
    pub fn decided(&mut self, until: Timestamp) -> Paired<T, H> {
        self.there.sort_by(|a, b| in_order(a.as_ref(), b.as_ref()));
        self.here.sort_by(|a, b| in_order(a.as_ref(), b.as_ref()));
        let there: Vec<&Told> = self.there.iter().map(AsRef::as_ref).collect();
        let here: Vec<&Told> = self.here.iter().map(AsRef::as_ref).collect();
        let mut standings = Standings {
            there: vec![Standing::Free; there.len()],
            here: vec![Standing::Free; here.len()],
        };
        // Whoever begins at `until` or later is this far from a call, or farther.
        let is_sure = |call: &Told, rank: Rank| rank.apart < until.since(call.at);
        let are_sure =
            |it: &Candidate| is_sure(there[it.there], it.rank) && is_sure(here[it.here], it.rank);
        let candidates = candidates(&there, &here, self.tolerance);
        for equals in candidates.chunk_by(|a, b| a.rank == b.rank) {
            standings.pair(equals, are_sure);
        }
        let is_over = |call: &Told| until.since(call.at) > self.tolerance;
        let open = |calls: &[&Told], standings: &[Standing]| -> Vec<bool> {
            let is_open = |(call, standing): (&&Told, &Standing)| match standing {
                Standing::Free => !is_over(call),
                Standing::Waits => true,
                Standing::Paired { .. } => false,
            };
            calls.iter().zip(standings).map(is_open).collect()
        };
        let (open_there, open_here) =
            (open(&there, &standings.there), open(&here, &standings.here));
        self.give_away(&standings, (&open_there, &open_here))
    }

    /// Gives away everything that is left: no further call comes.
    pub fn finish(mut self) -> Paired<T, H> {
        self.decided(Timestamp::MAX)
    }

    /// When the oldest call is that is still held; nothing if none is.
    pub fn oldest(&self) -> Option<Timestamp> {
        let there = self.there.iter().map(|call| call.as_ref().at);
        there.chain(self.here.iter().map(|call| call.as_ref().at)).min()
    }

    fn give_away(
        &mut self,
        standings: &Standings,
        (open_there, open_here): (&[bool], &[bool]),
    ) -> Paired<T, H> {
        let mut ours: Vec<Option<H>> =
            std::mem::take(&mut self.here).into_iter().map(Some).collect();
        let mut paired =
            Paired { pairs: Vec::new(), only_there: Vec::new(), only_here: Vec::new() };
        for (nth, there) in std::mem::take(&mut self.there).into_iter().enumerate() {
            match standings.there[nth] {
                Standing::Paired { with, is_ambiguous } => {
                    if let Some(here) = ours[with].take() {
                        paired.pairs.push(Pair { there, here, is_ambiguous });
                    }
                }
                Standing::Free | Standing::Waits if open_there[nth] => self.there.push(there),
                Standing::Free | Standing::Waits => paired.only_there.push(there),
            }
        }
        for (nth, here) in ours.into_iter().enumerate() {
            let Some(here) = here else { continue };
            if open_here[nth] { self.here.push(here) } else { paired.only_here.push(here) }
        }
        paired
    }
}

impl Standings {
    /// Pairs those of equally likely candidates that are free, in their order.
    fn pair(&mut self, equals: &[Candidate], are_sure: impl Fn(&Candidate) -> bool) {
        let (mut of_there, mut of_here) = (HashMap::new(), HashMap::new());
        for it in equals {
            *of_there.entry(it.there).or_insert(0_usize) += 1;
            *of_here.entry(it.here).or_insert(0_usize) += 1;
        }
        for it in equals {
            let both = [self.there[it.there], self.here[it.here]];
            if both.iter().any(|standing| matches!(standing, Standing::Paired { .. })) {
                continue;
            }
            if both.contains(&Standing::Waits) || !are_sure(it) {
                (self.there[it.there], self.here[it.here]) = (Standing::Waits, Standing::Waits);
                continue;
            }
            let is_ambiguous = of_there[&it.there] > 1 || of_here[&it.here] > 1;
            self.there[it.there] = Standing::Paired { with: it.here, is_ambiguous };
            self.here[it.here] = Standing::Paired { with: it.there, is_ambiguous };
        }
    }
}

/// Pairs two sides that are whole.
pub fn pair<T: AsRef<Told>, H: AsRef<Told>>(
    there: impl IntoIterator<Item = T>,
    here: impl IntoIterator<Item = H>,
    tolerance: Duration,
) -> Paired<T, H> {
    let mut pairing = Pairing::new(tolerance);
    pairing.push(there, here);
    pairing.finish()
}

#[cfg(test)]
mod tests;
