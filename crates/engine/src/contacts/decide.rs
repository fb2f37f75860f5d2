//! The contacts of a batch of calls, decided without touching anything.

use domain::{
    AccountId, Caller, ContactId, ContactPolicy, FoundBy, Identified, Placement, Timestamp,
    identify,
};

use super::people::People;

/// A call that may get a contact.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seeker {
    /// Where it belongs, by the rules alone.
    pub placement: Placement,
    /// What it says about the person.
    pub caller: Caller,
    /// When it happened.
    pub at: Timestamp,
}

/// Where a call belongs, its contact considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    pub placement: Placement,
    pub link: Option<(ContactId, FoundBy)>,
}

impl Settled {
    /// Nobody asked for its contact.
    pub(crate) fn alone(placement: Placement) -> Self {
        Self { placement, link: None }
    }
}

/// What a batch comes to.
pub(super) struct Decided {
    /// One per seeker, in their order. Contacts to be made have the ids of [`new_id`].
    pub settled: Vec<Settled>,
    /// The accounts of contacts to be made.
    pub new: Vec<AccountId>,
    /// Which contact which seeker tells something about, in the order of time.
    pub told: Vec<(AccountId, ContactId, usize)>,
}

/// The id a contact goes by until it is made.
pub(super) fn new_id(place: usize) -> ContactId {
    ContactId(-1 - i64::try_from(place).unwrap_or(i64::MAX - 1))
}

/// The place among the new ones, for an id of [`new_id`].
pub(super) fn new_place(contact: ContactId) -> Option<usize> {
    usize::try_from(-1 - contact.0).ok()
}

/// Decides in the order of time, so that the first call of somebody makes the contact and the
/// others of the batch find it.
pub(super) fn decide(policy: ContactPolicy, seekers: &[Seeker], people: &mut People) -> Decided {
    let alone = |seeker: &Seeker| Settled::alone(seeker.placement);
    let settled = seekers.iter().map(alone).collect();
    let mut decided = Decided { settled, new: Vec::new(), told: Vec::new() };
    let mut order: Vec<usize> = (0..seekers.len()).collect();
    order.sort_by_key(|place| seekers[*place].at);
    for place in order {
        let seeker = &seekers[place];
        let Placement::Placed { account, agent, .. } = seeker.placement else { continue };
        let among = people.candidates(account, &seeker.caller);
        let link = match identify(policy, &seeker.caller, &among) {
            Identified::Known(contact, by) => (contact, by),
            Identified::New(by) => {
                let contact = new_id(decided.new.len());
                decided.new.push(account);
                (contact, by)
            }
            Identified::Waiting(reason) => {
                decided.settled[place].placement = Placement::Waiting { agent, reason };
                continue;
            }
            Identified::NotAsked => continue,
        };
        decided.settled[place].link = Some(link);
        if policy == ContactPolicy::Created {
            learn(people, account, &seeker.caller, link);
            decided.told.push((account, link.0, place));
        }
    }
    decided
}

/// What a call tells about how its contact can be found next time.
fn learn(
    people: &mut People,
    account: AccountId,
    caller: &Caller,
    (contact, _): (ContactId, FoundBy),
) {
    if let Some(phone) = &caller.phone {
        people.has_phone(account, phone, contact);
    }
    if let Some(id) = &caller.external {
        people.has_id(account, id, contact);
    }
}
