//! Contacts on their way in, many per statement.

use domain::{AccountId, ContactFields, ContactId, ExternalId, Timestamp};
use sqlx::Row as _;

use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::{StoreError, Tx};

/// A contact nobody has made yet, or one with other fields.
#[derive(Debug, Clone, PartialEq)]
pub struct NewContact {
    /// Whose contact it is.
    pub account: AccountId,
    /// What is known of the person.
    pub fields: ContactFields,
}

/// A number of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPhone {
    /// The account of the contact.
    pub account: AccountId,
    /// Whose number it is.
    pub contact: ContactId,
    /// The number, in E.164.
    pub e164: String,
}

/// An id of a contact that another system gave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExternalId {
    /// The account of the contact.
    pub account: AccountId,
    /// Whose id it is.
    pub contact: ContactId,
    /// The id.
    pub external: ExternalId,
}

/// A row of `contacts` as it is written.
struct Written {
    contact: Option<i64>,
    account: i64,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    fields: String,
}

impl Written {
    fn of(contact: Option<ContactId>, new: &NewContact) -> Self {
        let NewContact { account, fields } = new;
        Self {
            contact: contact.map(|contact| contact.0),
            account: account.0,
            first_name: fields.text("first_name"),
            last_name: fields.text("last_name"),
            email: fields.text("email"),
            fields: fields.to_json(),
        }
    }
}

// The other columns are those of a contact that is there.
const CHANGED: &str = "
ON CONFLICT (contact_id) DO UPDATE SET
    first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,
    fields = excluded.fields, changed_at = excluded.changed_at";

const KNOWN: &str = "
ON CONFLICT DO NOTHING";

fn insert<'r>(rows: &'r [Written], by: &'r str, now: Timestamp) -> Insert<'r, Written> {
    Insert::into("contacts", rows)
        .same_number("created_at", now.as_millis())
        .same_text("created_by", by)
        .same_number("changed_at", now.as_millis())
        .number("account_id", |row| row.account)
        .text("first_name", |row| row.first_name.as_deref())
        .text("last_name", |row| row.last_name.as_deref())
        .text("email", |row| row.email.as_deref())
        // Never the same for all: a statement needs a column that says how many rows there are.
        .each_text("fields", |row| row.fields.as_str())
}

impl Tx {
    /// Makes contacts; their ids come in the same order.
    pub async fn contacts_add(
        &mut self,
        new: &[NewContact],
        by: &str,
        now: Timestamp,
    ) -> Result<Vec<ContactId>, StoreError> {
        let rows: Vec<Written> = new.iter().map(|new| Written::of(None, new)).collect();
        let mut ids: Vec<i64> = either!(self.conn(), |db| {
            let insert = insert(&rows, by, now).on_conflict("\nRETURNING contact_id");
            let rows = db.insert_returning(insert).await?;
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()
        })?;
        // Numbers are given out row by row, so their order is that of the rows, in whatever order
        // they come back.
        ids.sort_unstable();
        Ok(ids.into_iter().map(ContactId).collect())
    }

    /// Writes the fields of contacts that are there.
    pub async fn contacts_change(
        &mut self,
        changed: &[(ContactId, NewContact)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows: Vec<Written> =
            changed.iter().map(|(contact, new)| Written::of(Some(*contact), new)).collect();
        let insert = insert(&rows, "", now)
            .each_number("contact_id", |row| row.contact)
            .on_conflict(CHANGED);
        either!(self.conn(), |db| db.insert(insert).await)
    }

    /// Gives numbers to contacts; those they have stay.
    pub async fn contact_phones_add(&mut self, new: &[NewPhone]) -> Result<(), StoreError> {
        let insert = Insert::into("contact_phones", new)
            .number("account_id", |new| new.account.0)
            .each_number("contact_id", |new| new.contact.0)
            .text("e164", |new| new.e164.as_str())
            .on_conflict(KNOWN);
        either!(self.conn(), |db| db.insert(insert).await)
    }

    /// Gives ids to contacts; one that somebody of the account has stays with them.
    pub async fn contact_ids_add(&mut self, new: &[NewExternalId]) -> Result<(), StoreError> {
        let insert = Insert::into("contact_external_ids", new)
            .number("account_id", |new| new.account.0)
            .each_number("contact_id", |new| new.contact.0)
            .text("kind", |new| new.external.kind.as_str())
            .text("id", |new| new.external.id.as_str())
            .on_conflict(KNOWN);
        either!(self.conn(), |db| db.insert(insert).await)
    }
}
