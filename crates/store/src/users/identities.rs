//! By what an identity provider knows people: the address an operator entered, and whom it turned out
//! to be.

use domain::Timestamp;
use domain::users::EmailAddress;

use super::UserRow;
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// By what an identity provider knows somebody.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct IdentityRow {
    /// Whose.
    pub user_id: i64,
    /// The address that was entered, as it was typed.
    pub email: String,
    /// The issuer that knows them, once they came.
    pub issuer: Option<String>,
    /// Its own name of them, once they came.
    pub subject: Option<String>,
    /// When they came first, in milliseconds since 1970.
    pub linked_at: Option<i64>,
}

const OF_USER: &str = "
SELECT user_id, email, issuer, subject, linked_at FROM user_identities WHERE user_id = $1";

const LIST: &str = "
SELECT user_id, email, issuer, subject, linked_at FROM user_identities ORDER BY user_id";

// Another address may be another person's, so nobody stays linked by it.
const ENTER: &str = "
INSERT INTO user_identities (user_id, email, email_key)
SELECT $1, $2, $3
WHERE NOT EXISTS (SELECT 1 FROM user_identities WHERE email_key = $3 AND user_id <> $1)
ON CONFLICT (user_id) DO UPDATE
SET email = excluded.email, email_key = excluded.email_key, issuer = NULL, subject = NULL,
    linked_at = NULL";

const TAKE: &str = "
DELETE FROM user_identities WHERE user_id = $1";

const LINK: &str = "
UPDATE user_identities SET issuer = $3, subject = $4, linked_at = $5
WHERE user_id = $1 AND email_key = $2 AND subject IS NULL";

const UNLINK: &str = "
UPDATE user_identities SET issuer = NULL, subject = NULL, linked_at = NULL
WHERE user_id = $1 AND subject IS NOT NULL";

macro_rules! whose {
    ($which:literal) => {
        concat!(
            "
SELECT u.user_id, u.name, u.role, u.password_hash, u.password_is_temporary, u.password_changed_at,
       u.failures, u.locked_until, u.created_at, u.created_by, u.disabled_at, u.last_sign_in_at
FROM user_identities i JOIN users u ON u.user_id = i.user_id
WHERE ",
            $which
        )
    };
}

const BY_SUBJECT: &str = whose!("i.issuer = $1 AND i.subject = $2");
const BY_ADDRESS: &str = whose!("i.email_key = $1 AND i.subject IS NULL");

impl Tx {
    /// Enters the address by which somebody is known; whoever was linked by another is no longer.
    /// Returns whether it is nobody else's.
    pub async fn identity_enter(
        &mut self,
        user: i64,
        email: &EmailAddress,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(ENTER).bind(user).bind(text(email.as_str()));
            Ok(query.bind(text(&email.key())).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Takes away by what somebody is known. Returns whether they were known by anything.
    pub async fn identity_take(&mut self, user: i64) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(TAKE).bind(user).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Says who it turned out to be that was entered with this address. Returns whether nobody was
    /// linked meanwhile.
    pub async fn identity_link(
        &mut self,
        user: i64,
        email: &EmailAddress,
        (issuer, subject): (&str, &str),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(LINK).bind(user).bind(text(&email.key()));
            let query = query.bind(text(issuer)).bind(text(subject)).bind(now.as_millis());
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Forgets who it turned out to be, so that the address counts again. Returns whether anybody was
    /// linked.
    pub async fn identity_unlink(&mut self, user: i64) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(UNLINK).bind(user).execute(db).await?.rows_affected() == 1)
        })
    }
}

impl Store {
    /// By what somebody is known.
    pub async fn identity_of(&self, user: i64) -> Result<Option<IdentityRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(OF_USER).bind(user).fetch_optional(db).await
        })?)
    }

    /// By what everybody is known who is.
    pub async fn identities_list(&self) -> Result<Vec<IdentityRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?)
    }

    /// Whoever an issuer knows by this name of its own.
    pub async fn user_by_subject(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<UserRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(BY_SUBJECT).bind(text(issuer)).bind(text(subject));
            query.fetch_optional(db).await
        })?)
    }

    /// Whoever was entered with this address and is not linked to anybody yet.
    pub async fn user_by_address(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<UserRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_ADDRESS).bind(text(&email.key())).fetch_optional(db).await
        })?)
    }
}
