//! People who sign in, which accounts they may look at, and where they are signed in.

mod accounts;
mod identities;
mod sessions;
mod trips;

use std::str::FromStr as _;

use domain::Timestamp;
use domain::users::{UserName, UserRole};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

pub use accounts::GrantRow;
pub use identities::IdentityRow;
pub use sessions::{NewSession, SessionRow, SessionUser};

/// A person who signs in.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UserRow {
    /// Their id.
    pub user_id: i64,
    /// Their name, as it was typed first.
    pub name: String,
    role: String,
    /// The argon2id hash of their password.
    pub password_hash: String,
    /// 1 where somebody else chose it.
    pub password_is_temporary: i64,
    /// When it was chosen, in milliseconds since 1970.
    pub password_changed_at: i64,
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// First instant at which they may try again.
    pub locked_until: Option<i64>,
    /// When they were added.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// When they were shut out.
    pub disabled_at: Option<i64>,
    /// When they last signed in.
    pub last_sign_in_at: Option<i64>,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl UserRow {
    /// What they are.
    pub fn role(&self) -> Result<UserRole, StoreError> {
        role(&self.role)
    }

    /// Whether they are locked out at this instant.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now.as_millis() < until)
    }
}

pub(crate) fn role(text: &str) -> Result<UserRole, StoreError> {
    UserRole::from_str(text).map_err(|what| StoreError::Nonsense { what })
}

/// A password somebody is given.
#[derive(Clone, Copy)]
pub struct NewPassword<'a> {
    /// Its argon2id hash.
    pub hash: &'a str,
    /// Whether somebody else chose it.
    pub is_temporary: bool,
    /// The hash of the one it takes the place of; whatever that is where none is named.
    pub instead_of: Option<&'a str>,
}

/// Somebody to be added.
pub struct NewUser<'a> {
    /// Their name.
    pub name: &'a UserName,
    /// What they are.
    pub role: UserRole,
    /// The hash of their password.
    pub password_hash: &'a str,
    /// Whether somebody else chose it.
    pub is_temporary: bool,
    /// Whether they must be the first.
    pub is_first: bool,
}

macro_rules! users {
    ($which:literal) => {
        concat!(
            "
SELECT user_id, name, role, password_hash, password_is_temporary, password_changed_at, failures,
       locked_until, created_at, created_by, disabled_at, last_sign_in_at
FROM users ",
            $which
        )
    };
}

const BY_KEY: &str = users!("WHERE name_key = $1");
const BY_ID: &str = users!("WHERE user_id = $1");
const LIST: &str = users!("ORDER BY name_key");

const ADD: &str = "
INSERT INTO users (name, name_key, role, password_hash, password_is_temporary, password_changed_at,
                   created_at, created_by)
SELECT $1, $2, $3, $4, $5, $6, $6, $7
WHERE CAST($8 AS BIGINT) = 0 OR NOT EXISTS (SELECT 1 FROM users)
ON CONFLICT (name_key) DO NOTHING
RETURNING user_id";

// Two that try at once count one after the other: whoever comes second finds another number.
const TRY: &str = "
UPDATE users SET failures = $3, locked_until = $4 WHERE user_id = $1 AND failures = $2";

// Whoever was given another password meanwhile, or was shut out, does not come in by the old one.
const SIGNED_IN: &str = "
UPDATE users SET failures = 0, locked_until = NULL, last_sign_in_at = $2
WHERE user_id = $1 AND password_hash = $3 AND disabled_at IS NULL";

// Whoever comes without a password says nothing about those who guess at it.
const CAME_IN: &str = "
UPDATE users SET last_sign_in_at = $2 WHERE user_id = $1 AND disabled_at IS NULL";

const UNLOCK: &str = "
UPDATE users SET failures = 0, locked_until = NULL
WHERE user_id = $1 AND (failures > 0 OR locked_until IS NOT NULL)";

