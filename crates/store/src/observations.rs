//! Each distinct content of a call, with the raw record whole.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::{ContentHash, ProviderCallId, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, QueryBuilder};

use crate::batch::{pieces, placeholders};
use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::text::text;
use crate::{CallKey, Scope, Store, StoreError, Tx};

/// A content never seen before.
#[derive(Debug, Clone)]
pub struct NewObservation<'r> {
    /// The provider's id of the call.
    pub provider_call_id: Cow<'r, str>,
    /// Which content of the call, from 1.
    pub version: i64,
    /// What it says, as a number.
    pub content_hash: ContentHash,
    /// The dictionary `raw` was compressed with; 0 for none.
    pub dictionary_id: i64,
    /// The record as sent, compressed.
    pub raw: Cow<'r, [u8]>,
}

/// A stored content.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Observation {
    /// Which content of the call, from 1.
    pub version: i64,
    /// When it was first seen, in milliseconds since 1970.
    pub seen_at: i64,
    /// How it was seen: `poll`, `webhook`, `import`, `repair`.
    pub seen_by: String,
    /// During which run.
    pub run_id: i64,
    /// The dictionary `raw` was compressed with; 0 for none.
    pub dictionary_id: i64,
    /// The record as sent, compressed.
    pub raw: Vec<u8>,
}

/// The latest content of a call, as it is held.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Held {
    /// The provider's id of the call.
    pub provider_call_id: String,
    /// The dictionary `raw` was compressed with; 0 for none.
    pub dictionary_id: i64,
    /// The record, compressed.
    pub raw: Vec<u8>,
}

const IDS_MAX: usize = 512;

const OF_CALL: &str = "
SELECT o.version, o.seen_at, o.seen_by, o.run_id, o.dictionary_id, o.raw
FROM observations o
JOIN calls c ON c.source_id = o.source_id AND c.provider_call_id = o.provider_call_id
WHERE o.source_id = $1 AND o.provider_call_id = $2
  AND (CAST($3 AS BIGINT) IS NULL OR c.account_id = $3)
ORDER BY o.version";

const LAST: &str = "
SELECT provider_call_id, MAX(version) FROM observations WHERE source_id = ";

const OF_ANY: &str = "
SELECT DISTINCT provider_call_id FROM observations WHERE source_id = ";

impl Tx {
    /// Keeps new contents. Writing one twice is refused by its key.
    pub async fn observations_add(
        &mut self,
        source: SourceId,
        run: i64,
        seen_by: &str,
        now: Timestamp,
        rows: &[NewObservation<'_>],
    ) -> Result<(), StoreError> {
        let insert = Insert::into("observations", rows)
            .same_number("source_id", source.0)
            .same_number("seen_at", now.as_millis())
            .same_text("seen_by", seen_by)
            .same_number("run_id", run)
            .text("provider_call_id", |new| &*new.provider_call_id)
            .number("version", |new| new.version)
            .bytes("content_hash", |new| new.content_hash.to_bytes().to_vec())
            .number("dictionary_id", |new| new.dictionary_id)
            .bytes("raw", |new| &*new.raw);
        either!(self.conn(), |db| db.insert(insert).await)
    }

    /// The latest version of each of these calls that any content is kept of, whether the call is
    /// still here or not.
    pub async fn observations_last(
        &mut self,
        source: SourceId,
        ids: &[&str],
    ) -> Result<HashMap<String, i64>, StoreError> {
        let mut found = HashMap::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<(String, i64)> = either!(self.conn(), |db| {
                let mut query = QueryBuilder::new(LAST);
                query.push_bind(source.0).push(" AND provider_call_id IN (");
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(id));
                }
                query.push(") GROUP BY provider_call_id").build_query_as().fetch_all(db).await
            })?;
            found.extend(rows);
        }
        Ok(found)
    }
}

impl Store {
    /// Which of these calls any content was ever stored of, whether the call is still here or not.
    pub async fn observations_of_any(
        &self,
        source: SourceId,
        ids: &[&ProviderCallId],
    ) -> Result<HashSet<String>, StoreError> {
        let mut found = HashSet::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<(String,)> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new(OF_ANY);
                query.push_bind(source.0).push(" AND provider_call_id IN (");
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(&id.0));
                }
                query.push(")").build_query_as().fetch_all(db).await
            })?;
            found.extend(rows.into_iter().map(|(id,)| id));
        }
        Ok(found)
    }

    /// The latest content of each of these calls. Calls nobody knows are absent.
    pub async fn observations_held(
        &self,
        source: SourceId,
        ids: &[&str],
    ) -> Result<Vec<Held>, StoreError> {
        either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            let mut held = Vec::with_capacity(ids.len());
            for piece in pieces(ids, IDS_MAX) {
                let sql = format!(
                    "SELECT o.provider_call_id, o.dictionary_id, o.raw
                     FROM calls c
                     JOIN observations o ON o.source_id = c.source_id
                        AND o.provider_call_id = c.provider_call_id AND o.version = c.version
                     WHERE c.source_id + 0 = $1 AND c.provider_call_id IN ({})",
                    placeholders(2, piece.len())
                );
                let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(source.0);
                for id in piece {
                    query = query.bind(text(id));
                }
                let rows: Vec<Held> = query.fetch_all(&mut *db).await?;
                held.extend(rows);
            }
            Ok(held)
        })
    }

    /// Every content of one call, oldest first.
    pub async fn observations_of(
        &self,
        scope: Scope,
        call: &CallKey,
    ) -> Result<Vec<Observation>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(OF_CALL)
                .bind(call.source.0)
                .bind(text(&call.id.0))
                .bind(scope.account())
                .fetch_all(db)
                .await
        })?)
    }
}
