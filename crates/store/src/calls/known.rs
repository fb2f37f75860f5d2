//! What we already have of some calls: asked before anything is written.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::{Awaited, CallStatus, ContentHash, SourceId};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use crate::batch::marks;
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
    /// The run that last changed it.
    pub changed_run: i64,
    /// The provider's id of its agent.
    pub provider_agent_id: Option<String>,
    /// `placed`, `waiting` or `excluded`.
    pub placement: String,
    /// Why.
    pub reason: String,
    /// When it was, as last told, in milliseconds since 1970.
    pub occurred_at: i64,
    /// Where it stands.
    pub status: CallStatus,
    /// Whether its provider still owed the full record when it told that.
    pub is_provisional: bool,
    /// Whether its words were erased for good, so that nothing may bring them back.
    pub is_erased: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    provider_call_id: String,
    content_hash: Vec<u8>,
    version: i64,
    changed_run: i64,
    provider_agent_id: Option<String>,
    placement: String,
    reason: String,
    occurred_at: i64,
    erased_at: Option<i64>,
    status: String,
    awaits: Option<String>,
}

/// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
macro_rules! known {
    ($source:literal) => {
        concat!(
            "SELECT provider_call_id, content_hash, version, changed_run, provider_agent_id,
       placement, reason, occurred_at, erased_at, status, awaits
FROM calls WHERE source_id + 0 = ",
            $source,
            " AND provider_call_id "
        )
    };
}

const IDS_MAX: usize = 512;

/// Where calls can be looked up. Only PostgreSQL takes many ids as one value.
trait Knows {
    async fn known(&mut self, source: SourceId, ids: &[&str]) -> Result<Vec<Row>, StoreError>;
}

impl Knows for SqliteConnection {
    async fn known(&mut self, source: SourceId, ids: &[&str]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::with_capacity(ids.len());
        for piece in ids.chunks(IDS_MAX) {
            // Few lengths make few statements; asking twice for an id changes nothing.
            let count = piece.len().next_power_of_two();
            let sql = format!("{}IN ({})", known!("?"), marks(count));
            let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(source.0);
            for id in piece.iter().chain(std::iter::repeat_n(&piece[0], count - piece.len())) {
                query = query.bind(text(id));
            }
            let found: Vec<Row> = query.fetch_all(&mut *self).await?;
            rows.extend(found);
        }
        Ok(rows)
    }
}

impl Knows for PgConnection {
    async fn known(&mut self, source: SourceId, ids: &[&str]) -> Result<Vec<Row>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Cow<'_, str>> = ids.iter().map(|id| text(id)).collect();
        let query = sqlx::query_as(concat!(known!("$1"), "= ANY($2)"));
        Ok(query.bind(source.0).bind(ids).fetch_all(self).await?)
    }
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
            Ok(read(db.known(source, ids).await?, ids))
        })
    }
}

const BEGINNING: &str = "
SELECT provider_call_id FROM calls
WHERE provider_call_id >= $1 AND provider_call_id < $2 AND source_id + 0 = $3
ORDER BY provider_call_id";

impl Store {
    /// Ids of calls that begin so. Looked up by the id alone, like calls that are known, so `start`
    /// must be long enough to mean few.
    pub async fn calls_beginning(
        &self,
        source: SourceId,
        start: &str,
    ) -> Result<Vec<String>, StoreError> {
        let start = text(start);
        // No text that begins so sorts behind it, byte by byte.
        let end = format!("{start}\u{10FFFF}");
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_scalar(BEGINNING).bind(&*start).bind(&*end).bind(source.0);
            query.fetch_all(db).await
        })?)
    }
}

impl Tx {
    /// What is known about these calls, as of this transaction.
    pub async fn calls_known(
        &mut self,
        source: SourceId,
        ids: &[&str],
    ) -> Result<HashMap<String, KnownCall>, StoreError> {
        either!(self.conn(), |db| Ok(read(db.known(source, ids).await?, ids)))
    }
}

/// Whoever owes the full record, or what became of the call, has not told its ending for good.
fn is_provisional(awaits: Option<&str>) -> bool {
    awaits.is_some_and(|awaits| {
        awaits == Awaited::Detail.as_str() || awaits == Awaited::Analysis.as_str()
    })
}

fn read(rows: Vec<Row>, ids: &[&str]) -> HashMap<String, KnownCall> {
    let known = rows.into_iter().filter_map(|row| {
        let known = KnownCall {
            content_hash: ContentHash::from_bytes(row.content_hash.try_into().ok()?),
            version: row.version,
            changed_run: row.changed_run,
            provider_agent_id: row.provider_agent_id,
            placement: row.placement,
            reason: row.reason,
            occurred_at: row.occurred_at,
            status: row.status.parse().unwrap_or(CallStatus::Unknown),
            is_provisional: is_provisional(row.awaits.as_deref()),
            is_erased: row.erased_at.is_some(),
        };
        Some((row.provider_call_id, known))
    });
    let mut known = known.collect();
    as_asked(&mut known, ids);
    known
}

/// Whoever asked for an id that is stored cleaned looks it up as it was asked.
fn as_asked(known: &mut HashMap<String, KnownCall>, ids: &[&str]) {
    for id in ids.iter().filter(|id| id.contains('\0')) {
        if let Some(call) = known.get(&*text(id)).cloned() {
            known.insert((*id).to_owned(), call);
        }
    }
}
