//! Contacts that people enter: one by one, or many at a time from a file.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, ContactFields, ContactId, ExternalId, Timestamp};
use store::{NewContact, NewExternalId, NewPhone, Store, StoreError, Tx};

use super::decide::{new_id, new_place};
use super::merge::{ContactError, living};
use super::people::{Keys, People};
use super::settle::{announce, distinct};

/// What somebody says of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Names, email and whatever else.
    pub fields: ContactFields,
    /// Numbers, in E.164.
    pub phones: Vec<String>,
    /// Ids that other systems gave out.
    pub ids: Vec<ExternalId>,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// A contact was made.
    New(ContactId),
    /// A contact knows more, or has another number or id.
    Changed(ContactId),
    /// A contact knew all of it.
    Unchanged(ContactId),
    /// Nobody can tell whom it speaks of.
    Refused(String),
}

impl Entered {
    /// The contact, where there is one.
    pub fn contact(&self) -> Option<ContactId> {
        match self {
            Self::New(contact) | Self::Changed(contact) | Self::Unchanged(contact) => {
                Some(*contact)
            }
            Self::Refused(_) => None,
        }
    }
}

/// Adds a contact, or adds to the one that has its number or id; calls that waited for it are
/// placed at once. `is_dry` says what would happen and keeps nothing. Returns also how many calls
/// moved.
pub async fn add(
    store: &Store,
    account: AccountId,
    entry: Entry,
    (by, is_dry): (&str, bool),
    now: Timestamp,
) -> Result<(Entered, u64), StoreError> {
    let mut tx = store.begin().await?;
    tx.accounts_lock(&[account]).await?;
    let mut outcome = enter(&mut tx, account, &[entry], &BTreeSet::new(), (by, now)).await?;
    let entered = outcome.entered.pop().unwrap_or_else(|| Entered::Refused(String::new()));
    if is_dry {
        return Ok((entered, 0));
    }
    tx.commit().await?;
    super::resume_all(store, now).await?;
    let moved = match outcome.change {
        Some(change) => store.change_moved(change).await?,
        None => 0,
    };
    Ok((entered, moved))
}

/// Changes one contact. What the entry does not say stays as it is. Returns whether anything
/// changed, and how many calls moved.
pub async fn change(
    store: &Store,
    contact: ContactId,
    entry: Entry,
    (by, is_dry): (&str, bool),
    now: Timestamp,
) -> Result<(bool, u64), ContactError> {
    let mut tx = store.begin().await?;
    let row = living(&mut tx, contact).await?;
    tx.accounts_lock(&[row.account]).await?;
    let row = living(&mut tx, contact).await?;
    let account = row.account;
    for owner in tx.contacts_by_id(account, &entry.ids).await? {
        if owner.contact_id != contact.0 {
            let (kind, id, holder) = (owner.kind, owner.id, ContactId(owner.contact_id));
            return Err(ContactError::IdTaken { kind, id, holder });
        }
    }
    let before: BTreeSet<String> =
        tx.contact_phones_of(&[contact]).await?.into_iter().map(|phone| phone.e164).collect();
    let ids = tx.contact_ids_of(&[contact]).await?;
    let phones: Vec<NewPhone> = entry
        .phones
        .iter()
        .filter(|phone| !before.contains(*phone))
        .map(|e164| NewPhone { account, contact, e164: e164.clone() })
        .collect();
    let has = |external: &ExternalId| {
        ids.iter().any(|id| id.kind == external.kind.as_str() && id.id == external.id)
    };
    let ids: Vec<NewExternalId> = entry
        .ids
        .iter()
        .filter(|external| !has(external))
        .map(|external| NewExternalId { account, contact, external: external.clone() })
        .collect();
    let mut fields = row.fields.clone();
    let has_told = fields.merge(&entry.fields);
    let is_found_otherwise = !phones.is_empty() || !ids.is_empty();
    if is_dry || !(has_told || is_found_otherwise) {
        return Ok((has_told || is_found_otherwise, 0));
    }
    tx.contact_phones_add(&distinct(phones, |new| new.e164.clone())).await?;
    tx.contact_ids_add(&distinct(ids, |new| new.external.clone())).await?;
    tx.contacts_change(&[(contact, NewContact { account, fields })], now).await?;
    let what = format!("changed contact {contact}");
    let change = if is_found_otherwise {
        announce(&mut tx, &BTreeSet::from([contact]), (by, &what), now).await?
    } else {
        None
    };
    tx.commit().await?;
    super::resume_all(store, now).await?;
    let moved = match change {
        Some(change) => store.change_moved(change).await?,
        None => 0,
    };
    Ok((true, moved))
}

const TWICE: &str = "an earlier line has the same number or id";

/// What a batch of entries came to.
pub(super) struct BatchEntered {
    /// One per entry, in their order.
    pub(super) entered: Vec<Entered>,
    /// The change that calls which waited will move by.
    pub(super) change: Option<i64>,
}

