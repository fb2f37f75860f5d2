//! From calls and their names to conversations: one rule, whatever comes in whatever order.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{joins, kinds_of, named_by, ties_own_calls};
use crate::{Alias, ProviderCallId, ProviderKind, SourceId};

/// A call as a witness of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The source that has it.
    pub source: SourceId,
    /// The provider's id.
    pub id: ProviderCallId,
    /// What kind of system the source reads.
    pub provider: ProviderKind,
    /// Its other names; those that do not join are passed over.
    pub aliases: Vec<Alias>,
}

impl Witness {
    fn key(&self) -> (SourceId, &str) {
        (self.source, &self.id.0)
    }
}

/// What several calls may be called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name<'w> {
    /// A provider's own id of a call, whoever says it.
    Of(&'static str, &'w str),
    /// An id that means something inside one source only.
    Inside(SourceId, &'w str, &'w str),
}

/// One call saying a name.
#[derive(Clone, Copy)]
struct Saying<'w> {
    who: usize,
    source: SourceId,
    /// The kind it is said by; `None` where it is the call's own id.
    kind: Option<&'w str>,
}

/// Joins calls that are one conversation. Every call is in exactly one; each conversation, and
/// the list of them, is in order of source and id.
///
/// Witnesses of several sources that share a name are joined. Calls of one source are joined by a
/// name they share only where their provider says that they belong together, such as the legs of
/// one Twilio call; otherwise only through a call elsewhere that both name.
pub fn conversations(witnesses: &[Witness]) -> Vec<Vec<&Witness>> {
    let mut sorted: Vec<&Witness> = witnesses.iter().collect();
    sorted.sort_by_key(|witness| witness.key());
    let mut groups = Groups::new(sorted.len());
    // The same call given twice is one call.
    for nth in 1..sorted.len() {
        if sorted[nth - 1].key() == sorted[nth].key() {
            groups.join(nth - 1, nth);
        }
    }
    for said in names(&sorted).into_values() {
        let sources: BTreeSet<SourceId> = said.iter().map(|saying| saying.source).collect();
        let ties = |saying: &Saying<'_>| saying.kind.is_some_and(ties_own_calls);
        let is_shared = sources.len() > 1;
        let is_tied = said.iter().any(ties);
        // The call whose own id it is, and those that are tied to it.
        let joined = |saying: &&Saying<'_>| {
            is_shared || (is_tied && (saying.kind.is_none() || ties(saying)))
        };
        let joined: Vec<usize> = said.iter().filter(joined).map(|saying| saying.who).collect();
        joined.windows(2).for_each(|two| groups.join(two[0], two[1]));
    }
    let mut found: BTreeMap<usize, Vec<&Witness>> = BTreeMap::new();
    for (nth, witness) in sorted.iter().enumerate() {
        found.entry(groups.first(nth)).or_default().push(witness);
    }
    found.into_values().collect()
}

fn names<'w>(sorted: &[&'w Witness]) -> BTreeMap<Name<'w>, Vec<Saying<'w>>> {
    let mut names: BTreeMap<Name<'w>, Vec<Saying<'w>>> = BTreeMap::new();
    for (who, witness) in sorted.iter().enumerate() {
        let source = witness.source;
        // Ids nobody names elsewhere, such as row numbers of two clusters, may be alike by chance.
        if kinds_of(witness.provider).next().is_some() {
            let own = Name::Of(witness.provider.as_str(), &witness.id.0);
            names.entry(own).or_default().push(Saying { who, source, kind: None });
        }
        for Alias { kind, id } in witness.aliases.iter().filter(|alias| joins(&alias.kind)) {
            let name = match named_by(kind) {
                Some(provider) => Name::Of(provider.as_str(), id),
                None => Name::Inside(source, kind, id),
            };
            names.entry(name).or_default().push(Saying { who, source, kind: Some(kind) });
        }
    }
    names
}

/// Sets that grow together; each is known by its first member.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&self, mut of: usize) -> usize {
        while self.0[of] != of {
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}
