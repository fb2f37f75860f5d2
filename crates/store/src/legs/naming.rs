//! Calls of a span with the names they say, and who has calls of such names.

use std::collections::{HashMap, HashSet};

use domain::{Alias, SourceId, Window};
use sqlx::QueryBuilder;

use crate::db::either;
use crate::text::text;
use crate::{Scope, Store, StoreError};

/// A call of a span and its other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// When it was, in milliseconds since 1970.
    pub occurred_at: i64,
    /// What the provider still owes, by its name.
    pub awaits: Option<String>,
    /// Its names that join.
    pub aliases: Vec<Alias>,
}

const SPAN: &str = "
SELECT provider_call_id, occurred_at, awaits FROM calls
WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3
  AND (occurred_at, provider_call_id) > ($4, $5)
  AND (CAST($6 AS BIGINT) IS NULL OR account_id = $6)
ORDER BY occurred_at, provider_call_id
LIMIT $7";

// `+ 0` below keeps the planner from going by the account.
const HAVING: &str = "
SELECT provider_call_id, source_id FROM calls WHERE provider_call_id IN (";

const IDS_MAX: usize = 256;

impl Store {
    /// A page of a source's calls inside a window, oldest first, each with its other names;
    /// `after` is the time and id of the last call of the page before.
    pub async fn calls_with_aliases(
        &self,
        scope: Scope,
        source: SourceId,
        window: Window,
        after: Option<(i64, &str)>,
        count: i64,
    ) -> Result<Vec<SpanCall>, StoreError> {
        let (at, id) = after.unwrap_or((i64::MIN, ""));
        let rows: Vec<(String, i64, Option<String>)> = either!(self.read(), |db| {
            sqlx::query_as(SPAN)
                .bind(source.0)
                .bind(window.from().as_millis().max(at))
                .bind(window.to().as_millis())
                .bind(at)
                .bind(text(id))
                .bind(scope.account())
                .bind(count)
                .fetch_all(db)
                .await
        })?;
        let calls: Vec<(i64, &str)> = rows.iter().map(|(id, at, _)| (*at, id.as_str())).collect();
        let mut aliases = self.aliases_of(&calls).await?;
        let call = |(provider_call_id, occurred_at, awaits): (String, i64, Option<String>)| {
            let key = (source, provider_call_id);
            let aliases = aliases.remove(&key).unwrap_or_default();
            SpanCall { provider_call_id: key.1, occurred_at, awaits, aliases }
        };
        Ok(rows.into_iter().map(call).collect())
    }

    /// Which sources have calls of these ids, looked up by the ids alone.
    pub async fn calls_had_by(
        &self,
        scope: Scope,
        ids: &[&str],
    ) -> Result<HashMap<String, HashSet<SourceId>>, StoreError> {
        let mut found: HashMap<String, HashSet<SourceId>> = HashMap::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<(String, i64)> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new(HAVING);
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(id));
                }
                query.push(")");
                if let Some(account) = scope.account() {
                    query.push(" AND account_id + 0 = ").push_bind(account);
                }
                query.build_query_as().fetch_all(db).await
            })?;
            for (id, source) in rows {
                found.entry(id).or_default().insert(SourceId(source));
            }
        }
        Ok(found)
    }
}
