//! Pairing by the names that calls tell of each other, and what no name joins by numbers and time.

use std::collections::HashMap;
use std::time::Duration;

use super::candidates::{apart, earlier};
use super::{Pair, Pairing, in_order};
use crate::legs::{SLACK, Witness, conversations, named_by};
use crate::{Alias, ProviderCallId, ProviderKind, SourceId, Timestamp, Told};

/// Whose calls the calls of one side are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// The source.
    pub source: SourceId,
    /// What kind of system it reads.
    pub provider: ProviderKind,
}

/// A call with the names it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<C> {
    /// The call.
    pub call: C,
    /// Its other names; those that do not join are passed over.
    pub aliases: Vec<Alias>,
}

/// A call of a conversation of which the other side has fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg<C> {
    /// The call.
    pub call: C,
    /// The other side's call of the same conversation, which is paired with another leg of it.
    pub of: ProviderCallId,
}

/// Calls of which it is decided what they are: each is here once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined<T, H> {
    /// Calls that both sides have, by a name.
    pub by_id: Vec<Pair<T, H>>,
    /// Calls that both sides have, by numbers and time.
    pub by_number: Vec<Pair<T, H>>,
    /// Further legs of such calls that only the other side has.
    pub legs_there: Vec<Leg<T>>,
    /// Further legs of such calls that only we have.
    pub legs_here: Vec<Leg<H>>,
    /// Calls that only the other side has.
    pub only_there: Vec<T>,
    /// Calls that only we have.
    pub only_here: Vec<H>,
}

/// Joins two sources that saw the same calls. Calls come in order of time; what is decided is given
/// away.
#[derive(Debug)]
pub struct Joining<T, H> {
    sides: (Side, Side),
    there: Vec<Seen<T>>,
    here: Vec<Seen<H>>,
    pairing: Pairing<Member<T>, Member<H>>,
    /// Conversations of which one side alone has several calls, while any of these is undecided.
    groups: HashMap<u64, Group>,
    groups_made: u64,
    /// Calls of such conversations that are paired with nothing.
    alone: (Vec<Member<T>>, Vec<Member<H>>),
}

/// A call whose names join it to no call of the other side.
#[derive(Debug)]
struct Member<C> {
    call: C,
    group: Option<u64>,
}

impl<C: AsRef<Told>> AsRef<Told> for Member<C> {
    fn as_ref(&self) -> &Told {
        self.call.as_ref()
    }
}

/// Calls that names join, of the other side and of ours.
type Conversation<T, H> = (Vec<Seen<T>>, Vec<Seen<H>>);

#[derive(Debug, Default)]
struct Group {
    undecided: usize,
    /// The other side's call that one of them is paired with.
    paired: Option<ProviderCallId>,
}

impl<T: AsRef<Told>, H: AsRef<Told>> Joining<T, H> {
    /// `sides` are the other one and ours; `tolerance` is that of pairing by numbers and time.
    pub fn new(sides: (Side, Side), tolerance: Duration) -> Self {
        Self {
            sides,
            there: Vec::new(),
            here: Vec::new(),
            pairing: Pairing::new(tolerance),
            groups: HashMap::new(),
            groups_made: 0,
            alone: (Vec::new(), Vec::new()),
        }
    }

    /// Takes in further calls of both sides.
    pub fn push(
        &mut self,
        there: impl IntoIterator<Item = Seen<T>>,
        here: impl IntoIterator<Item = Seen<H>>,
    ) {
        self.there.extend(there);
        self.here.extend(here);
    }

    /// Gives away whatever no call from `until` on can change, all earlier ones having been taken in.
    pub fn decided(&mut self, until: Timestamp) -> Joined<T, H> {
        self.decide(until - SLACK)
    }

    /// Gives away everything that is left: no further call comes.
    pub fn finish(mut self) -> Joined<T, H> {
        self.decide(Timestamp::MAX)
    }

