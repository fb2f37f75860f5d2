//! Changing one user.

use axum::extract::State;
use axum::response::Response;
use domain::AccountId;
use domain::users::EmailAddress;
use engine::users::identity::{self, set_address};
use engine::users::{self, UserError, made, set_disabled, set_granted, set_password};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::{NewPassword, UserRow};

use super::{given, one};
use crate::door::{Posted, see};
use crate::extract::Path;
use crate::failure::Failure;
use crate::guest::Guest;

type Named = Path<i64>;

/// An account a form names.
#[derive(Deserialize)]
pub struct Account {
    account: i64,
}

fn back(user: &UserRow) -> Response {
    see(&format!("/users/{}", user.user_id))
}

pub async fn disable(
    State(state): State<crate::State>,
    path: Named,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    set_disabled(&state.store, &user, true, state.clock.now()).await?;
    Ok(back(&user))
}

pub async fn enable(
    State(state): State<crate::State>,
    path: Named,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    set_disabled(&state.store, &user, false, state.clock.now()).await?;
    Ok(back(&user))
}

pub async fn unlock(
    State(state): State<crate::State>,
    path: Named,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    users::unlock(&state.store, &user).await?;
    Ok(back(&user))
}

pub async fn password(
    State(state): State<crate::State>,
    guest: Guest,
    path: Named,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    let password = made()?;
    let hash = state.entrance.hasher.made(password.clone()).await?;
    let new = NewPassword { hash: &hash, is_temporary: true, instead_of: None };
    set_password(&state.store, &user, new, 0, state.clock.now()).await?;
    given(&state, &guest, &user, password.expose_secret())
}

pub async fn grant(
    State(state): State<crate::State>,
    path: Named,
    Posted(form): Posted<Account>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    set_granted(&state.store, &user, AccountId(form.account), true).await?;
    Ok(back(&user))
}

pub async fn revoke(
    State(state): State<crate::State>,
    path: Named,
    Posted(form): Posted<Account>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    set_granted(&state.store, &user, AccountId(form.account), false).await?;
    Ok(back(&user))
}

/// An address a form enters; nothing where there is to be none.
#[derive(Deserialize)]
pub struct Address {
    #[serde(default)]
    email: String,
}

pub async fn address(
    State(state): State<crate::State>,
    guest: Guest,
    path: Named,
    Posted(form): Posted<Address>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    let email = match form.email.trim() {
        "" => None,
        typed => Some(EmailAddress::new(typed).map_err(UserError::from)?),
    };
    set_address(&state.store, &user, email.as_ref(), own_session(&guest)).await?;
    Ok(back(&user))
}

pub async fn unlink(
    State(state): State<crate::State>,
    guest: Guest,
    path: Named,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let user = one::user(&state, path).await?;
    identity::unlink(&state.store, &user, own_session(&guest)).await?;
    Ok(back(&user))
}

/// The session of whoever asks, which goes on where they change themselves; 0 is none.
fn own_session(guest: &Guest) -> i64 {
    guest.person().map_or(0, |person| person.session)
}
