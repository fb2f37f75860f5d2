//! Contacts for people, and for whoever changes one.

use domain::{AccountId, ContactFields, ContactId};

use super::by_keys;
use crate::db::either;
use crate::{Scope, Store, StoreError, Tx};

/// A contact.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// Whose contact it is.
    pub account: AccountId,
    /// What is known of the person.
    pub fields: ContactFields,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// When its fields last changed.
    pub changed_at: i64,
    /// Into whom it was merged.
    pub merged_into: Option<ContactId>,
    /// When.
    pub merged_at: Option<i64>,
    /// By whom.
    pub merged_by: Option<String>,
    /// When everything about the person was erased.
    pub erased_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct Raw {
    contact_id: i64,
    account_id: i64,
    fields: String,
    created_at: i64,
    created_by: String,
    changed_at: i64,
    merged_into: Option<i64>,
    merged_at: Option<i64>,
    merged_by: Option<String>,
    erased_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "
SELECT contact_id, account_id, fields, created_at, created_by, changed_at, merged_into, merged_at,
       merged_by, erased_at
FROM contacts "
    };
}

const BY_ID: &str = concat!(columns!(), "WHERE contact_id IN ");

// SQLite uses a partial index only where its condition is repeated word for word.
const MERGED: &str = concat!(columns!(), "WHERE merged_into IS NOT NULL AND merged_into IN ");

const LIST: &str = concat!(
    columns!(),
    "
WHERE (CAST($1 AS BIGINT) IS NULL OR account_id = $1) AND merged_into IS NULL AND contact_id > $2
ORDER BY contact_id LIMIT $3"
);

fn rows(raw: Vec<Raw>) -> Result<Vec<ContactRow>, StoreError> {
    let row = |raw: Raw| {
        let fields = ContactFields::from_json(&raw.fields).map_err(|error| {
            let what = format!("fields of contact {} that are none: {error}", raw.contact_id);
            StoreError::Nonsense { what }
        })?;
        Ok(ContactRow {
            id: ContactId(raw.contact_id),
            account: AccountId(raw.account_id),
            fields,
            created_at: raw.created_at,
            created_by: raw.created_by,
            changed_at: raw.changed_at,
            merged_into: raw.merged_into.map(ContactId),
            merged_at: raw.merged_at,
            merged_by: raw.merged_by,
            erased_at: raw.erased_at,
        })
    };
    raw.into_iter().map(row).collect()
}

impl Tx {
    /// These contacts.
    pub async fn contacts_get(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<ContactRow>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let raw: Result<Vec<Raw>, StoreError> =
            either!(self.conn(), |db| by_keys!(db, Raw, BY_ID, [], &keys, " ORDER BY contact_id"));
        rows(raw?)
    }

    /// The contacts that were merged into these, one step away.
    pub async fn contacts_merged(
        &mut self,
        into: &[ContactId],
    ) -> Result<Vec<ContactRow>, StoreError> {
        let keys: Vec<i64> = into.iter().map(|contact| contact.0).collect();
        let raw: Result<Vec<Raw>, StoreError> =
            either!(self.conn(), |db| by_keys!(db, Raw, MERGED, [], &keys, " ORDER BY contact_id"));
        rows(raw?)
    }
}

impl Store {
    /// These contacts.
    pub async fn contacts_get(
        &self,
        contacts: &[ContactId],
    ) -> Result<Vec<ContactRow>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let raw: Result<Vec<Raw>, StoreError> = either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, Raw, BY_ID, [], &keys, " ORDER BY contact_id")
        });
        rows(raw?)
    }

    /// The contacts that were merged into these, one step away.
    pub async fn contacts_merged(&self, into: &[ContactId]) -> Result<Vec<ContactRow>, StoreError> {
        let keys: Vec<i64> = into.iter().map(|contact| contact.0).collect();
        let raw: Result<Vec<Raw>, StoreError> = either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, Raw, MERGED, [], &keys, " ORDER BY contact_id")
        });
        rows(raw?)
    }

    /// Contacts by id, after the given one; those that were merged into another are with it.
    pub async fn contacts_list(
        &self,
        scope: Scope,
        after: ContactId,
        count: i64,
    ) -> Result<Vec<ContactRow>, StoreError> {
        let raw: Vec<Raw> = either!(self.read(), |db| {
            let query = sqlx::query_as(LIST).bind(scope.account());
            query.bind(after.0).bind(count).fetch_all(db).await
        })?;
        rows(raw)
    }
}
