//! Records nobody could read, kept whole with their error.

use std::collections::HashMap;

use domain::{ContentHash, ProviderCallId, SourceId, Timestamp};
use sqlx::QueryBuilder;

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{Store, StoreError, Tx};

/// A record nobody could read.
#[derive(Debug, Clone)]
pub struct NewSetAside {
    /// What it says, as a number; the same record is kept once.
    pub content_hash: ContentHash,
    /// Its id, if that at least could be read.
    pub provider_call_id: Option<String>,
    /// Why it cannot be read.
    pub why: String,
    /// The dictionary `raw` was compressed with; 0 for none.
    pub dictionary_id: i64,
    /// The record as sent, compressed.
    pub raw: Vec<u8>,
}

const IDS_MAX: usize = 256;

/// A stored one.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SetAsideRow {
    /// Its id.
    pub set_aside_id: i64,
    /// The call's id, if that at least could be read.
    pub provider_call_id: Option<String>,
    /// Why it cannot be read.
    pub why: String,
    /// When it was first seen, in milliseconds since 1970.
    pub first_seen_at: i64,
    /// The dictionary `raw` was compressed with; 0 for none.
    pub dictionary_id: i64,
    /// The record as sent, compressed.
    pub raw: Vec<u8>,
}

const ADD: &str = "
INSERT INTO set_aside
    (source_id, content_hash, provider_call_id, why, first_seen_at, run_id, dictionary_id, raw)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (source_id, content_hash) DO NOTHING";

const LIST: &str = "
SELECT set_aside_id, provider_call_id, why, first_seen_at, dictionary_id, raw
FROM set_aside WHERE source_id = $1 AND set_aside_id > $2
ORDER BY set_aside_id LIMIT $3";

const NEWEST: &str = "
SELECT set_aside_id, provider_call_id, why, first_seen_at, dictionary_id, raw
FROM set_aside WHERE source_id = $1
ORDER BY set_aside_id DESC LIMIT $2";

const OF_CALLS: &str = "
SELECT provider_call_id, why FROM set_aside WHERE source_id = ";

const UNNAMED: &str = "
SELECT COUNT(*) FROM set_aside WHERE source_id = $1 AND provider_call_id IS NULL";

impl Tx {
    /// Keeps records nobody could read.
    pub async fn set_aside_add(
        &mut self,
        source: SourceId,
        run: i64,
        now: Timestamp,
        rows: &[NewSetAside],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for new in rows {
                sqlx::query(ADD)
                    .bind(source.0)
                    .bind(new.content_hash.to_bytes().to_vec())
                    .bind(text_opt(new.provider_call_id.as_deref()))
                    .bind(text(&new.why))
                    .bind(now.as_millis())
                    .bind(run)
                    .bind(new.dictionary_id)
                    .bind(&new.raw)
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// Which of these calls have a record set aside, and why.
    pub async fn set_aside_of(
        &self,
        source: SourceId,
        ids: &[&ProviderCallId],
    ) -> Result<HashMap<String, String>, StoreError> {
        let mut found = HashMap::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<(String, String)> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new(OF_CALLS);
                query.push_bind(source.0).push(" AND provider_call_id IN (");
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(&id.0));
                }
                query.push(") ORDER BY set_aside_id").build_query_as().fetch_all(db).await
            })?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// How many records of a source are set aside of which not even the call's id could be read.
    pub async fn set_aside_unnamed(&self, source: SourceId) -> Result<u64, StoreError> {
        let count: i64 = either!(self.read(), |db| {
            sqlx::query_scalar(UNNAMED).bind(source.0).fetch_one(db).await
        })?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The latest records set aside, newest first.
    pub async fn set_aside_latest(
        &self,
        source: SourceId,
        count: i64,
    ) -> Result<Vec<SetAsideRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(NEWEST).bind(source.0).bind(count).fetch_all(db).await
        })?)
    }

    /// The records set aside, oldest first, after the given id.
    pub async fn set_aside_list(
        &self,
        source: SourceId,
        after: i64,
        count: i64,
    ) -> Result<Vec<SetAsideRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST).bind(source.0).bind(after).bind(count).fetch_all(db).await
        })?)
    }
}
