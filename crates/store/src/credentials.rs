//! Sealed credentials. The key that opens them is not in this database.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError, Tx};

const SAVE: &str = "
INSERT INTO credentials (source_id, sealed, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (source_id) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at";

const LOAD: &str = "
SELECT sealed FROM credentials WHERE source_id = $1";

impl Tx {
    /// Replaces the sealed credential of a source.
    pub async fn credential_save(
        &mut self,
        source: SourceId,
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(SAVE).bind(source.0).bind(sealed).bind(now.as_millis()).execute(db).await?;
            Ok(())
        })
    }
}

impl Store {
    /// The sealed credential of a source.
    pub async fn credential_load(&self, source: SourceId) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = either!(self.read(), |db| sqlx::query_as(LOAD)
            .bind(source.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(sealed,)| sealed))
    }
}
