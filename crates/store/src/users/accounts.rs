//! Which accounts a member may look at.

use domain::AccountId;

use crate::db::either;
use crate::{Store, StoreError, Tx};

/// One account that one member may look at.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GrantRow {
    /// Whose.
    pub user_id: i64,
    /// Which account.
    pub account_id: i64,
    /// Its name.
    pub account: String,
}

const GRANT: &str = "
INSERT INTO user_accounts (user_id, account_id) VALUES ($1, $2)
ON CONFLICT (user_id, account_id) DO NOTHING";

const REVOKE: &str = "
DELETE FROM user_accounts WHERE user_id = $1 AND account_id = $2";

const LIST: &str = "
SELECT g.user_id, g.account_id, a.name AS account
FROM user_accounts g JOIN accounts a ON a.account_id = g.account_id
WHERE CAST($1 AS BIGINT) IS NULL OR g.user_id = $1
ORDER BY a.name";

impl Tx {
    /// Lets a member look at an account. Returns whether they could not before.
    pub async fn user_grant(&mut self, user: i64, account: AccountId) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(GRANT).bind(user).bind(account.0);
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Keeps a member from looking at an account. Returns whether they could before.
    pub async fn user_revoke(&mut self, user: i64, account: AccountId) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(REVOKE).bind(user).bind(account.0);
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }
}

impl Store {
    /// The accounts a member may look at, or who may look at which, by the accounts' names.
    pub async fn user_accounts(&self, user: Option<i64>) -> Result<Vec<GrantRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).bind(user).fetch_all(db).await)?)
    }
}
