//! Letting somebody in: a try is counted whether its password is right or not, and forgotten when it
//! was, so that many at once count as many.

use std::time::Duration;

use domain::Timestamp;
use domain::users::{UserName, locked_for};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{Author, NewSession, Store, Tx, UserRow};

use super::{UserError, target};
use crate::secret::{hashed, secret};

/// A try to sign in that is to be counted and whose password is to be looked at, beside each other: so
/// it takes as long where there is nothing to count.
#[derive(Debug)]
pub struct Tried {
    /// Whoever has the name and may try; nobody where the answer is no whatever the password.
    user: Option<UserRow>,
}

/// From where somebody comes.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// From which address, in short.
    pub address: &'a str,
    /// With what, in short.
    pub agent: &'a str,
}

/// Looks up who tries with this name. Nobody who asks learns whether there is such a name.
pub async fn tried(store: &Store, typed: &str, now: Timestamp) -> Result<Tried, UserError> {
    let Ok(name) = UserName::new(typed) else { return Ok(Tried { user: None }) };
    let user = store.user_by_name(&name).await?;
    let may_try = |user: &UserRow| user.disabled_at.is_none() && !user.is_locked(now);
    Ok(Tried { user: user.filter(may_try) })
}

impl Tried {
    /// What the password is held against. The same time passes where there is nothing.
    pub fn hash(&self) -> Option<String> {
        self.user.as_ref().map(|user| user.password_hash.clone())
    }

    /// Counts the try. Returns whoever it is, if a right password lets them in: of several who try at
    /// the same instant, one. A lock it sets is taken back by signing in.
    pub async fn count(
        &self,
        store: &Store,
        came: Came<'_>,
        now: Timestamp,
    ) -> Result<Option<&UserRow>, UserError> {
        let Some(user) = &self.user else { return Ok(None) };
        let tries = user.failures.saturating_add(1);
        let lock = locked_for(u32::try_from(tries).unwrap_or(u32::MAX));
        let mut tx = match lock {
            Some(_) => on_behalf(store, user, came.address, now).begin().await?,
            None => store.begin().await?,
        };
        if !tx.user_try(user, tries, lock.map(|span| now + span)).await? {
            return Ok(None);
        }
        let minutes = lock.unwrap_or(Duration::ZERO).as_secs() / 60;
        let detail = json!({ "tries": tries, "minutesLockedIfWrong": minutes });
        tx.audit_about(target(&user.name), &detail);
        tx.commit().await?;
        Ok(Some(user))
    }
}

/// For the entry of a try that locks the name unless it is right.
fn on_behalf(store: &Store, user: &UserRow, address: &str, now: Timestamp) -> Store {
    store.on_behalf(Author::new(&target(&user.name), address, "Try after wrong passwords", "", now))
}

/// Signs somebody in whose password was right, and gives the secret of the new session; nothing where
/// they were given another meanwhile, or shut out.
pub async fn succeed(
    store: &Store,
    user: &UserRow,
    came: Came<'_>,
    now: Timestamp,
) -> Result<Option<SecretString>, UserError> {
    let mut tx = store.begin().await?;
    if !tx.user_signed_in(user, now).await? {
        return Ok(None);
    }
    let secret = begin(&mut tx, user, came, true, now).await?;
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
    Ok(Some(secret))
}

/// Begins a session of somebody, and gives its secret.
pub(super) async fn begin(
    tx: &mut Tx,
    user: &UserRow,
    Came { address, agent }: Came<'_>,
    has_password: bool,
    now: Timestamp,
) -> Result<SecretString, UserError> {
    let secret = secret()?;
    let (secret_hash, user) = (hashed(secret.expose_secret()), user.user_id);
    tx.session_add(&NewSession { secret_hash, user, address, agent, has_password }, now).await?;
    Ok(secret)
}

/// Ends one session.
pub async fn sign_out(store: &Store, session: i64, name: &str) -> Result<(), UserError> {
    let mut tx = store.begin().await?;
    tx.session_end(session).await?;
    tx.audit_about(target(name), &json!({}));
    Ok(tx.commit().await?)
}

/// Ends every other session of somebody. Returns how many there were.
pub async fn sign_out_elsewhere(
    store: &Store,
    (user, name): (i64, &str),
    session: i64,
) -> Result<u64, UserError> {
    let mut tx = store.begin().await?;
    let ended = tx.sessions_end(user, session).await?;
    tx.audit_about(target(name), &json!({ "ended": ended }));
    tx.commit().await?;
    Ok(ended)
}
