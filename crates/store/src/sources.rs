//! Sources: the configured connections, as the database knows them.

use domain::{AccountId, ProviderKind, SourceId, Timestamp};

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

const AUTO_ACCOUNT: &str = "
SELECT a.account_id FROM sources s JOIN accounts a ON a.account_id = s.auto_account_id
WHERE s.source_id = $1 AND a.archived_at IS NULL";

const SET_AUTO_ACCOUNT: &str = "
UPDATE sources SET auto_account_id = $2 WHERE source_id = $1";

impl Tx {
    /// The account that gets agents of a source which nobody has assigned; none where that is not
    /// wanted, or the account was put away.
    pub async fn auto_account(
        &mut self,
        source: SourceId,
    ) -> Result<Option<AccountId>, StoreError> {
        let row: Option<(i64,)> = either!(self.conn(), |db| {
            sqlx::query_as(AUTO_ACCOUNT).bind(source.0).fetch_optional(db).await
        })?;
        Ok(row.map(|(id,)| AccountId(id)))
    }

    /// Says which account gets them.
    pub async fn auto_account_set(
        &mut self,
        source: SourceId,
        account: Option<AccountId>,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(SET_AUTO_ACCOUNT).bind(source.0);
            query.bind(account.map(|account| account.0)).execute(db).await?;
        });
        Ok(())
    }

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
