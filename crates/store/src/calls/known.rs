//! What we already have of some calls: asked before anything is written.

use std::collections::HashMap;

use domain::{ContentHash, SourceId};
use sqlx::AssertSqlSafe;

use crate::batch::{pieces, placeholders};
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// What the database knows about a call that a record speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCall {
    /// Its latest content.
    pub content_hash: ContentHash,
    /// How many contents it has had.
    pub version: i64,
    /// The run that first saw it.
    pub first_run: i64,
    /// The run that last changed it.
    pub changed_run: i64,
    /// `placed`, `waiting` or `excluded`.
    pub placement: String,
    /// Why.
    pub reason: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    provider_call_id: String,
    content_hash: Vec<u8>,
    version: i64,
    first_run: i64,
    changed_run: i64,
    placement: String,
    reason: String,
}

const IDS_MAX: usize = 512;

/// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
fn sql(count: usize) -> String {
    format!(
        "SELECT provider_call_id, content_hash, version, first_run, changed_run, placement, reason
         FROM calls WHERE source_id + 0 = $1 AND provider_call_id IN ({})",
        placeholders(2, count)
    )
}

macro_rules! known {
    ($db:ident, $source:ident, $ids:ident) => {{
        let mut known = HashMap::with_capacity($ids.len());
        for piece in pieces($ids, IDS_MAX) {
            let mut query = sqlx::query_as(AssertSqlSafe(sql(piece.len()))).bind($source.0);
            for id in piece {
                query = query.bind(text(id));
            }
            let rows: Vec<Row> = query.fetch_all(&mut *$db).await?;
            known.extend(rows.into_iter().filter_map(Row::read));
        }
        as_asked(&mut known, $ids);
        Ok(known)
    }};
}

impl Store {
    /// What is known about these calls, as of now. Calls nobody knows are absent.
    pub async fn calls_known(
        &self,
        source: SourceId,
        ids: &[&str],
    ) -> Result<HashMap<String, KnownCall>, StoreError> {
        either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            known!(db, source, ids)
        })
    }
}

impl Tx {
    /// What is known about these calls, as of this transaction.
    pub async fn calls_known(
        &mut self,
        source: SourceId,
        ids: &[&str],
    ) -> Result<HashMap<String, KnownCall>, StoreError> {
        either!(self.conn(), |db| known!(db, source, ids))
    }
}

impl Row {
    fn read(self) -> Option<(String, KnownCall)> {
        let content_hash = ContentHash::from_bytes(self.content_hash.try_into().ok()?);
        let known = KnownCall {
            content_hash,
            version: self.version,
            first_run: self.first_run,
            changed_run: self.changed_run,
            placement: self.placement,
            reason: self.reason,
        };
        Some((self.provider_call_id, known))
    }
}

/// Whoever asked for an id that is stored cleaned looks it up as it was asked.
fn as_asked(known: &mut HashMap<String, KnownCall>, ids: &[&str]) {
    for id in ids.iter().filter(|id| id.contains('\0')) {
        if let Some(call) = known.get(&*text(id)).cloned() {
            known.insert((*id).to_owned(), call);
        }
    }
}
