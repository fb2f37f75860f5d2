//! Where each call stands while candidates are gone through, the likeliest first.

use std::collections::HashMap;

use super::Held;
use super::candidates::{Candidate, Rank};

/// What is known of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is paired with nothing so far.
    Free,
    /// A call that is not here yet may be likelier than the candidates that are left.
    Waits,
    /// It is paired with the call of this place.
    Paired { with: usize, is_ambiguous: bool },
}

/// A call's place among those of its side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub standing: Standing,
    /// How likely a call was that went to another.
    pub rivalled: Option<Rank>,
}

/// Where each call of the two sides stands.
pub(super) struct Standings {
    pub there: Vec<Place>,
    pub here: Vec<Place>,
}

impl Standings {
    pub(super) fn of<T, H>(there: &[Held<T>], here: &[Held<H>]) -> Self {
        fn place<C>(held: &Held<C>) -> Place {
            Place { standing: Standing::Free, rivalled: held.rivalled }
        }
        Self { there: there.iter().map(place).collect(), here: here.iter().map(place).collect() }
    }

    /// Pairs those of equally likely candidates that are free, in their order. `are_sure` says
    /// whether nothing that is not here yet could be likelier to either.
    pub(super) fn pair(&mut self, equals: &[Candidate], are_sure: impl Fn(&Candidate) -> bool) {
        let is_left = |it: &&Candidate| !self.both(it).iter().any(|it| is_paired(*it));
        let left: Vec<&Candidate> = equals.iter().filter(is_left).collect();
        // Whether these were free is not known, nor then how many are equally likely to the other.
        let is_doubtful =
            |it: &&&Candidate| self.both(it).contains(&Standing::Waits) || !are_sure(it);
        for it in left.iter().filter(is_doubtful).copied().collect::<Vec<_>>() {
            self.stand(it, [Standing::Waits; 2]);
        }
        let (mut of_other, mut of_own) = (HashMap::new(), HashMap::new());
        for it in &left {
            *of_other.entry(it.there).or_insert(0_usize) += 1;
            *of_own.entry(it.here).or_insert(0_usize) += 1;
        }
        for it in &left {
            let both = self.both(it);
            if both.iter().any(|it| is_paired(*it)) {
                continue;
            }
            if both.contains(&Standing::Waits) {
                self.stand(it, [Standing::Waits; 2]);
                continue;
            }
            let has_rival = of_other[&it.there] > 1 || of_own[&it.here] > 1;
            let was_rivalled = [self.there[it.there], self.here[it.here]]
                .iter()
                .any(|place| place.rivalled == Some(it.rank));
            let is_ambiguous = has_rival || was_rivalled;
            let paired = [it.here, it.there].map(|with| Standing::Paired { with, is_ambiguous });
            self.stand(it, paired);
        }
        for it in &left {
            let [there, here] = self.both(it).map(is_paired);
            if there {
                self.here[it.here].rivalled = Some(it.rank);
            }
            if here {
                self.there[it.there].rivalled = Some(it.rank);
            }
        }
    }

    fn both(&self, it: &Candidate) -> [Standing; 2] {
        [self.there[it.there].standing, self.here[it.here].standing]
    }

    fn stand(&mut self, it: &Candidate, [there, here]: [Standing; 2]) {
        self.there[it.there].standing = there;
        self.here[it.here].standing = here;
    }
}

fn is_paired(standing: Standing) -> bool {
    matches!(standing, Standing::Paired { .. })
}
