//! Compression dictionaries, trained per source, one more whenever the records' shape changes.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError, Tx};

/// One dictionary.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Dictionary {
    /// Its id; 0 is never used and means "without".
    pub dictionary_id: i64,
    /// What zstd was given.
    pub content: Vec<u8>,
}

const ADD: &str = "
INSERT INTO dictionaries (source_id, created_at, content) VALUES ($1, $2, $3)
RETURNING dictionary_id";

const LATEST: &str = "
SELECT dictionary_id, content FROM dictionaries WHERE source_id = $1
ORDER BY dictionary_id DESC LIMIT 1";

const GET: &str = "
SELECT dictionary_id, content FROM dictionaries WHERE dictionary_id = $1";

impl Tx {
    /// Keeps a new dictionary.
    pub async fn dictionary_add(
        &mut self,
        source: SourceId,
        content: &[u8],
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let (id,): (i64,) = either!(self.conn(), |db| {
            sqlx::query_as(ADD)
                .bind(source.0)
                .bind(now.as_millis())
                .bind(content)
                .fetch_one(db)
                .await
        })?;
        Ok(id)
    }
}

impl Store {
    /// The dictionary new records of a source are compressed with.
    pub async fn dictionary_latest(
        &self,
        source: SourceId,
    ) -> Result<Option<Dictionary>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LATEST)
            .bind(source.0)
            .fetch_optional(db)
            .await)?)
    }

    /// One dictionary.
    pub async fn dictionary_get(&self, id: i64) -> Result<Option<Dictionary>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(GET).bind(id).fetch_optional(db).await)?)
    }
}
