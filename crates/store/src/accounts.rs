//! Accounts: the tenants calls belong to.

use domain::{AccountId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name, unique.
    pub name: String,
    /// Calls before this instant are excluded.
    pub calls_reset_at: Option<Timestamp>,
}

type Raw = (i64, String, Option<i64>);

fn account((id, name, reset): Raw) -> AccountRow {
    AccountRow { id: AccountId(id), name, calls_reset_at: reset.map(Timestamp::from_millis) }
}

const ENSURE: &str = "
INSERT INTO accounts (name, created_at) VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING";

const BY_NAME: &str = "
SELECT account_id, name, calls_reset_at FROM accounts WHERE name = $1";

const LIST: &str = "
SELECT account_id, name, calls_reset_at FROM accounts ORDER BY name";

impl Tx {
    /// The account of this name, made if there is none.
    pub async fn account_ensure(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<AccountRow, StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(ENSURE).bind(text(name)).bind(now.as_millis()).execute(&mut *db).await?;
            Ok(account(sqlx::query_as(BY_NAME).bind(text(name)).fetch_one(db).await?))
        })
    }
}

impl Store {
    /// The account of this name.
    pub async fn account_by_name(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<Raw> = either!(self.read(), |db| sqlx::query_as(BY_NAME)
            .bind(text(name))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(account))
    }

    /// Every account, by name.
    pub async fn accounts_list(&self) -> Result<Vec<AccountRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?;
        Ok(rows.into_iter().map(account).collect())
    }
}
