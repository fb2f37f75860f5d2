//! Erasing what is known of a person: rows stay and are counted as before, what they say goes for
//! good.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, ContactId, Placement, SourceId, Timestamp};
use store::{Numbers, Store, StoreError, Tx, WithNumbers};

use super::history::family_of;
use super::merge::{ContactError, living};
use crate::ingest::Codec;
use crate::place::{by_rules, sources};

/// What stands in the place of a record.
const INSTEAD: &[u8] = br#"{"erased":true}"#;
const BATCH: i64 = 1_000;

/// What was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Erased {
    /// Contacts, those merged into it included.
    pub contacts: u64,
    /// Calls that lost their numbers and words.
    pub calls: u64,
}

/// Erases a person: names, numbers, ids and fields of the contact and of those merged into it; the
/// numbers, transcripts and raw records of their calls, and of every other call of the account
/// with one of their numbers. Whatever the provider says of these calls later is not kept.
pub async fn erase(
    store: &Store,
    contact: ContactId,
    (by, is_dry): (&str, bool),
    now: Timestamp,
) -> Result<Erased, ContactError> {
    let mut held = BTreeSet::new();
    loop {
        let looked = Looked::at(store, contact).await?;
        held.extend(looked.sources());
        let mut tx = store.begin().await?;
        // Accounts come after sources, as everybody locks them.
        for source in &held {
            tx.rules_lock(*source).await?;
        }
        tx.accounts_lock(&[looked.numbers.account]).await?;
        living(&mut tx, contact).await?;
        let family = family_ids(&mut tx, contact).await?;
        // Whoever is known by another number since is looked for anew.
        if phones_of(&mut tx, &family).await? != looked.numbers.phones {
            continue;
        }
        let calls = looked.calls(&mut tx, &family).await?;
        // So is whoever has called somewhere else since: what is not locked may change.
        if !calls.keys().all(|source| held.contains(source)) {
            held.extend(calls.into_keys());
            continue;
        }
        let count = calls.values().map(|ids| ids.len() as u64).sum();
        let erased = Erased { contacts: family.len() as u64, calls: count };
        if !is_dry {
            write(tx, (contact, &family), calls, (by, now)).await?;
        }
        return Ok(erased);
    }
}

async fn write(
    mut tx: Tx,
    (contact, family): (ContactId, &[ContactId]),
    calls: BTreeMap<SourceId, BTreeSet<String>>,
    (by, now): (&str, Timestamp),
) -> Result<(), StoreError> {
    let instead = instead()?;
    for (source, ids) in calls {
        let ids: Vec<String> = ids.into_iter().collect();
        tx.calls_erase(source, &ids, &instead, now).await?;
    }
    tx.contacts_erase(family, now).await?;
    tx.change_add((by, &format!("erased contact {contact}")), &[], now).await?;
    tx.commit().await
}

/// What is known of a person's calls before anything is locked: reading takes its time.
struct Looked {
    numbers: Numbers,
    found: Vec<WithNumbers>,
}

impl Looked {
    async fn at(store: &Store, contact: ContactId) -> Result<Self, ContactError> {
        let mut tx = store.begin().await?;
        let account = living(&mut tx, contact).await?.account;
        let family = family_ids(&mut tx, contact).await?;
        let phones = phones_of(&mut tx, &family).await?;
        drop(tx);
        let numbers = Numbers { account, phones };
        let mut found = Vec::new();
        for source in sources(store).await? {
            found.push(store.calls_with_numbers(source, &numbers).await?);
        }
        Ok(Self { numbers, found })
    }

    /// The sources that had calls with one of the numbers.
    fn sources(&self) -> impl Iterator<Item = SourceId> {
        self.found.iter().filter(|found| !found.ids.is_empty()).map(|found| found.source)
    }

    /// Every call of the person as it is now, by source: those that have the contact, those of the
    /// account with one of the numbers, and those of the account that wait with one of them.
    async fn calls(
        &self,
        tx: &mut Tx,
        family: &[ContactId],
    ) -> Result<BTreeMap<SourceId, BTreeSet<String>>, StoreError> {
        let Numbers { account, phones } = &self.numbers;
        let mut calls: BTreeMap<SourceId, BTreeSet<String>> = BTreeMap::new();
        for (source, id) in tx.calls_of_contacts(family).await? {
            calls.entry(source).or_default().insert(id);
        }
        for found in &self.found {
            let ids = tx.calls_still_with_numbers(found, &self.numbers).await?;
            calls.entry(found.source).or_default().extend(ids);
        }
        for (source, phone) in tx.callers_with(phones, &[]).await? {
            let waiting = waiting(tx, *account, (source, &phone)).await?;
            calls.entry(source).or_default().extend(waiting);
        }
        calls.retain(|_, ids| !ids.is_empty());
        Ok(calls)
    }
}

async fn family_ids(tx: &mut Tx, contact: ContactId) -> Result<Vec<ContactId>, StoreError> {
    Ok(family_of(tx, contact).await?.iter().map(|row| row.id).collect())
}

/// The numbers of these contacts, in order.
async fn phones_of(tx: &mut Tx, family: &[ContactId]) -> Result<Vec<String>, StoreError> {
    let phones = tx.contact_phones_of(family).await?;
    let mut phones: Vec<String> = phones.into_iter().map(|phone| phone.e164).collect();
    phones.sort_unstable();
    phones.dedup();
    Ok(phones)
}

/// Calls with this number that would be the account's, had they a contact.
async fn waiting(
    tx: &mut Tx,
    account: AccountId,
    (source, phone): (SourceId, &str),
) -> Result<Vec<String>, StoreError> {
    let rules = tx.rules_load(source).await?;
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let some = tx.callers_with_phone((source, phone), &after, BATCH).await?;
        let Some(last) = some.last() else { return Ok(found) };
        after.clone_from(&last.provider_call_id);
        let ids: Vec<String> = some.into_iter().map(|row| row.provider_call_id).collect();
        let calls = tx.calls_placed(source, &ids).await?.into_iter();
        let theirs = calls.filter(|call| {
            matches!(by_rules(call, &rules), Placement::Placed { account: of, .. } if of == account)
        });
        found.extend(theirs.map(|call| call.provider_call_id));
    }
}

fn instead() -> Result<Vec<u8>, StoreError> {
    let packed = Codec::plain().packer().and_then(|mut packer| packer.pack(INSTEAD));
    packed.map_err(|error| StoreError::Statement { detail: error.why })
}
