//! People who sign in: added, shut out, given passwords and accounts, and let in.
//!
//! Whoever changes one of them uses the store on their own behalf ([`Store::on_behalf`]), so that the
//! audit log has it.

pub mod identity;
pub mod password;
mod sign_in;

use domain::users::{NotAName, NotAnAddress, UserName, UserRole, WeakPassword, judge_password};
use domain::{AccountId, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{NewPassword, NewUser, Store, StoreError, UserRow};

use crate::secret::{NoRandomness, code};

pub use sign_in::{Came, Tried, sign_out, sign_out_elsewhere, succeed, tried};

/// Why nothing was done about a user.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is none.
    #[error(transparent)]
    NoName(#[from] NotAName),
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// Somebody has or had the name.
    #[error("there is a user “{name}”, or there was one, and a name is never used again")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// There is somebody already, so nobody is the first.
    #[error("there is a user already")]
    NotFirst,
    /// Nobody has the name.
    #[error("there is no user “{name}”")]
    NoUser {
        /// The name.
        name: String,
    },
    /// There is no such account.
    #[error("account {id} is not there any more")]
    NoAccount {
        /// Our id of it.
        id: AccountId,
    },
    /// Nobody could sign in as an operator any more.
    #[error("{name} is the only operator who can sign in; make another one first")]
    LastOperator {
        /// The name.
        name: String,
    },
    /// Somebody else is known by the address.
    #[error("{email} is entered at somebody else, and an address is one person's")]
    AddressTaken {
        /// The address.
        email: String,
    },
    /// It is no address.
    #[error(transparent)]
    NoAddress(#[from] NotAnAddress),
    /// An operator sees every account anyway.
    #[error("{name} is an operator and sees every account")]
    SeesAll {
        /// The name.
        name: String,
    },
    /// The password could not be hashed.
    #[error("the password cannot be hashed: {why}")]
    NoHash {
        /// What is said.
        why: String,
    },
    /// The system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody who is to be added.
pub struct UserAsked<'a> {
    /// Their name.
    pub name: &'a UserName,
    /// What they are.
    pub role: UserRole,
    /// Accounts a member may look at.
    pub accounts: &'a [AccountId],
    /// The hash of their password.
    pub password_hash: &'a str,
    /// Whether somebody else chose it, so that they choose another when they come.
    pub is_temporary: bool,
    /// Whether they must be the first.
    pub is_first: bool,
}

/// A password that was chosen for a user, hashed. It is judged here and nowhere else.
pub fn chosen(password: &SecretString, name: &UserName) -> Result<String, UserError> {
    judge_password(password.expose_secret(), name.as_str())?;
    password::hash(password)
}

/// A password that nobody chose, to be shown once.
pub fn made() -> Result<SecretString, UserError> {
    Ok(code()?)
}

/// Adds somebody.
pub async fn add(
    store: &Store,
    asked: &UserAsked<'_>,
    by: &str,
    now: Timestamp,
) -> Result<UserRow, UserError> {
    let UserAsked { name, role, accounts, password_hash, is_temporary, is_first } = *asked;
    if role == UserRole::Operator && !accounts.is_empty() {
        return Err(UserError::SeesAll { name: name.as_str().to_owned() });
    }
    let new = NewUser { name, role, password_hash, is_temporary, is_first };
    let mut tx = store.begin().await?;
    tx.accounts_lock(accounts).await?;
    for &id in accounts {
        tx.account_get(id).await?.ok_or(UserError::NoAccount { id })?;
    }
    let added = tx.user_add(&new, by, now).await?;
    let Some(user) = added else {
        drop(tx);
        let is_taken = store.user_by_name(name).await?.is_some();
        let taken = UserError::NameTaken { name: name.as_str().to_owned() };
        return Err(if is_first && !is_taken { UserError::NotFirst } else { taken });
    };
    for &account in accounts {
        tx.user_grant(user, account).await?;
    }
    let ids: Vec<i64> = accounts.iter().map(|account| account.0).collect();
    let detail = json!({ "role": role.as_str(), "accounts": ids });
    tx.audit_about(target(name.as_str()), &detail);
    tx.commit().await?;
    known(store, name).await
}

/// Whoever has this name.
pub async fn known(store: &Store, name: &UserName) -> Result<UserRow, UserError> {
    let row = store.user_by_name(name).await?;
    row.ok_or_else(|| UserError::NoUser { name: name.as_str().to_owned() })
}

/// Gives somebody another password, and signs them out everywhere but in session `but`; 0 is none.
/// Returns whether the one it takes the place of was theirs.
pub async fn set_password(
    store: &Store,
    user: &UserRow,
    new: NewPassword<'_>,
    but: i64,
    now: Timestamp,
) -> Result<bool, UserError> {
    let mut tx = store.begin().await?;
    if !tx.user_password(user.user_id, new, now).await? {
        return Ok(false);
    }
    tx.sessions_end(user.user_id, but).await?;
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
    Ok(true)
}

/// Shuts somebody out at once, or lets them in again. Returns whether it was not so already.
pub async fn set_disabled(
    store: &Store,
    user: &UserRow,
    is_disabled: bool,
    now: Timestamp,
) -> Result<bool, UserError> {
    let mut tx = store.begin().await?;
    if is_disabled
        && user.role()? == UserRole::Operator
        && tx.operators_besides(user.user_id).await? == 0
    {
        return Err(UserError::LastOperator { name: user.name.clone() });
    }
    if !tx.user_disable(user.user_id, is_disabled.then_some(now)).await? {
        return Ok(false);
    }
    tx.sessions_end(user.user_id, 0).await?;
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
    Ok(true)
}

/// Lets somebody try again who was locked out. Returns whether they had tried in vain.
pub async fn unlock(store: &Store, user: &UserRow) -> Result<bool, UserError> {
    let mut tx = store.begin().await?;
    if !tx.user_unlock(user.user_id).await? {
        return Ok(false);
    }
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
    Ok(true)
}

/// Lets a member look at an account, or keeps them from it. Returns whether it was not so already.
pub async fn set_granted(
    store: &Store,
    user: &UserRow,
    account: AccountId,
    is_granted: bool,
) -> Result<bool, UserError> {
    if user.role()? == UserRole::Operator {
        return Err(UserError::SeesAll { name: user.name.clone() });
    }
    let mut tx = store.begin().await?;
    let changed = if is_granted {
        tx.accounts_lock(&[account]).await?;
        tx.account_get(account).await?.ok_or(UserError::NoAccount { id: account })?;
        tx.user_grant(user.user_id, account).await?
    } else {
        tx.user_revoke(user.user_id, account).await?
    };
    if !changed {
        return Ok(false);
    }
    tx.audit_about(target(&user.name), &json!({ "account": account.0 }));
    tx.commit().await?;
    Ok(true)
}

/// How the audit log tells a user.
pub fn target(name: &str) -> String {
    format!("user {name}")
}
