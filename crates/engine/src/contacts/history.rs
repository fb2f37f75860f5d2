//! A contact as one person: what is known of it and of those merged into it, and its calls, each
//! with its transcript as a message.

use std::collections::HashMap;

use domain::{Call, ContactFields, ContactId};
use serde_json::Value;
use store::{CallOfContact, ContactRow, Scope, Store, StoreError, Tx};

use super::merge::ContactError;
use crate::ingest::Dictionaries;
use crate::view::ViewError;

/// A contact and its calls.
#[derive(Debug, Clone)]
pub struct History {
    /// The contact, and those merged into it.
    pub family: Vec<ContactRow>,
    /// What is known of the person, by whomever of the family.
    pub fields: ContactFields,
    /// Numbers, in E.164.
    pub phones: Vec<String>,
    /// Ids that other systems gave out: kind and id.
    pub ids: Vec<(String, String)>,
    /// How many calls there are.
    pub calls: i64,
    /// The latest of them, newest first.
    pub messages: Vec<Message>,
}

/// One call on a contact's history.
#[derive(Debug, Clone)]
pub struct Message {
    /// The call.
    pub call: CallOfContact,
    /// What was said in it, where the record can be read and says so.
    pub transcript: Option<String>,
    /// What its agent extracted, with the account's own name for the business.
    pub extracted: Option<Value>,
}

/// A contact and the contacts merged into it, by however many steps; itself first.
pub(super) async fn family_of(
    tx: &mut Tx,
    contact: ContactId,
) -> Result<Vec<ContactRow>, StoreError> {
    let mut family = tx.contacts_get(&[contact]).await?;
    let mut parents = vec![contact];
    while !parents.is_empty() {
        let merged = tx.contacts_merged(&parents).await?;
        parents = merged.iter().map(|row| row.id).collect();
        family.extend(merged);
    }
    Ok(family)
}

/// A contact and those merged into it, itself first. One that was merged leads to itself alone.
pub async fn family(store: &Store, contact: ContactId) -> Result<Vec<ContactRow>, ContactError> {
    let found = families(store, store.contacts_get(&[contact]).await?).await?.pop();
    found.ok_or(ContactError::NoContact { contact })
}

/// Each of these contacts with those merged into it, itself first; one look per step of merging.
pub async fn families(
    store: &Store,
    heads: Vec<ContactRow>,
) -> Result<Vec<Vec<ContactRow>>, StoreError> {
    let mut parents: Vec<ContactId> = heads.iter().map(|row| row.id).collect();
    let mut place_of: HashMap<ContactId, usize> = parents.iter().copied().zip(0..).collect();
    let mut families: Vec<Vec<ContactRow>> = heads.into_iter().map(|head| vec![head]).collect();
    while !parents.is_empty() {
        let merged = store.contacts_merged(&parents).await?;
        parents = merged.iter().map(|row| row.id).collect();
        for row in merged {
            let into = row.merged_into.and_then(|into| place_of.get(&into).copied());
            if let Some(place) = into {
                place_of.insert(row.id, place);
                families[place].push(row);
            }
        }
    }
    Ok(families)
}

/// A contact with its latest calls. `read` reads a record of a source, by the source's name, into
/// a call; it gives nothing where nobody can.
pub async fn history(
    store: &Store,
    scope: Scope,
    contact: ContactId,
    count: i64,
    read: impl Fn(&str, &[u8]) -> Option<Call>,
) -> Result<History, HistoryError> {
    let family = family(store, contact).await?;
    let ids: Vec<ContactId> = family.iter().map(|row| row.id).collect();
    let mut phones: Vec<String> =
        store.contact_phones_of(&ids).await?.into_iter().map(|phone| phone.e164).collect();
    phones.sort_unstable();
    phones.dedup();
    let external =
        store.contact_ids_of(&ids).await?.into_iter().map(|id| (id.kind, id.id)).collect();
    let mut fields = ContactFields::new();
    for row in &family {
        fields.merge(&row.fields);
    }
    let calls = store.contact_calls_count(&ids).await?.iter().map(|(_, calls)| calls).sum();
    let mut dictionaries = Dictionaries::default();
    let mut messages = Vec::new();
    for call in store.contact_calls(scope, &ids, count).await? {
        messages.push(message(store, &mut dictionaries, call, &read).await?);
    }
    Ok(History { family, fields, phones, ids: external, calls, messages })
}

/// Why a contact cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum HistoryError {
    /// It is not there.
    Contact(#[from] ContactError),
    /// Its calls cannot be read.
    View(#[from] ViewError),
}

impl From<StoreError> for HistoryError {
    fn from(error: StoreError) -> Self {
        Self::View(error.into())
    }
}

async fn message(
    store: &Store,
    dictionaries: &mut Dictionaries,
    call: CallOfContact,
    read: &impl Fn(&str, &[u8]) -> Option<Call>,
) -> Result<Message, ViewError> {
    if call.erased_at.is_some() {
        return Ok(Message { call, transcript: None, extracted: None });
    }
    if !dictionaries.has(call.dictionary_id)
        && let Some(known) = store.dictionary_get(call.dictionary_id).await?
    {
        dictionaries.add(known.dictionary_id, &known.content);
    }
    let record = dictionaries.unpack(call.dictionary_id, &call.raw)?;
    let said = read(&call.source, &record);
    let account = call.account.as_deref();
    let extracted = said.as_ref().and_then(|said| crate::view::extracted(said, account));
    Ok(Message { transcript: said.and_then(|said| said.transcript), extracted, call })
}
