//! Which contact a call is with.

use super::{Caller, ContactPolicy, FoundBy};
use crate::{ContactId, WaitingReason};

/// A contact that has the call's number or id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The contact.
    pub contact: ContactId,
    /// The contact it was merged into, by however many steps; itself where it was not.
    pub root: ContactId,
    /// Whether it has an id of the kind that the call names. If it were the call's own, it would
    /// have been found by it, so it is somebody else's.
    pub has_other_id: bool,
}

/// The contacts of an account that a call may be with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Who has the id that the call names.
    pub by_external_id: Option<Candidate>,
    /// Who has its number.
    pub by_phone: Vec<Candidate>,
}

/// Which contact a call is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identified {
    /// This one.
    Known(ContactId, FoundBy),
    /// Somebody nobody has seen before.
    New(FoundBy),
    /// Nobody can tell yet.
    Waiting(WaitingReason),
    /// Nobody asked, or nothing in the call tells one person from another; it is in its account
    /// all the same.
    NotAsked,
}

/// Finds the contact of a call that has an account: by the id it names, then by its number.
pub fn identify(policy: ContactPolicy, caller: &Caller, among: &Candidates) -> Identified {
    if policy == ContactPolicy::Off {
        return Identified::NotAsked;
    }
    if let Some(found) = among.by_external_id {
        return Identified::Known(found.contact, FoundBy::ExternalId);
    }
    // A family shares a number; the id says that this is another of them.
    let fitting = || among.by_phone.iter().filter(|one| !one.has_other_id);
    let roots = || fitting().map(|one| one.root);
    match (roots().min(), roots().max()) {
        (Some(first), Some(last)) if first == last => {
            // Of those that were merged, always the same one.
            let contact = fitting().map(|one| one.contact).min().unwrap_or(first);
            Identified::Known(contact, FoundBy::Phone)
        }
        (Some(_), _) => Identified::Waiting(WaitingReason::ContactAmbiguous),
        (None, _) => unknown(policy, caller),
    }
}

fn unknown(policy: ContactPolicy, caller: &Caller) -> Identified {
    match policy {
        ContactPolicy::Created if caller.external.is_some() => Identified::New(FoundBy::ExternalId),
        ContactPolicy::Created if caller.phone.is_some() => Identified::New(FoundBy::Phone),
        ContactPolicy::Created | ContactPolicy::Off => Identified::NotAsked,
        ContactPolicy::Matched if caller.is_nobody() => {
            Identified::Waiting(WaitingReason::NoPhoneInCall)
        }
        ContactPolicy::Matched => Identified::Waiting(WaitingReason::ContactNotFound),
    }
}
