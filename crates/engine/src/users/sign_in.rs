//! Letting somebody in: a try is counted before its password is looked at, and forgotten when it was
//! right, so that many at once count as many.

use std::time::Duration;

use domain::Timestamp;
use domain::users::{UserName, locked_for};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{NewSession, Store, UserRow};

use super::{UserError, target};
use crate::secret::{hashed, secret};

/// A try to sign in whose password is to be looked at.
#[derive(Debug)]
pub struct Tried {
    /// Whoever has the name and may try; nobody where the answer is no whatever the password.
    user: Option<UserRow>,
    /// For how long they are locked out if it is wrong, and after how many tries.
    lock: Option<(Duration, i64)>,
}

/// From where somebody comes.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// From which address, in short.
    pub address: &'a str,
    /// With what, in short.
    pub agent: &'a str,
}

impl Tried {
    /// What the password is held against. The same time passes where there is nothing.
    pub fn hash(&self) -> Option<String> {
        self.user.as_ref().map(|user| user.password_hash.clone())
    }

    /// Whoever it is, where the password was right.
    pub fn user(&self) -> Option<&UserRow> {
        self.user.as_ref()
    }
}

/// Counts a try with this name. Nobody who asks learns whether there is such a name.
pub async fn tried(store: &Store, typed: &str, now: Timestamp) -> Result<Tried, UserError> {
    let nobody = Tried { user: None, lock: None };
    let Ok(name) = UserName::new(typed) else { return Ok(nobody) };
    let Some(user) = store.user_by_name(&name).await? else { return Ok(nobody) };
    if user.disabled_at.is_some() || user.is_locked(now) {
        return Ok(nobody);
    }
    let failures = user.failures.saturating_add(1);
    let lock = locked_for(u32::try_from(failures).unwrap_or(u32::MAX));
    let mut tx = store.begin().await?;
    // Whoever tries at the same instant as another is refused, and may try again.
    let is_alone = tx.user_try(&user, failures, lock.map(|span| now + span)).await?;
    tx.commit().await?;
    let lock = lock.filter(|_| is_alone).map(|span| (span, failures));
    Ok(Tried { user: is_alone.then_some(user), lock })
}

/// Enters into the audit log that somebody is locked out, where a wrong password did that.
pub async fn fail(store: &Store, tried: Tried) -> Result<(), UserError> {
    let Tried { user: Some(user), lock: Some((span, count)) } = tried else { return Ok(()) };
    let mut tx = store.begin().await?;
    tx.audit_about(target(&user.name), &json!({ "tries": count, "minutes": span.as_secs() / 60 }));
    Ok(tx.commit().await?)
}

/// Signs somebody in whose password was right, and gives the secret of the new session.
pub async fn succeed(
    store: &Store,
    user: &UserRow,
    came: Came<'_>,
    now: Timestamp,
) -> Result<SecretString, UserError> {
    let secret = secret()?;
    let secret_hash = hashed(secret.expose_secret());
    let Came { address, agent } = came;
    let mut tx = store.begin().await?;
    tx.user_signed_in(user.user_id, now).await?;
    tx.session_add(&NewSession { secret_hash, user: user.user_id, address, agent }, now).await?;
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
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
