//! Looking contacts up by their numbers and ids, many at a time and always by index.

use domain::{AccountId, ContactId, ContactPolicy, ExternalId, SourceId};

use super::by_keys;
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// A contact that has a number.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PhoneOwner {
    /// The number, in E.164.
    pub e164: String,
    /// Who has it.
    pub contact_id: i64,
    /// Into whom it was merged.
    pub merged_into: Option<i64>,
}

/// A contact that has an id another system gave out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct IdOwner {
    /// Who gave it out.
    pub kind: String,
    /// The id.
    pub id: String,
    /// Who has it.
    pub contact_id: i64,
    /// Into whom it was merged.
    pub merged_into: Option<i64>,
}

const POLICY: &str = "
SELECT contacts, provider FROM sources WHERE source_id = $1";

const SET_POLICY: &str = "
UPDATE sources SET contacts = $2 WHERE source_id = $1";

// Whoever looks for contacts of an account and whoever makes them take turns, so that nobody is
// made twice and no call waits for somebody who has just come. Accounts are locked in order.
const LOCK: &str = "
UPDATE accounts SET calls_reset_at = calls_reset_at WHERE account_id = $1";

const BY_PHONE: &str = "
SELECT p.e164, p.contact_id, c.merged_into
FROM contact_phones p JOIN contacts c ON c.contact_id = p.contact_id
WHERE p.account_id = $1 AND p.e164 IN ";

const BY_ID: &str = "
SELECT e.kind, e.id, e.contact_id, c.merged_into
FROM contact_external_ids e JOIN contacts c ON c.contact_id = e.contact_id
WHERE e.account_id = $1 AND e.kind = $2 AND e.id IN ";

const IDS_OF: &str = "
SELECT e.kind, e.id, e.contact_id, c.merged_into
FROM contact_external_ids e JOIN contacts c ON c.contact_id = e.contact_id
WHERE e.contact_id IN ";

const PHONES_OF: &str = "
SELECT p.e164, p.contact_id, c.merged_into
FROM contact_phones p JOIN contacts c ON c.contact_id = p.contact_id
WHERE p.contact_id IN ";

impl Tx {
    /// What the calls of a source do to contacts.
    pub async fn contact_policy(&mut self, source: SourceId) -> Result<ContactPolicy, StoreError> {
        let (said, provider): (Option<String>, String) = either!(self.conn(), |db| {
            sqlx::query_as(POLICY).bind(source.0).fetch_one(db).await
        })?;
        let nonsense = |what: String| StoreError::Nonsense { what };
        match said {
            Some(said) => said.parse().map_err(nonsense),
            None => provider
                .parse()
                .map(ContactPolicy::of)
                .map_err(|unknown: domain::UnknownProvider| nonsense(unknown.to_string())),
        }
    }

    /// Says what the calls of a source do to contacts; `None` for what suits its provider.
    pub async fn contact_policy_set(
        &mut self,
        source: SourceId,
        policy: Option<ContactPolicy>,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(SET_POLICY).bind(source.0);
            query.bind(policy.map(ContactPolicy::as_str)).execute(db).await?;
        });
        Ok(())
    }

    /// Keeps everybody else from making or looking for contacts of these accounts until this
    /// transaction ends.
    pub async fn accounts_lock(&mut self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let mut accounts = accounts.to_vec();
        accounts.sort_unstable();
        accounts.dedup();
        either!(self.conn(), |db| {
            for account in accounts {
                sqlx::query(LOCK).bind(account.0).execute(&mut *db).await?;
            }
        });
        Ok(())
    }

    /// Who has these numbers, in one account.
    pub async fn contacts_by_phone(
        &mut self,
        account: AccountId,
        phones: &[String],
    ) -> Result<Vec<PhoneOwner>, StoreError> {
        either!(self.conn(), |db| by_keys!(db, PhoneOwner, BY_PHONE, [account.0], phones, ""))
    }

    /// Who has these ids, in one account.
    pub async fn contacts_by_id(
        &mut self,
        account: AccountId,
        ids: &[ExternalId],
    ) -> Result<Vec<IdOwner>, StoreError> {
        let mut owners = Vec::new();
        for kind in domain::ExternalKind::ALL {
            let of_kind = ids.iter().filter(|id| id.kind == *kind);
            let keys: Vec<String> = of_kind.map(|id| text(&id.id).into_owned()).collect();
            let found: Result<Vec<IdOwner>, StoreError> = either!(self.conn(), |db| {
                by_keys!(db, IdOwner, BY_ID, [account.0, kind.as_str()], &keys, "")
            });
            owners.extend(found?);
        }
        Ok(owners)
    }

    /// The ids of these contacts.
    pub async fn contact_ids_of(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<IdOwner>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        either!(self.conn(), |db| by_keys!(
            db,
            IdOwner,
            IDS_OF,
            [],
            &keys,
            " ORDER BY e.kind, e.id"
        ))
    }

    /// The numbers of these contacts.
    pub async fn contact_phones_of(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<PhoneOwner>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        either!(self.conn(), |db| by_keys!(
            db,
            PhoneOwner,
            PHONES_OF,
            [],
            &keys,
            " ORDER BY p.e164"
        ))
    }
}

impl Store {
    /// Who has this number, in one account.
    pub async fn contacts_with_phone(
        &self,
        account: AccountId,
        e164: &str,
    ) -> Result<Vec<PhoneOwner>, StoreError> {
        let keys = [text(e164).into_owned()];
        either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, PhoneOwner, BY_PHONE, [account.0], &keys, " ORDER BY p.contact_id")
        })
    }

    /// Who has this id, in one account.
    pub async fn contact_with_id(
        &self,
        account: AccountId,
        external: &ExternalId,
    ) -> Result<Option<IdOwner>, StoreError> {
        let keys = [text(&external.id).into_owned()];
        let found: Result<Vec<IdOwner>, StoreError> = either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, IdOwner, BY_ID, [account.0, external.kind.as_str()], &keys, "")
        });
        Ok(found?.pop())
    }

    /// The ids of these contacts.
    pub async fn contact_ids_of(&self, contacts: &[ContactId]) -> Result<Vec<IdOwner>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, IdOwner, IDS_OF, [], &keys, " ORDER BY e.kind, e.id")
        })
    }

    /// The numbers of these contacts.
    pub async fn contact_phones_of(
        &self,
        contacts: &[ContactId],
    ) -> Result<Vec<PhoneOwner>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, PhoneOwner, PHONES_OF, [], &keys, " ORDER BY p.e164")
        })
    }
}
