//! Where people are signed in. Of what their browsers send only its hash is here.

use domain::users::{SESSION_IDLE_MAX, SESSION_MAX, UserRole, session_ends};
use domain::{AccountId, Timestamp};

use super::role;
use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// Somebody's session, for themselves.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// Its id.
    pub session_id: i64,
    /// When it began, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub last_seen_at: i64,
    /// From where, in short.
    pub address: String,
    /// With what, in short.
    pub agent: String,
}

/// Whoever sends a secret: a session with its user.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionUser {
    /// The session.
    pub session_id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// Their name.
    pub name: String,
    role: String,
    /// 1 where somebody else chose their password.
    password_is_temporary: i64,
    /// 1 where they came without it.
    without_password: i64,
    /// The account they chose to look at, if it is theirs still.
    pub account_id: Option<i64>,
    created_at: i64,
    last_seen_at: i64,
    disabled_at: Option<i64>,
}

impl SessionUser {
    /// What they are.
    pub fn role(&self) -> Result<UserRole, StoreError> {
        role(&self.role)
    }

    /// Whether they must choose a password of their own before anything else. Whoever came without one
    /// is not asked for it.
    pub fn must_change_password(&self) -> bool {
        self.password_is_temporary != 0 && self.without_password == 0
    }

    /// Whether the session holds at this instant.
    pub fn holds(&self, now: Timestamp) -> bool {
        let [begun, seen] = [self.created_at, self.last_seen_at].map(Timestamp::from_millis);
        self.disabled_at.is_none() && now < session_ends(begun, seen)
    }

    /// Whether the word of when it was last used is old enough to be written anew.
    pub fn is_use_stale(&self, now: Timestamp) -> bool {
        self.last_seen_at <= now.as_millis().saturating_sub(SEEN_EVERY)
    }
}

/// How stale the word of when a session was last used may be, in milliseconds.
const SEEN_EVERY: i64 = 60_000;

/// A session that begins.
pub struct NewSession<'a> {
    /// The SHA-256 of what the browser is given.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub user: i64,
    /// From where, in short.
    pub address: &'a str,
    /// With what, in short.
    pub agent: &'a str,
    /// Whether they came with their password.
    pub has_password: bool,
}

const ADD: &str = "
INSERT INTO sessions (secret_hash, user_id, created_at, last_seen_at, address, agent,
                      without_password)
VALUES ($1, $2, $3, $3, $4, $5, $6)";

const FORGET: &str = "
DELETE FROM sessions WHERE last_seen_at <= $1 OR created_at <= $2";

// An account that was taken from them since is not looked at any more.
const BY_HASH: &str = "
SELECT s.session_id, s.user_id, u.name, u.role, u.password_is_temporary, s.without_password,
       g.account_id, s.created_at, s.last_seen_at, u.disabled_at
FROM sessions s JOIN users u ON u.user_id = s.user_id
LEFT JOIN user_accounts g ON g.user_id = s.user_id AND g.account_id = s.account_id
WHERE s.secret_hash = $1";

const LIST: &str = "
SELECT session_id, created_at, last_seen_at, address, agent FROM sessions
WHERE user_id = $1
ORDER BY last_seen_at DESC, session_id DESC";

const SEEN: &str = "
UPDATE sessions SET last_seen_at = $2 WHERE session_id = $1 AND last_seen_at <= $3";

const LOOK: &str = "
UPDATE sessions SET account_id = $2 WHERE session_id = $1";

const END: &str = "
DELETE FROM sessions WHERE session_id = $1";

const END_OTHERS: &str = "
DELETE FROM sessions WHERE user_id = $1 AND session_id <> $2";

impl Tx {
    /// Begins a session. Those that are over are forgotten.
    pub async fn session_add(
        &mut self,
        new: &NewSession<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let (rested, begun) = (now - SESSION_IDLE_MAX, now - SESSION_MAX);
            let query = sqlx::query(FORGET).bind(rested.as_millis()).bind(begun.as_millis());
            query.execute(&mut *db).await?;
            let query = sqlx::query(ADD).bind(&new.secret_hash[..]).bind(new.user);
            let query = query.bind(now.as_millis()).bind(text(new.address)).bind(text(new.agent));
            query.bind(i64::from(!new.has_password)).execute(db).await?;
            Ok(())
        })
    }

    /// Says that a session was used; not more often than each minute.
    pub async fn session_seen(&mut self, session: i64, now: Timestamp) -> Result<(), StoreError> {
        let stale = now.as_millis().saturating_sub(SEEN_EVERY);
        either!(self.conn(), |db| {
            sqlx::query(SEEN).bind(session).bind(now.as_millis()).bind(stale).execute(db).await?;
            Ok(())
        })
    }

    /// Chooses the account a session looks at.
    pub async fn session_look_at(
        &mut self,
        session: i64,
        account: AccountId,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(LOOK).bind(session).bind(account.0).execute(db).await?;
            Ok(())
        })
    }

    /// Ends one session.
    pub async fn session_end(&mut self, session: i64) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(END).bind(session).execute(db).await?;
            Ok(())
        })
    }

    /// Ends every session of somebody but this one; 0 is none. Returns how many there were.
    pub async fn sessions_end(&mut self, user: i64, but: i64) -> Result<u64, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(END_OTHERS).bind(user).bind(but).execute(db).await?.rows_affected())
        })
    }
}

impl Store {
    /// The session whose secret has this SHA-256, whether it still holds or not.
    pub async fn session_by_hash(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<SessionUser>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_HASH).bind(&hash[..]).fetch_optional(db).await
        })?)
    }

    /// Somebody's sessions, the last used first.
    pub async fn sessions_list(&self, user: i64) -> Result<Vec<SessionRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).bind(user).fetch_all(db).await)?)
    }
}
