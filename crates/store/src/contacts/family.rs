//! Merging contacts, and taking them apart again.

use domain::{ContactId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

const MERGE: &str = "
UPDATE contacts SET merged_into = $2, merged_by = $3, merged_at = $4 WHERE contact_id = $1";

const UNMERGE: &str = "
UPDATE contacts SET merged_into = NULL, merged_by = NULL, merged_at = NULL WHERE contact_id = $1";

impl Tx {
    /// A contact is from now on the same person as another. Its numbers, ids and calls stay its
    /// own, so that it can be taken apart again.
    pub async fn contact_merge(
        &mut self,
        contact: ContactId,
        into: ContactId,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(MERGE).bind(contact.0).bind(into.0);
            query.bind(text(by)).bind(now.as_millis()).execute(db).await?;
        });
        Ok(())
    }

    /// A contact is a person of its own again.
    pub async fn contact_unmerge(&mut self, contact: ContactId) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(UNMERGE).bind(contact.0).execute(db).await?;
        });
        Ok(())
    }
}
