//! What workers tell each other of the requests they make with one credential.

use domain::Timestamp;

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError};

/// The shares of one credential, as written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRow {
    /// Grows by one with each writing.
    pub writing: i64,
    /// What the workers understand.
    pub shares: String,
}

const LOAD: &str = "
SELECT writing, shares FROM budgets WHERE credential = $1";

// The condition stands outside any subquery, so it is judged on the row as it is when locked: of
// two that read the same writing, one writes.
const SAVE: &str = "
INSERT INTO budgets (credential, writing, shares, written_at) VALUES ($1, $2 + 1, $3, $4)
ON CONFLICT (credential) DO UPDATE
SET writing = excluded.writing, shares = excluded.shares, written_at = excluded.written_at
WHERE budgets.writing = $2";

const KEY_OFFER: &str = "
INSERT INTO budget_key (budget_key_id, key) VALUES (1, $1) ON CONFLICT (budget_key_id) DO NOTHING";

const KEY: &str = "
SELECT key FROM budget_key WHERE budget_key_id = 1";

impl Store {
    /// The shares of a credential, by its keyed hash; `None` when nobody wrote any.
    pub async fn budget_load(&self, credential: &str) -> Result<Option<BudgetRow>, StoreError> {
        let row: Option<(i64, String)> = either!(self.read(), |db| sqlx::query_as(LOAD)
            .bind(text(credential))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(writing, shares)| BudgetRow { writing, shares }))
    }

    /// Writes shares in place of those of writing `seen` (0: there were none), unless somebody
    /// else wrote since. Returns whether they are written.
    pub async fn budget_save(
        &self,
        credential: &str,
        seen: i64,
        shares: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = either!(tx.conn(), |db| {
            sqlx::query(SAVE)
                .bind(text(credential))
                .bind(seen)
                .bind(text(shares))
                .bind(now.as_millis())
                .execute(db)
                .await?
                .rows_affected()
        });
        tx.commit().await?;
        Ok(rows == 1)
    }

    /// The key of this database's hashes of credentials: `offered`, unless there is one already.
    pub async fn budget_key(&self, offered: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut tx = self.begin().await?;
        let (key,): (Vec<u8>,) = either!(tx.conn(), |db| {
            sqlx::query(KEY_OFFER).bind(offered).execute(&mut *db).await?;
            sqlx::query_as(KEY).fetch_one(db).await?
        });
        tx.commit().await?;
        Ok(key)
    }
}
