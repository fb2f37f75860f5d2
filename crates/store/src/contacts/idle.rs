//! Contacts nobody has had a call with.

use domain::AccountId;

use crate::db::either;
use crate::{Scope, Store, StoreError};

/// The contacts of one account, those that were merged into others and those erased left out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ContactUse {
    /// The account's id.
    pub account_id: i64,
    /// What it is called.
    pub account: String,
    /// How many contacts it has.
    pub contacts: i64,
    /// Of these, how many have no call, nor has any contact that was merged into them.
    pub without_call: i64,
}

impl ContactUse {
    /// Whose they are.
    pub fn account_id(&self) -> AccountId {
        AccountId(self.account_id)
    }
}

// SQLite uses a partial index only where its condition is repeated word for word.
const USES: &str = "
SELECT a.account_id, a.name AS account, COUNT(*) AS contacts,
       SUM(CASE WHEN EXISTS (SELECT 1 FROM calls c
                             WHERE c.contact_id IS NOT NULL AND c.contact_id = k.contact_id)
                  OR EXISTS (SELECT 1 FROM contacts m JOIN calls c ON c.contact_id = m.contact_id
                             WHERE m.merged_into IS NOT NULL AND m.merged_into = k.contact_id
                               AND c.contact_id IS NOT NULL)
                THEN 0 ELSE 1 END) AS without_call
FROM contacts k JOIN accounts a ON a.account_id = k.account_id
WHERE k.merged_into IS NULL AND k.erased_at IS NULL
  AND (CAST($1 AS BIGINT) IS NULL OR k.account_id = $1)
GROUP BY a.account_id, a.name
ORDER BY a.name";

impl Store {
    /// How many contacts each account has, and how many of them have no call; accounts without
    /// contacts are left out.
    pub async fn contact_uses(&self, scope: Scope) -> Result<Vec<ContactUse>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(USES).bind(scope.account()).fetch_all(db).await
        })?)
    }
}