/// Enters a batch, within a transaction that has locked the account. An entry that speaks of a
/// contact an earlier one spoke of, in this batch or among `met_before`, is refused: of two words
/// about one person nobody knows which holds.
pub(super) async fn enter(
    tx: &mut Tx,
    account: AccountId,
    entries: &[Entry],
    met_before: &BTreeSet<ContactId>,
    (by, now): (&str, Timestamp),
) -> Result<BatchEntered, StoreError> {
    let mut keys = Keys::default();
    for entry in entries {
        entry.phones.iter().for_each(|phone| keys.add_phone(phone));
        entry.ids.iter().for_each(|id| keys.add_id(id));
    }
    let mut people = People::look(tx, &BTreeMap::from([(account, keys)])).await?;
    let mut new: Vec<NewContact> = Vec::new();
    let mut told: BTreeMap<ContactId, ContactFields> = BTreeMap::new();
    let (mut phones, mut ids) = (Vec::new(), Vec::new());
    let mut met: Vec<Result<ContactId, String>> = Vec::with_capacity(entries.len());
    let mut found_otherwise: BTreeSet<ContactId> = BTreeSet::new();
    let mut spoken_of: BTreeSet<ContactId> = BTreeSet::new();
    for entry in entries {
        let contact = match whom(&people, account, entry) {
            Ok(Some(contact)) if met_before.contains(&contact) || spoken_of.contains(&contact) => {
                met.push(Err(TWICE.to_owned()));
                continue;
            }
            Ok(Some(contact)) => contact,
            Ok(None) => {
                new.push(NewContact { account, fields: ContactFields::new() });
                new_id(new.len() - 1)
            }
            Err(why) => {
                met.push(Err(why));
                continue;
            }
        };
        met.push(Ok(contact));
        spoken_of.insert(contact);
        match new_place(contact) {
            Some(place) => new[place].fields.merge(&entry.fields),
            None => told.entry(contact).or_default().merge(&entry.fields),
        };
        for phone in &entry.phones {
            if !people.owns_phone(account, phone, contact) {
                people.has_phone(account, phone, contact);
                phones.push((contact, phone.clone()));
                found_otherwise.insert(contact);
            }
        }
        for id in &entry.ids {
            if people.owner_of_id(account, id).is_none() {
                people.has_id(account, id, contact);
                ids.push((contact, id.clone()));
                found_otherwise.insert(contact);
            }
        }
    }
    let made = tx.contacts_add(&new, by, now).await?;
    let real = |contact: ContactId| new_place(contact).map_or(contact, |place| made[place]);
    let phones = phones.into_iter().map(|(contact, e164)| NewPhone {
        account,
        contact: real(contact),
        e164,
    });
    tx.contact_phones_add(&phones.collect::<Vec<_>>()).await?;
    let ids = ids.into_iter().map(|(contact, external)| NewExternalId {
        account,
        contact: real(contact),
        external,
    });
    tx.contact_ids_add(&ids.collect::<Vec<_>>()).await?;
    let changed = tell(tx, told, now).await?;
    let arrived: BTreeSet<ContactId> =
        found_otherwise.iter().map(|contact| real(*contact)).collect();
    let change = announce(tx, &arrived, (by, "entered contacts"), now).await?;
    let entered = |met: Result<ContactId, String>| match met {
        Err(why) => Entered::Refused(why),
        Ok(contact) if new_place(contact).is_some() => Entered::New(real(contact)),
        Ok(contact) if changed.contains(&contact) || found_otherwise.contains(&contact) => {
            Entered::Changed(contact)
        }
        Ok(contact) => Entered::Unchanged(contact),
    };
    Ok(BatchEntered { entered: met.into_iter().map(entered).collect(), change })
}

/// Whom an entry speaks of: whoever has one of its ids, else whoever has one of its numbers.
fn whom(people: &People, account: AccountId, entry: &Entry) -> Result<Option<ContactId>, String> {
    let by_id = entry.ids.iter().filter_map(|id| people.owner_of_id(account, id));
    if let Some(found) = one_of(people, by_id, "ids")? {
        return Ok(Some(found));
    }
    // Somebody who has another id of a kind is somebody else, as in a family.
    let is_other =
        |contact: &ContactId| entry.ids.iter().any(|id| people.has_kind(*contact, id.kind));
    let by_phone = entry.phones.iter().flat_map(|phone| people.owners_of_phone(account, phone));
    one_of(people, by_phone.copied().filter(|contact| !is_other(contact)), "numbers")
}

fn one_of(
    people: &People,
    contacts: impl Iterator<Item = ContactId>,
    what: &str,
) -> Result<Option<ContactId>, String> {
    let contacts: BTreeSet<ContactId> = contacts.collect();
    let roots: BTreeSet<ContactId> = contacts.iter().map(|contact| people.root(*contact)).collect();
    match (roots.len(), contacts.first()) {
        (0, _) | (_, None) => Ok(None),
        (1, Some(first)) => Ok(Some(*first)),
        _ => {
            let names: Vec<String> = roots
                .iter()
                .map(|root| match new_place(*root) {
                    Some(_) => "one of an earlier line".to_owned(),
                    None => root.to_string(),
                })
                .collect();
            Err(format!(
                "its {what} belong to {} contacts ({}); merge them, or give the line an id",
                roots.len(),
                names.join(", ")
            ))
        }
    }
}

/// Adds what was entered to contacts that are there. Gives those that know something else now.
async fn tell(
    tx: &mut Tx,
    told: BTreeMap<ContactId, ContactFields>,
    now: Timestamp,
) -> Result<BTreeSet<ContactId>, StoreError> {
    let contacts: Vec<ContactId> = told.keys().copied().collect();
    let mut changed = Vec::new();
    for row in tx.contacts_get(&contacts).await? {
        let mut fields = row.fields;
        // Entering the same again is no change, although it was said later.
        if fields.merge(&told[&row.id]) {
            changed.push((row.id, NewContact { account: row.account, fields }));
        }
    }
    tx.contacts_change(&changed, now).await?;
    Ok(changed.into_iter().map(|(contact, _)| contact).collect())
}
