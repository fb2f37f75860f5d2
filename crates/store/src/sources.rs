//! Sources: the configured connections, as the database knows them.

use domain::{ProviderKind, SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its id.
    pub id: SourceId,
    /// Its name, unique.
    pub name: String,
    /// What kind of system it reads.
    pub provider: ProviderKind,
    /// What of that system it reads, such as a location.
    pub scope: String,
    /// Where its history starts.
    pub since: Timestamp,
}

type Raw = (i64, String, String, String, i64);

fn source((id, name, provider, scope, since): Raw) -> Result<SourceRow, StoreError> {
    let provider = provider.parse().map_err(|unknown: domain::UnknownProvider| {
        StoreError::Nonsense { what: unknown.to_string() }
    })?;
    Ok(SourceRow { id: SourceId(id), name, provider, scope, since: Timestamp::from_millis(since) })
}

// The scope is part of a source's identity: its calls' keys mean nothing elsewhere.
const ENSURE: &str = "
INSERT INTO sources (name, provider, scope, since, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET since = excluded.since";

const BY_NAME: &str = "
SELECT source_id, name, provider, scope, since FROM sources WHERE name = $1";

const LIST: &str = "
SELECT source_id, name, provider, scope, since FROM sources ORDER BY name";

impl Tx {
    /// The source of this name, made if there is none, with its start moved to `since`.
    pub async fn source_ensure(
        &mut self,
        name: &str,
        provider: ProviderKind,
        scope: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<SourceRow, StoreError> {
        let row = either!(self.conn(), |db| {
            sqlx::query(ENSURE)
                .bind(text(name))
                .bind(provider.as_str())
                .bind(text(scope))
                .bind(since.as_millis())
                .bind(now.as_millis())
                .execute(&mut *db)
                .await?;
            sqlx::query_as(BY_NAME).bind(text(name)).fetch_one(db).await
        })?;
        source(row)
    }
}

impl Store {
    /// The source of this name.
    pub async fn source_by_name(&self, name: &str) -> Result<Option<SourceRow>, StoreError> {
        let row: Option<Raw> = either!(self.read(), |db| sqlx::query_as(BY_NAME)
            .bind(text(name))
            .fetch_optional(db)
            .await)?;
        row.map(source).transpose()
    }

    /// Every source, by name.
    pub async fn sources_list(&self) -> Result<Vec<SourceRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?;
        rows.into_iter().map(source).collect()
    }
}
