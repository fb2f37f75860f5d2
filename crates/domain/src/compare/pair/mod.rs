//! Pairing calls of two sides that share no ids: by their numbers, direction and time.
//!
//! The nearest two are one call, then the nearest two of the others, and so on. A wider tolerance
//! only adds candidates that are less likely than all before, so it never undoes a pair.

mod candidates;
mod joining;
mod numbers;
mod shift;
mod standing;

use std::time::Duration;

use super::{Field, Told, Tolerances, differing, in_order};
use crate::Timestamp;
pub use joining::{Joined, Joining, Leg, Seen, Side};
pub use shift::{Shift, shift};

use candidates::{Candidate, Rank, candidates, tails};
use numbers::Likeness;
use standing::{Standing, Standings};

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
    there: Vec<Held<T>>,
    here: Vec<Held<H>>,
}

/// A call that is not decided yet.
#[derive(Debug)]
struct Held<C> {
    call: C,
    /// How likely a call was that was given away with another.
    rivalled: Option<Rank>,
}

impl<T: AsRef<Told>, H: AsRef<Told>> Pairing<T, H> {
    /// `tolerance` is how far apart two may begin and still be one; half as far where one of them
    /// hides or leaves out a number.
    pub fn new(tolerance: Duration) -> Self {
        Self { tolerance, there: Vec::new(), here: Vec::new() }
    }

    /// Takes in further calls of both sides.
    pub fn push(&mut self, there: impl IntoIterator<Item = T>, here: impl IntoIterator<Item = H>) {
        self.there.extend(there.into_iter().map(Held::new));
        self.here.extend(here.into_iter().map(Held::new));
    }

    /// Gives away whatever no call from `until` on can change, all earlier ones having been taken in.
    pub fn decided(&mut self, until: Timestamp) -> Paired<T, H> {
        self.there.sort_by(|a, b| in_order(a.told(), b.told()));
        self.here.sort_by(|a, b| in_order(a.told(), b.told()));
        let there: Vec<&Told> = self.there.iter().map(Held::told).collect();
        let here: Vec<&Told> = self.here.iter().map(Held::told).collect();
        let mut standings = Standings::of(&self.there, &self.here);
        // Whoever begins at `until` or later is this far from a call, or farther.
        let is_sure = |call: &Told, rank: Rank| rank.apart < until.since(call.at);
        let are_sure =
            |it: &Candidate| is_sure(there[it.there], it.rank) && is_sure(here[it.here], it.rank);
        for equals in candidates(&there, &here, self.tolerance).chunk_by(|a, b| a.rank == b.rank) {
            standings.pair(equals, are_sure);
        }
        self.give_away(&standings, until)
    }

    /// Gives away everything that is left: no further call comes.
    pub fn finish(mut self) -> Paired<T, H> {
        self.decided(Timestamp::MAX)
    }

    fn give_away(&mut self, standings: &Standings, until: Timestamp) -> Paired<T, H> {
        let tolerance = self.tolerance;
        let is_open = |call: &Told, of: Standing| match of {
            Standing::Free => until.since(call.at) <= tolerance,
            Standing::Waits => true,
            Standing::Paired { .. } => false,
        };
        let mut ours: Vec<Option<Held<H>>> =
            std::mem::take(&mut self.here).into_iter().map(Some).collect();
        let mut paired =
            Paired { pairs: Vec::new(), only_there: Vec::new(), only_here: Vec::new() };
        for (held, place) in std::mem::take(&mut self.there).into_iter().zip(&standings.there) {
            match place.standing {
                Standing::Paired { with, is_ambiguous } => {
                    if let Some(here) = ours[with].take() {
                        let (there, here) = (held.call, here.call);
                        paired.pairs.push(Pair { there, here, is_ambiguous });
                    }
                }
                of if is_open(held.told(), of) => {
                    self.there.push(Held { rivalled: place.rivalled, ..held });
                }
                _ => paired.only_there.push(held.call),
            }
        }
        for (held, place) in ours.into_iter().zip(&standings.here) {
            let Some(held) = held else { continue };
            if is_open(held.told(), place.standing) {
                self.here.push(Held { rivalled: place.rivalled, ..held });
            } else {
                paired.only_here.push(held.call);
            }
        }
        paired
    }
}

impl<C: AsRef<Told>> Held<C> {
    fn new(call: C) -> Self {
        Self { call, rivalled: None }
    }

    fn told(&self) -> &Told {
        self.call.as_ref()
    }
}

/// Whether a call shows a number, without which it is paired with nothing.
pub fn is_pairable(call: &Told) -> bool {
    tails(call).next().is_some()
}

/// In what two sources differ about a call that both have. A number that one of them hides is no
/// other number, and each has agents of its own.
pub fn differing_across(there: &Told, here: &Told, tolerances: Tolerances) -> Vec<Field> {
    let are_two = |field| {
        let (there, here) = match field {
            Field::From => (&there.from, &here.from),
            Field::To => (&there.to, &here.to),
            Field::Agent => return false,
            Field::Time | Field::Status | Field::Duration => return true,
        };
        Likeness::of(there.as_ref(), here.as_ref()) == Likeness::Other
    };
    differing(there, here, tolerances).into_iter().filter(|field| are_two(*field)).collect()
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
