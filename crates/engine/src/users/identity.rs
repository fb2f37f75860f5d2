//! Coming in by an identity provider: a trip there and back, and which user of ours it turned out to
//! be.
//!
//! Nobody is added by it. An operator enters an address at a user; whoever comes with it first, and
//! verified, is linked, and from then on the issuer's own name of them counts and the address does not.

use domain::Timestamp;
use domain::users::EmailAddress;
use providers::identity::Trip;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{Store, UserRow};

use super::sign_in::{Came, begin};
use super::{UserError, target};
use crate::secret::{NoRandomness, derived, hashed, secret};

pub use providers::identity::{IdentityError, IdentityProvider, Registration, Vouched};

/// A trip that may begin.
pub struct SetOut {
    /// What the browser is given until it comes back.
    pub secret: SecretString,
    /// What binds the sign-in to it.
    pub trip: Trip,
}

impl SetOut {
    /// Another one. Everything of it is made of one secret, so that there is nothing else to keep.
    pub fn new() -> Result<Self, NoRandomness> {
        let secret = secret()?;
        let trip = trip_of(&secret);
        Ok(Self { secret, trip })
    }

    /// Begins it.
    pub async fn begin(&self, store: &Store, next: &str, now: Timestamp) -> Result<(), UserError> {
        let mut tx = store.begin().await?;
        tx.trip_add(&hashed(self.secret.expose_secret()), next, now).await?;
        Ok(tx.commit().await?)
    }
}

/// A trip that came back.
pub struct Back {
    /// What bound the sign-in to the browser.
    pub trip: Trip,
    /// Where they wanted to.
    pub next: String,
}

/// Somebody of ours who came in by an identity provider.
#[derive(Debug)]
pub struct Known {
    /// Who it is.
    pub user: UserRow,
    /// The address by which they are to be linked, where they were here never before.
    pub link: Option<EmailAddress>,
}

/// Why nobody of ours came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The issuer says no address.
    NoAddress,
    /// It did not make sure that the address is theirs.
    Unverified,
    /// Nobody who may come in is entered with it.
    Nobody,
}

fn trip_of(secret: &SecretString) -> Trip {
    let of = |what| SecretString::from(derived(what, secret));
    Trip { state: of("state"), nonce: of("nonce"), verifier: of("verifier") }
}

/// Ends the trip of this browser, if `is_state` says that it is the one that came back; nothing where
/// it is another's, took too long, or came back before.
pub async fn come_back(
    store: &Store,
    secret: &SecretString,
    is_state: impl FnOnce(&str) -> bool,
    now: Timestamp,
) -> Result<Option<Back>, UserError> {
    let (hash, trip) = (hashed(secret.expose_secret()), trip_of(secret));
    if !is_state(trip.state.expose_secret()) || !store.is_trip_under_way(&hash, now).await? {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    let next = tx.trip_end(&hash, now).await?;
    tx.commit().await?;
    Ok(next.map(|next| Back { trip, next }))
}

/// Which user of ours this is.
pub async fn known_as(
    store: &Store,
    vouched: &Vouched,
) -> Result<Result<Known, Unknown>, UserError> {
    let may_come = |user: &UserRow| user.disabled_at.is_none();
    if let Some(user) = store.user_by_subject(&vouched.issuer, &vouched.subject).await? {
        let known = Some(user).filter(may_come).map(|user| Known { user, link: None });
        return Ok(known.ok_or(Unknown::Nobody));
    }
    let email = vouched.email.as_deref().and_then(|email| EmailAddress::new(email).ok());
    let Some(email) = email else { return Ok(Err(Unknown::NoAddress)) };
    if !vouched.is_email_verified {
        return Ok(Err(Unknown::Unverified));
    }
    let user = store.user_by_address(&email).await?.filter(may_come);
    Ok(user.map(|user| Known { user, link: Some(email) }).ok_or(Unknown::Nobody))
}

/// Signs in somebody the identity provider knows, and links them if they were here never before. Gives
/// the secret of the new session; nothing where they were linked, unlinked or shut out meanwhile.
pub async fn succeed_as(
    store: &Store,
    (known, vouched): (&Known, &Vouched),
    came: Came<'_>,
    now: Timestamp,
) -> Result<Option<SecretString>, UserError> {
    let Known { user, link } = known;
    let mut tx = store.begin().await?;
    if let Some(email) = link {
        let names = (vouched.issuer.as_str(), vouched.subject.as_str());
        if !tx.identity_link(user.user_id, email, names, now).await? {
            return Ok(None);
        }
    }
    if !tx.user_came_in(user.user_id, now).await? {
        return Ok(None);
    }
    let secret = begin(&mut tx, user, came, false, now).await?;
    let detail = json!({ "by": vouched.issuer, "isLinked": link.is_some() });
    tx.audit_about(target(&user.name), &detail);
    tx.commit().await?;
    Ok(Some(secret))
}

/// Enters the address by which an identity provider knows somebody, or takes it away. Whoever was
/// linked is no longer, and the user is signed out everywhere but in session `but`; 0 is none. Returns
/// whether it was not so already.
pub async fn set_address(
    store: &Store,
    user: &UserRow,
    email: Option<&EmailAddress>,
    but: i64,
) -> Result<bool, UserError> {
    let before = store.identity_of(user.user_id).await?;
    let before = before.and_then(|row| EmailAddress::new(&row.email).ok());
    let key = |email: &EmailAddress| email.key();
    if before.as_ref().map(key) == email.map(key) {
        return Ok(false);
    }
    let mut tx = store.begin().await?;
    let is_done = match email {
        Some(email) => tx.identity_enter(user.user_id, email).await?,
        None => tx.identity_take(user.user_id).await?,
    };
    match email {
        Some(email) if !is_done => {
            return Err(UserError::AddressTaken { email: email.as_str().to_owned() });
        }
        None if !is_done => return Ok(false),
        _ => {}
    }
    tx.sessions_end(user.user_id, but).await?;
    let detail = json!({ "address": email.map(EmailAddress::as_str) });
    tx.audit_about(target(&user.name), &detail);
    tx.commit().await?;
    Ok(true)
}

/// Forgets whom the identity provider meant, and signs them out everywhere but in session `but`; whoever
/// comes next with the address is linked. Returns whether anybody was linked.
pub async fn unlink(store: &Store, user: &UserRow, but: i64) -> Result<bool, UserError> {
    let mut tx = store.begin().await?;
    if !tx.identity_unlink(user.user_id).await? {
        return Ok(false);
    }
    tx.sessions_end(user.user_id, but).await?;
    tx.audit_about(target(&user.name), &json!({}));
    tx.commit().await?;
    Ok(true)
}