    /// Decides what began before `ready`: whatever tells its name is here.
    fn decide(&mut self, ready: Timestamp) -> Joined<T, H> {
        let mut joined = Joined {
            by_id: Vec::new(),
            by_number: Vec::new(),
            legs_there: Vec::new(),
            legs_here: Vec::new(),
            only_there: Vec::new(),
            only_here: Vec::new(),
        };
        for (there, here) in self.conversations(ready) {
            if there.is_empty() || here.is_empty() {
                let group = (there.len() + here.len() > 1).then_some(self.groups_made);
                if group.is_some() {
                    let undecided = there.len() + here.len();
                    self.groups.insert(self.groups_made, Group { undecided, paired: None });
                    self.groups_made += 1;
                }
                let there = there.into_iter().map(|it| Member { call: it.call, group });
                let here = here.into_iter().map(|it| Member { call: it.call, group });
                self.pairing.push(there, here);
            } else {
                self.join(there, here, &mut joined);
            }
        }
        self.by_number(ready, &mut joined);
        joined
    }

    /// The calls of each conversation that began before `ready`; what lies more than the slack
    /// after its beginning is another.
    fn conversations(&mut self, ready: Timestamp) -> Vec<Conversation<T, H>> {
        let (of_other, of_own) = self.sides;
        let there = self.there.iter().map(|it| witness(of_other, it));
        let witnesses: Vec<Witness> =
            there.chain(self.here.iter().map(|it| witness(of_own, it))).collect();
        let mut there = taken(std::mem::take(&mut self.there));
        let mut here = taken(std::mem::take(&mut self.here));
        let mut found = Vec::new();
        for conversation in conversations(&witnesses) {
            let is_there = |it: &&&Witness| it.source == of_other.source;
            let (theirs, ours): (Vec<&Witness>, Vec<&Witness>) =
                conversation.iter().partition(is_there);
            let mut theirs = picked(&mut there, &theirs);
            let mut ours = picked(&mut here, &ours);
            loop {
                let begun = theirs.first().map(at).into_iter().chain(ours.first().map(at)).min();
                let Some(begun) = begun.filter(|begun| *begun < ready) else { break };
                let later = |it: Timestamp| it > begun + SLACK;
                let next = theirs.partition_point(|it| !later(at(it)));
                let rest = theirs.split_off(next);
                let first = std::mem::replace(&mut theirs, rest);
                let next = ours.partition_point(|it| !later(at(it)));
                let rest = ours.split_off(next);
                found.push((first, std::mem::replace(&mut ours, rest)));
            }
            self.there.extend(theirs);
            self.here.extend(ours);
        }
        found
    }

