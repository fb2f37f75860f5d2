//! Who has which numbers and ids: looked up once for a batch.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{AccountId, Caller, Candidate, Candidates, ContactId, ExternalId, ExternalKind};
use store::{StoreError, Tx};

/// What is looked up in one account.
#[derive(Debug, Default)]
pub(super) struct Keys {
    phones: BTreeSet<String>,
    ids: BTreeSet<ExternalId>,
}

impl Keys {
    pub(super) fn add(&mut self, caller: &Caller) {
        self.phones.extend(caller.phone.clone());
        self.ids.extend(caller.external.clone());
    }

    pub(super) fn add_phone(&mut self, phone: &str) {
        self.phones.insert(phone.to_owned());
    }

    pub(super) fn add_id(&mut self, id: &ExternalId) {
        self.ids.insert(id.clone());
    }
}

/// The contacts that have them.
#[derive(Debug, Default)]
pub(super) struct People {
    by_phone: HashMap<(AccountId, String), Vec<ContactId>>,
    by_id: HashMap<(AccountId, ExternalId), ContactId>,
    kinds: HashSet<(ContactId, ExternalKind)>,
    roots: HashMap<ContactId, ContactId>,
}

impl People {
    pub(super) async fn look(
        tx: &mut Tx,
        wanted: &BTreeMap<AccountId, Keys>,
    ) -> Result<Self, StoreError> {
        let mut people = Self::default();
        let mut parents: HashMap<ContactId, ContactId> = HashMap::new();
        let mut mentioned: BTreeSet<ContactId> = BTreeSet::new();
        for (account, keys) in wanted {
            let phones: Vec<String> = keys.phones.iter().cloned().collect();
            for owner in tx.contacts_by_phone(*account, &phones).await? {
                let contact = ContactId(owner.contact_id);
                mentioned.insert(contact);
                parents.extend(owner.merged_into.map(|into| (contact, ContactId(into))));
                people.by_phone.entry((*account, owner.e164)).or_default().push(contact);
            }
            let ids: Vec<ExternalId> = keys.ids.iter().cloned().collect();
            for owner in tx.contacts_by_id(*account, &ids).await? {
                let contact = ContactId(owner.contact_id);
                mentioned.insert(contact);
                parents.extend(owner.merged_into.map(|into| (contact, ContactId(into))));
                let Some(id) = external(&owner.kind, &owner.id) else { continue };
                people.by_id.insert((*account, id), contact);
            }
        }
        let mentioned: Vec<ContactId> = mentioned.into_iter().collect();
        if wanted.values().any(|keys| !keys.ids.is_empty()) {
            let owned = tx.contact_ids_of(&mentioned).await?;
            let kind = |kind: &str| kind.parse::<ExternalKind>().ok();
            people.kinds.extend(
                owned.iter().filter_map(|id| Some((ContactId(id.contact_id), kind(&id.kind)?))),
            );
        }
        people.roots = roots(tx, &mentioned, parents).await?;
        Ok(people)
    }

    /// The contacts a call may be with.
    pub(super) fn candidates(&self, account: AccountId, caller: &Caller) -> Candidates {
        let kind = caller.external.as_ref().map(|id| id.kind);
        let candidate = |contact: &ContactId| Candidate {
            contact: *contact,
            root: self.root(*contact),
            has_other_id: kind.is_some_and(|kind| self.kinds.contains(&(*contact, kind))),
        };
        let by_id = caller.external.as_ref().and_then(|id| self.by_id.get(&(account, id.clone())));
        let by_phone = caller.phone.as_ref();
        let by_phone = by_phone.and_then(|phone| self.by_phone.get(&(account, phone.clone())));
        Candidates {
            by_external_id: by_id.map(candidate),
            by_phone: by_phone.into_iter().flatten().map(candidate).collect(),
        }
    }

    pub(super) fn root(&self, contact: ContactId) -> ContactId {
        self.roots.get(&contact).copied().unwrap_or(contact)
    }

    /// Somebody has this number from now on.
    pub(super) fn has_phone(&mut self, account: AccountId, phone: &str, contact: ContactId) {
        let owners = self.by_phone.entry((account, phone.to_owned())).or_default();
        if !owners.contains(&contact) {
            owners.push(contact);
        }
    }

    /// Somebody has this id from now on, unless somebody has it already.
    pub(super) fn has_id(&mut self, account: AccountId, id: &ExternalId, contact: ContactId) {
        self.kinds.insert((contact, id.kind));
        self.by_id.entry((account, id.clone())).or_insert(contact);
    }

    pub(super) fn owns_phone(&self, account: AccountId, phone: &str, contact: ContactId) -> bool {
        let owners = self.by_phone.get(&(account, phone.to_owned()));
        owners.is_some_and(|owners| owners.contains(&contact))
    }

    pub(super) fn owner_of_id(&self, account: AccountId, id: &ExternalId) -> Option<ContactId> {
        self.by_id.get(&(account, id.clone())).copied()
    }

    pub(super) fn owners_of_phone(&self, account: AccountId, phone: &str) -> &[ContactId] {
        self.by_phone.get(&(account, phone.to_owned())).map_or(&[], Vec::as_slice)
    }

    pub(super) fn has_kind(&self, contact: ContactId, kind: ExternalKind) -> bool {
        self.kinds.contains(&(contact, kind))
    }
}

/// An id as it is kept; none for a kind this program does not know.
pub(super) fn external(kind: &str, id: &str) -> Option<ExternalId> {
    let kind = kind.parse().ok()?;
    Some(ExternalId { kind, id: id.to_owned() })
}

/// Follows merges up to the end; most contacts have none.
async fn roots(
    tx: &mut Tx,
    contacts: &[ContactId],
    mut parents: HashMap<ContactId, ContactId>,
) -> Result<HashMap<ContactId, ContactId>, StoreError> {
    let mut asked: BTreeSet<ContactId> = contacts.iter().copied().collect();
    loop {
        let next: Vec<ContactId> =
            parents.values().filter(|parent| !asked.contains(*parent)).copied().collect();
        if next.is_empty() {
            break;
        }
        asked.extend(&next);
        for row in tx.contacts_get(&next).await? {
            parents.extend(row.merged_into.map(|into| (row.id, into)));
        }
    }
    let root = |contact: &ContactId| {
        let mut root = *contact;
        while let Some(parent) = parents.get(&root) {
            root = *parent;
        }
        (*contact, root)
    };
    Ok(contacts.iter().map(root).collect())
}
