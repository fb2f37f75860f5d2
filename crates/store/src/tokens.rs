//! Tokens that open the API. Of a secret only its hash is here.

use domain::access::{Role, Terms};
use domain::{AccountId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// A token, for a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TokenRow {
    /// Its id.
    pub token_id: i64,
    /// Its name, unique and never used again.
    pub name: String,
    /// The account it is for; none where it is an operator's.
    pub account_id: Option<i64>,
    /// That account's name.
    pub account: Option<String>,
    /// 1 where it may change things, 0 where it may read.
    pub may_write: i64,
    /// When it was given out, in milliseconds since 1970.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
    /// By whom.
    pub revoked_by: Option<String>,
}

/// A token to be given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub role: Role,
    /// Whether it may change things.
    pub may_write: bool,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl TokenRow {
    /// What it was given out for.
    pub fn terms(&self) -> Terms {
        Terms {
            role: self.account_id.map_or(Role::Operator, |id| Role::Member(AccountId(id))),
            may_write: self.may_write != 0,
            expires_at: self.expires_at.map(Timestamp::from_millis),
            revoked_at: self.revoked_at.map(Timestamp::from_millis),
        }
    }

    /// Whether the word of when it was last used is old enough to be written anew.
    pub fn is_use_stale(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| at <= now.as_millis().saturating_sub(USED_EVERY))
    }
}

/// How stale the word of when a token was last used may be, in milliseconds.
const USED_EVERY: i64 = 60_000;

macro_rules! tokens {
    ($which:literal) => {
        concat!(
            "
SELECT t.token_id, t.name, t.account_id, a.name AS account, t.may_write, t.created_at, t.created_by,
       t.expires_at, t.last_used_at, t.revoked_at, t.revoked_by
FROM api_tokens t LEFT JOIN accounts a ON a.account_id = t.account_id ",
            $which
        )
    };
}

const BY_HASH: &str = tokens!("WHERE t.secret_hash = $1");
const BY_NAME: &str = tokens!("WHERE t.name = $1");
const LIST: &str = tokens!("ORDER BY t.name");

const ADD: &str = "
INSERT INTO api_tokens (name, secret_hash, role, account_id, may_write, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO NOTHING";

const REVOKE: &str = "
UPDATE api_tokens SET revoked_at = $2, revoked_by = $3 WHERE name = $1 AND revoked_at IS NULL";

const USED: &str = "
UPDATE api_tokens SET last_used_at = $2
WHERE token_id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)";

impl Tx {
    /// Gives a token out. Returns whether its name was free.
    pub async fn token_add(
        &mut self,
        new: &NewToken,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (role, account) = match new.role {
            Role::Operator => ("operator", None),
            Role::Member(account) => ("member", Some(account.0)),
        };
        either!(self.conn(), |db| {
            let query = sqlx::query(ADD).bind(text(&new.name)).bind(&new.secret_hash[..]);
            let query = query.bind(role).bind(account).bind(i64::from(new.may_write));
            let query = query.bind(now.as_millis()).bind(text(by));
            let query = query.bind(new.expires_at.map(Timestamp::as_millis));
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Takes a token back. Returns whether it held until now.
    pub async fn token_revoke(
        &mut self,
        name: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(REVOKE).bind(text(name)).bind(now.as_millis()).bind(text(by));
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Says that a token was used; not more often than each minute.
    pub async fn token_used(&mut self, token: i64, now: Timestamp) -> Result<(), StoreError> {
        let stale = now.as_millis().saturating_sub(USED_EVERY);
        either!(self.conn(), |db| {
            sqlx::query(USED).bind(token).bind(now.as_millis()).bind(stale).execute(db).await?;
            Ok(())
        })
    }
}

impl Store {
    /// The token whose secret has this SHA-256, whether it still holds or not.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_HASH).bind(&hash[..]).fetch_optional(db).await
        })?)
    }

    /// The token of this name.
    pub async fn token_by_name(&self, name: &str) -> Result<Option<TokenRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_NAME).bind(text(name)).fetch_optional(db).await
        })?)
    }

    /// Every token, by name, those included that no longer hold.
    pub async fn tokens_list(&self) -> Result<Vec<TokenRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?)
    }
}