    /// Joins the calls of one conversation: first those of which one names the other, then the
    /// nearest. What is left is a further leg.
    fn join(&self, there: Vec<Seen<T>>, here: Vec<Seen<H>>, joined: &mut Joined<T, H>) {
        let mut candidates = Vec::with_capacity(there.len() * here.len());
        for (nth, theirs) in there.iter().enumerate() {
            for (of, ours) in here.iter().enumerate() {
                let names = names(theirs, ours.call.as_ref(), self.sides.1.provider)
                    || names(ours, theirs.call.as_ref(), self.sides.0.provider);
                candidates.push((!names, apart(theirs.call.as_ref(), ours.call.as_ref()), nth, of));
            }
        }
        let both = |it: &(bool, Duration, usize, usize)| {
            (there[it.2].call.as_ref(), here[it.3].call.as_ref())
        };
        candidates
            .sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| earlier(both(a), both(b))));
        let ids = |it: &Told| it.id.clone();
        let Some((theirs, ours)) = candidates.first().map(both) else { return };
        let (of_other, of_own) = (ids(theirs), ids(ours));
        let order: Vec<(usize, usize)> = candidates.iter().map(|it| (it.2, it.3)).collect();
        let mut there: Vec<Option<T>> = there.into_iter().map(|it| Some(it.call)).collect();
        let mut here: Vec<Option<H>> = here.into_iter().map(|it| Some(it.call)).collect();
        for (theirs, ours) in order {
            if there[theirs].is_none() || here[ours].is_none() {
                continue;
            }
            if let (Some(there), Some(here)) = (there[theirs].take(), here[ours].take()) {
                joined.by_id.push(Pair { there, here, is_ambiguous: false });
            }
        }
        let there = there.into_iter().flatten();
        joined.legs_there.extend(there.map(|call| Leg { call, of: of_own.clone() }));
        let here = here.into_iter().flatten();
        joined.legs_here.extend(here.map(|call| Leg { call, of: of_other.clone() }));
    }

    /// Pairs what no name joins. Where one call of a conversation is paired, the others are its
    /// further legs.
    fn by_number(&mut self, ready: Timestamp, joined: &mut Joined<T, H>) {
        let paired = self.pairing.decided(ready);
        for Pair { there, here, is_ambiguous } in paired.pairs {
            self.is_paired(there.group, here.call.as_ref());
            self.is_paired(here.group, there.call.as_ref());
            joined.by_number.push(Pair { there: there.call, here: here.call, is_ambiguous });
        }
        for group in paired.only_there.iter().map(|it| it.group) {
            self.is_decided(group);
        }
        for group in paired.only_here.iter().map(|it| it.group) {
            self.is_decided(group);
        }
        self.alone.0.extend(paired.only_there);
        self.alone.1.extend(paired.only_here);
        let there = told_apart(&mut self.alone.0, &self.groups);
        (joined.only_there, joined.legs_there) =
            with(there, std::mem::take(&mut joined.legs_there));
        let here = told_apart(&mut self.alone.1, &self.groups);
        (joined.only_here, joined.legs_here) = with(here, std::mem::take(&mut joined.legs_here));
        self.groups.retain(|_, group| group.undecided > 0);
        joined.only_there.sort_by(|a, b| in_order(a.as_ref(), b.as_ref()));
        joined.only_here.sort_by(|a, b| in_order(a.as_ref(), b.as_ref()));
    }

    fn is_paired(&mut self, group: Option<u64>, with: &Told) {
        if let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) {
            group.undecided -= 1;
            group.paired.get_or_insert_with(|| with.id.clone());
        }
    }

    fn is_decided(&mut self, group: Option<u64>) {
        if let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) {
            group.undecided -= 1;
        }
    }
}

fn at<C: AsRef<Told>>(seen: &Seen<C>) -> Timestamp {
    seen.call.as_ref().at
}

fn witness<C: AsRef<Told>>(side: Side, seen: &Seen<C>) -> Witness {
    let Side { source, provider } = side;
    Witness { source, id: seen.call.as_ref().id.clone(), provider, aliases: seen.aliases.clone() }
}

/// Calls by their ids.
fn taken<C: AsRef<Told>>(calls: Vec<Seen<C>>) -> HashMap<String, Seen<C>> {
    calls.into_iter().map(|it| (it.call.as_ref().id.0.clone(), it)).collect()
}

/// The calls of these witnesses, oldest first.
fn picked<C: AsRef<Told>>(
    calls: &mut HashMap<String, Seen<C>>,
    witnesses: &[&Witness],
) -> Vec<Seen<C>> {
    let picked = witnesses.iter().filter_map(|it| calls.remove(&it.id.0));
    let mut picked: Vec<Seen<C>> = picked.collect();
    picked.sort_by(|a, b| in_order(a.call.as_ref(), b.call.as_ref()));
    picked
}

/// Whether one says the other's own id.
fn names<C>(one: &Seen<C>, other: &Told, of: ProviderKind) -> bool {
    one.aliases.iter().any(|alias| named_by(&alias.kind) == Some(of) && alias.id == other.id.0)
}

/// Of calls that are paired with nothing: those that are alone, and those that are further legs.
/// What is undecided stays.
fn told_apart<C>(
    alone: &mut Vec<Member<C>>,
    groups: &HashMap<u64, Group>,
) -> (Vec<C>, Vec<Leg<C>>) {
    let (mut only, mut legs, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for Member { call, group } in std::mem::take(alone) {
        match group.and_then(|group| groups.get(&group)) {
            Some(Group { paired: Some(of), .. }) => legs.push(Leg { call, of: of.clone() }),
            Some(Group { undecided: 1.., .. }) => rest.push(Member { call, group }),
            _ => only.push(call),
        }
    }
    *alone = rest;
    (only, legs)
}

fn with<C>((only, legs): (Vec<C>, Vec<Leg<C>>), mut all: Vec<Leg<C>>) -> (Vec<C>, Vec<Leg<C>>) {
    all.extend(legs);
    (only, all)
}
