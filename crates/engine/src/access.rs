//! Tokens that open the API: given out once, kept as a hash, taken back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::Role;
use domain::{AccountId, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use store::{NewToken, Store, StoreError, TokenRow};

use crate::secret::{NoRandomness, SECRET_BYTES, hashed, random};

/// How a secret begins, so that people and their tools know one when they see it.
const PREFIX: &str = "evc_";
/// Letters of a name, at most: it stands in the history of what the token changed.
const NAME_MAX: usize = 100;

/// A token that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenAsked {
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub role: Role,
    /// Whether it may change things.
    pub may_write: bool,
    /// When it ends; none for never.
    pub expires_at: Option<Timestamp>,
}

/// Why a token was not given out or taken back.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is none.
    #[error("a token needs a name of at most {NAME_MAX} letters on one line")]
    NoName,
    /// There is or was another of this name.
    #[error("there is a token “{name}”, or there was one, and a name is never used again")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It would never hold.
    #[error("it would have ended before it begins, at {at}")]
    EndsBefore {
        /// When it would end.
        at: Timestamp,
    },
    /// There is no such account.
    #[error("account {id} is not there any more")]
    NoAccount {
        /// Our id of it.
        id: AccountId,
    },
    /// There is no such token.
    #[error("there is no token “{name}”")]
    NoToken {
        /// The name.
        name: String,
    },
    /// The system has no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives a token out. Its secret is in the answer and nowhere else.
pub async fn token_add(
    store: &Store,
    asked: &TokenAsked,
    by: &str,
    now: Timestamp,
) -> Result<(TokenRow, SecretString), TokenError> {
    let name = asked.name.trim();
    let is_one_line = !name.chars().any(char::is_control);
    if name.is_empty() || name.chars().count() > NAME_MAX || !is_one_line {
        return Err(TokenError::NoName);
    }
    if let Some(at) = asked.expires_at.filter(|at| *at <= now) {
        return Err(TokenError::EndsBefore { at });
    }
    let secret = secret()?;
    let TokenAsked { role, may_write, expires_at, .. } = *asked;
    let secret_hash = hashed(&secret);
    let new = NewToken { name: name.to_owned(), secret_hash, role, may_write, expires_at };
    let mut tx = store.begin().await?;
    let whose = match role {
        Role::Operator => "an operator".to_owned(),
        Role::Member(id) => {
            // An account and what names it are changed in turn.
            tx.accounts_lock(&[id]).await?;
            tx.account_get(id).await?.ok_or(TokenError::NoAccount { id })?.name
        }
    };
    if !tx.token_add(&new, by, now).await? {
        return Err(TokenError::NameTaken { name: new.name });
    }
    let does = if may_write { "read and write" } else { "read" };
    let what = format!("gave out the token {name} for {whose}, to {does}");
    let change = tx.change_add((by, &what), &[], now).await?;
    if let Role::Member(account) = role {
        tx.change_about(change, account).await?;
    }
    tx.audit_about(format!("token {name}"), &json!({ "for": whose, "mayWrite": may_write }));
    tx.commit().await?;
    let row = store.token_by_name(name).await?;
    let row = row.ok_or_else(|| TokenError::NoToken { name: name.to_owned() })?;
    Ok((row, SecretString::from(secret)))
}

/// Takes a token back. Returns whether it was not already.
pub async fn token_revoke(
    store: &Store,
    name: &str,
    by: &str,
    now: Timestamp,
) -> Result<bool, TokenError> {
    let row = store.token_by_name(name).await?;
    let row = row.ok_or_else(|| TokenError::NoToken { name: name.to_owned() })?;
    let mut tx = store.begin().await?;
    if !tx.token_revoke(name, by, now).await? {
        return Ok(false);
    }
    let change = tx.change_add((by, &format!("revoked the token {name}")), &[], now).await?;
    if let Some(account) = row.account_id {
        tx.change_about(change, AccountId(account)).await?;
    }
    tx.audit_about(format!("token {name}"), &json!({}));
    tx.commit().await?;
    Ok(true)
}

/// The hash under which a secret is kept; none where it is no secret of ours.
pub fn secret_hash(secret: &str) -> Option<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == SECRET_BYTES).then(|| hashed(secret))
}

fn secret() -> Result<String, NoRandomness> {
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_form_and_kept_as_its_hash() {
        let [one, two] = [secret().expect("it is random"), secret().expect("it is random")];
        assert_ne!(one, two);
        assert_eq!(one.len(), "evc_".len() + 43);
        assert_eq!(secret_hash(&one), Some(hashed(&one)));
        assert_ne!(hashed(&one), hashed(&two));
        let cut = &one[..one.len() - 1];
        let other = one.replace("evc_", "evd_");
        for none in ["", "evc_", cut, &other, &format!("{one}A"), &format!("{one} ")] {
            assert_eq!(secret_hash(none), None, "{none}");
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        // From FIPS 180-2, appendix B.1.
        let abc = hashed("abc");
        assert_eq!(abc[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(abc[28..], [0xf2, 0x00, 0x15, 0xad]);
    }
}
