//! Contacts page by page, or those that have a number or an id.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use domain::{
    AccountId, ContactFields, ContactId, Country, ExternalId, ExternalKind, Phone, Timestamp,
};
use engine::contacts::families;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccountRow, ContactRow, Scope};

use crate::api::asked::{Asked, Named, account, count};
use crate::api::instant::Instant;
use crate::api::told::AsOf;
use crate::failure::Failure;
use crate::guest::Guest;

/// Which contacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactsAsked {
    /// Of the account of this name only; needed to find by number or id, unless the token is of one.
    account: Option<String>,
    /// Those that have this number.
    phone: Option<String>,
    /// The one that has this lead code.
    #[schemars(extend("pattern" = "^[0-9]{13}$"), example = &"1234567890123")]
    vendor_lead_code: Option<String>,
    /// The one HighLevel knows by this id.
    #[schemars(length(min = 1))]
    highlevel_contact: Option<String>,
    /// Go on after this one: what the page before named as its next.
    after: Option<i64>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

/// A page of contacts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Contacts {
    /// By id; those merged into another are with it.
    contacts: Vec<ContactFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    next: Option<i64>,
}

/// A contact as listed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactFacts {
    pub id: i64,
    pub account: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    /// In E.164.
    pub phones: Vec<String>,
    /// The contacts merged into it.
    merged: Vec<i64>,
    #[schemars(with = "Instant")]
    created_at: Timestamp,
    /// Who made it; for operators, and where it was whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    #[schemars(with = "Instant")]
    pub changed_at: Timestamp,
    #[schemars(with = "Option<Instant>")]
    pub erased_at: Option<Timestamp>,
}

/// What a contact is found by.
enum Key {
    Phone(String),
    Id(ExternalId),
}

impl ContactsAsked {
    /// Of an account, with a number, after a contact.
    pub fn of(account: Option<String>, phone: Option<String>, after: Option<i64>) -> Self {
        let (vendor_lead_code, highlevel_contact) = (None, None);
        Self { account, phone, vendor_lead_code, highlevel_contact, after, limit: None }
    }

    fn key(&self, at_home: Option<Country>) -> Result<Option<Key>, Failure> {
        let unusable = |sentence: &str| Failure::Unusable { sentence: sentence.to_owned() };
        let phone = self.phone.as_ref().map(|written| {
            let e164 = Phone::new(written, at_home.unwrap_or(Country::US)).e164;
            e164.map(Key::Phone).ok_or_else(|| unusable("phone is no phone number"))
        });
        let id = |kind, written: &Option<String>| {
            written.as_ref().map(|written| {
                let id = ExternalId::new(kind, written);
                id.map(Key::Id).ok_or_else(|| unusable(&format!("that is no {kind}")))
            })
        };
        let code = id(ExternalKind::VendorLeadCode, &self.vendor_lead_code);
        let highlevel = id(ExternalKind::HighlevelContact, &self.highlevel_contact);
        let mut keys = [phone, code, highlevel].into_iter().flatten();
        match (keys.next(), keys.next()) {
            (Some(_), Some(_)) => Err(unusable("a contact is found by one number or one id")),
            (key, _) => key.transpose(),
        }
    }
}

/// Lists them.
pub async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<ContactsAsked>,
) -> Result<Json<AsOf<Contacts>>, Failure> {
    let as_of = state.clock.now();
    let (contacts, next) = contacts_found(&state, &guest, &asked).await?;
    Ok(Json(AsOf { as_of, what: Contacts { contacts, next } }))
}

/// The contacts that are asked for, and what to ask for to go on.
pub async fn contacts_found(
    state: &crate::State,
    guest: &Guest,
    asked: &ContactsAsked,
) -> Result<(Vec<ContactFacts>, Option<i64>), Failure> {
    let accounts = state.store.accounts_list().await?;
    let of = match &asked.account {
        Some(name) => Some(account(state, guest, &Named::Name(name.clone())).await?),
        None => accounts.iter().find(|row| Some(row.id) == guest.account()).cloned(),
    };
    let scope = of.as_ref().map_or_else(|| guest.scope(), |row| Scope::Account(row.id));
    let count = count(asked.limit)?;
    let mut rows = match (asked.key(of.as_ref().and_then(|row| row.country))?, of) {
        (Some(key), Some(of)) => found(state, of.id, key, asked.after).await?,
        (Some(_), None) => {
            let sentence = "say of which account; each has its own contacts".to_owned();
            return Err(Failure::Unusable { sentence });
        }
        (None, _) => {
            let after = ContactId(asked.after.unwrap_or(0));
            state.store.contacts_list(scope, after, count as i64 + 1).await?
        }
    };
    let has_more = rows.len() > count;
    rows.truncate(count);
    let next = rows.last().filter(|_| has_more).map(|row| row.id.0);
    Ok((facts((state, guest), &accounts, rows).await?, next))
}

/// Whoever has this, each as the one they were merged into.
async fn found(
    state: &crate::State,
    account: AccountId,
    key: Key,
    after: Option<i64>,
) -> Result<Vec<ContactRow>, Failure> {
    let store = &state.store;
    let mut ids: Vec<ContactId> = match key {
        Key::Phone(e164) => {
            let owners = store.contacts_with_phone(account, &e164).await?;
            owners.into_iter().map(|owner| ContactId(owner.contact_id)).collect()
        }
        Key::Id(id) => {
            let owner = store.contact_with_id(account, &id).await?;
            owner.into_iter().map(|owner| ContactId(owner.contact_id)).collect()
        }
    };
    loop {
        let rows = store.contacts_get(&ids).await?;
        let into: Vec<ContactId> =
            rows.iter().map(|row| row.merged_into.unwrap_or(row.id)).collect();
        if into == ids {
            return Ok(rows.into_iter().filter(|row| row.id.0 > after.unwrap_or(0)).collect());
        }
        ids = into;
        ids.sort_unstable();
        ids.dedup();
    }
}

async fn facts(
    (state, guest): (&crate::State, &Guest),
    accounts: &[AccountRow],
    rows: Vec<ContactRow>,
) -> Result<Vec<ContactFacts>, Failure> {
    let families = families(&state.store, rows).await?;
    let ids: Vec<ContactId> = families.iter().flatten().map(|row| row.id).collect();
    let mut phones: HashMap<ContactId, Vec<String>> = HashMap::new();
    for owner in state.store.contact_phones_of(&ids).await? {
        phones.entry(ContactId(owner.contact_id)).or_default().push(owner.e164);
    }
    let fact = |family: Vec<ContactRow>| {
        let mut fields = ContactFields::new();
        for row in &family {
            fields.merge(&row.fields);
        }
        let head = &family[0];
        let account = accounts.iter().find(|account| account.id == head.account);
        ContactFacts {
            id: head.id.0,
            account: account.map(|account| account.name.clone()).unwrap_or_default(),
            first_name: fields.text("first_name"),
            last_name: fields.text("last_name"),
            email: fields.text("email"),
            phones: family
                .iter()
                .filter_map(|row| phones.get(&row.id))
                .flatten()
                .cloned()
                .collect(),
            merged: family.iter().skip(1).map(|row| row.id.0).collect(),
            created_at: Timestamp::from_millis(head.created_at),
            created_by: guest.may_know(head.created_by.clone()),
            changed_at: Timestamp::from_millis(head.changed_at),
            erased_at: head.erased_at.map(Timestamp::from_millis),
        }
    };
    Ok(families.into_iter().map(fact).collect())
}
