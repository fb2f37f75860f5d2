//! Erasing what is known of a person: rows stay and are counted as before, what they say goes for
//! good.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, ContactId, Placement, SourceId, Timestamp};
use store::{Store, StoreError, Tx};

use super::history::family_of;
use super::merge::{ContactError, living};
use crate::ingest::Codec;
use crate::place::by_rules;

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
    // First a look, to know which sources to lock; accounts come after sources.
    let mut tx = store.begin().await?;
    let account = living(&mut tx, contact).await?.account;
    let sources: BTreeSet<SourceId> =
        calls_of(&mut tx, account, contact).await?.into_keys().collect();
    drop(tx);

    let mut tx = store.begin().await?;
    for source in &sources {
        tx.rules_lock(*source).await?;
    }
    tx.accounts_lock(&[account]).await?;
    living(&mut tx, contact).await?;
    let calls = calls_of(&mut tx, account, contact).await?;
    let family: Vec<ContactId> =
        family_of(&mut tx, contact).await?.iter().map(|row| row.id).collect();
    let count = calls.values().map(|ids| ids.len() as u64).sum();
    let erased = Erased { contacts: family.len() as u64, calls: count };
    if is_dry {
        return Ok(erased);
    }
    let instead = instead()?;
    for (source, ids) in calls {
        let ids: Vec<String> = ids.into_iter().collect();
        tx.calls_erase(source, &ids, &instead, now).await?;
    }
    tx.contacts_erase(&family, now).await?;
    tx.change_add((by, &format!("erased contact {contact}")), &[], now).await?;
    tx.commit().await?;
    Ok(erased)
}

/// Every call of a person, by source: those that have the contact, those of the account with one
/// of the numbers, and those of the account that wait with one of them.
async fn calls_of(
    tx: &mut Tx,
    account: AccountId,
    contact: ContactId,
) -> Result<BTreeMap<SourceId, BTreeSet<String>>, StoreError> {
    let family: Vec<ContactId> = family_of(tx, contact).await?.iter().map(|row| row.id).collect();
    let phones = tx.contact_phones_of(&family).await?;
    let phones: Vec<String> = phones.into_iter().map(|phone| phone.e164).collect();
    let mut calls: BTreeMap<SourceId, BTreeSet<String>> = BTreeMap::new();
    let linked = tx.calls_of_contacts(&family).await?;
    let with_number = tx.calls_with_numbers(account, &phones).await?;
    for (source, id) in linked.into_iter().chain(with_number) {
        calls.entry(source).or_default().insert(id);
    }
    for (source, phone) in tx.callers_with(&phones, &[]).await? {
        let waiting = waiting(tx, account, (source, &phone)).await?;
        calls.entry(source).or_default().extend(waiting);
    }
    Ok(calls)
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