const PASSWORD: &str = "
UPDATE users
SET password_hash = $2, password_is_temporary = $3, password_changed_at = $4, failures = 0,
    locked_until = NULL
WHERE user_id = $1 AND (CAST($5 AS TEXT) IS NULL OR password_hash = $5)";

const DISABLE: &str = "
UPDATE users SET disabled_at = $2 WHERE user_id = $1 AND disabled_at IS NULL";

const ENABLE: &str = "
UPDATE users SET disabled_at = NULL WHERE user_id = $1 AND disabled_at IS NOT NULL";

const OPERATORS: &str = "
SELECT COUNT(*) FROM users WHERE role = 'operator' AND disabled_at IS NULL AND user_id <> $1";

impl Tx {
    /// Adds somebody, and gives their id; nothing where the name was given out before, or where they
    /// must be the first and are not.
    pub async fn user_add(
        &mut self,
        new: &NewUser<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query_scalar(ADD).bind(text(new.name.as_str()));
            let query = query.bind(new.name.key()).bind(new.role.as_str()).bind(new.password_hash);
            let query = query.bind(i64::from(new.is_temporary)).bind(now.as_millis());
            let query = query.bind(text(by)).bind(i64::from(new.is_first));
            Ok(query.fetch_optional(db).await?)
        })
    }

    /// Counts a try to sign in before its password is looked at, and whether nobody else tried
    /// meanwhile.
    pub async fn user_try(
        &mut self,
        user: &UserRow,
        failures: i64,
        locked_until: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(TRY).bind(user.user_id).bind(user.failures).bind(failures);
            let query = query.bind(locked_until.map(Timestamp::as_millis));
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Says that somebody signed in by their password; what they tried before is forgotten. Returns
    /// whether it is still theirs and they may come in.
    pub async fn user_signed_in(
        &mut self,
        user: &UserRow,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(SIGNED_IN).bind(user.user_id).bind(now.as_millis());
            Ok(query.bind(&user.password_hash).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Says that somebody came in without a password; what was tried of theirs stays counted. Returns
    /// whether they may come in.
    pub async fn user_came_in(&mut self, user: i64, now: Timestamp) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(CAME_IN).bind(user).bind(now.as_millis());
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Lets somebody try again. Returns whether they had tried in vain.
    pub async fn user_unlock(&mut self, user: i64) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(UNLOCK).bind(user).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Gives somebody another password. Returns whether the one it takes the place of was theirs.
    pub async fn user_password(
        &mut self,
        user: i64,
        NewPassword { hash, is_temporary, instead_of }: NewPassword<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(PASSWORD).bind(user).bind(hash);
            let query = query.bind(i64::from(is_temporary)).bind(now.as_millis());
            Ok(query.bind(instead_of).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Shuts somebody out, or lets them in again. Returns whether it was not so already.
    pub async fn user_disable(
        &mut self,
        user: i64,
        disabled_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = match disabled_at {
                Some(at) => sqlx::query(DISABLE).bind(user).bind(at.as_millis()),
                None => sqlx::query(ENABLE).bind(user),
            };
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// How many operators could sign in besides this one.
    pub async fn operators_besides(&mut self, user: i64) -> Result<i64, StoreError> {
        Ok(either!(self.conn(), |db| {
            sqlx::query_scalar(OPERATORS).bind(user).fetch_one(db).await
        })?)
    }
}

impl Store {
    /// Whoever has this name, in any case.
    pub async fn user_by_name(&self, name: &UserName) -> Result<Option<UserRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_KEY).bind(name.key()).fetch_optional(db).await
        })?)
    }

    /// Whoever has this id.
    pub async fn user_get(&self, user: i64) -> Result<Option<UserRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(BY_ID).bind(user).fetch_optional(db).await)?)
    }

    /// Everybody, by name.
    pub async fn users_list(&self) -> Result<Vec<UserRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?)
    }
}
