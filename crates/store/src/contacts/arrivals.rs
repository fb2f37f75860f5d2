//! Contacts that have come, and whose waiting calls nobody has looked at since.

use domain::{ContactId, SourceId};

use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::{Store, StoreError, Tx};

/// A contact that calls of a source may have waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its id.
    pub id: i64,
    /// The change that brought the contact.
    pub change: i64,
    /// Whose calls.
    pub source: SourceId,
    /// The contact.
    pub contact: ContactId,
}

const PENDING: &str = "
SELECT arrival_id, change_id, contact_id FROM contact_arrivals WHERE source_id = $1
ORDER BY arrival_id";

const SOURCES: &str = "
SELECT DISTINCT source_id FROM contact_arrivals ORDER BY source_id";

const DONE: &str = "
DELETE FROM contact_arrivals WHERE arrival_id = $1";

impl Tx {
    /// Writes down contacts that calls of these sources may have waited for.
    pub async fn arrivals_add(
        &mut self,
        change: i64,
        rows: &[(SourceId, ContactId)],
    ) -> Result<(), StoreError> {
        let insert = Insert::into("contact_arrivals", rows)
            .same_number("change_id", change)
            .number("source_id", |(source, _): &(SourceId, ContactId)| source.0)
            .each_number("contact_id", |(_, contact)| contact.0);
        either!(self.conn(), |db| db.insert(insert).await)
    }

    /// All calls that waited for this contact have been looked at.
    pub async fn arrival_done(&mut self, arrival: i64) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(DONE).bind(arrival).execute(db).await?;
        });
        Ok(())
    }
}

impl Store {
    /// The contacts whose waiting calls of a source are to be looked at, in order.
    pub async fn arrivals_pending(&self, source: SourceId) -> Result<Vec<Arrival>, StoreError> {
        let rows: Vec<(i64, i64, i64)> = either!(self.read(), |db| {
            sqlx::query_as(PENDING).bind(source.0).fetch_all(db).await
        })?;
        let arrival =
            |(id, change, contact)| Arrival { id, change, source, contact: ContactId(contact) };
        Ok(rows.into_iter().map(arrival).collect())
    }

    /// The sources that have some.
    pub async fn arrivals_sources(&self) -> Result<Vec<SourceId>, StoreError> {
        let rows: Vec<(i64,)> =
            either!(self.read(), |db| sqlx::query_as(SOURCES).fetch_all(db).await)?;
        Ok(rows.into_iter().map(|(source,)| SourceId(source)).collect())
    }
}
