//! Signing in by an identity provider: the way there, and the way back.
//!
//! The way there is a link and no form, because browsers hold a form's redirects to `form-action`. It
//! is gone from pages of ours alone, so that no other page sends people on it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use engine::users::identity::{
    Back, IdentityError, SetOut, Vouched, come_back as end_trip, known_as, succeed_as,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::told::{self, Told};
use super::{Asked, end_former, entering, page, with_session};
use crate::door::{Asker, SingleSignOn, TRIP, encoded, is_same, local, see};
use crate::failure::Failure;
use crate::guest::Guest;

/// Where people set out.
pub const PATH: &str = "/sign-in/openid-connect";
/// Where they come back to, which the identity provider must be told.
pub const BACK_PATH: &str = "/sign-in/openid-connect/callback";

pub async fn set_out(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let query = query.map(|Query(query)| query).unwrap_or_default();
    let next = local(query.next.as_deref());
    let single = single(&state)?;
    if guest.person().is_some() {
        return Ok(see(next));
    }
    if !asker.is_from_here {
        return Ok(see(&format!("/sign-in?next={}", encoded(next))));
    }
    let now = state.clock.now();
    state.entrance.may_try(asker.peer, now)?;
    let out = SetOut::new()?;
    let to = match single.provider.address(&out.trip, now).await {
        Ok(to) => HeaderValue::from_str(to.as_str()),
        Err(error) => return wrong(&state, next, told::of_provider(&error)),
    };
    let to = to.map_err(|error| Failure::Defect { detail: error.to_string() })?;
    out.begin(&state.store, next, now).await?;
    let cookie = TRIP.given(&out.secret, asker.is_secure);
    let headers = [(header::LOCATION, to), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// What an identity provider says in the address it sends a browser back to.
#[derive(Default, Deserialize)]
pub struct Said {
    state: Option<SecretString>,
    code: Option<SecretString>,
    error: Option<String>,
}

pub async fn come_back(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    said: Result<Query<Said>, QueryRejection>,
) -> Result<Response, Failure> {
    let single = single(&state)?;
    let said = said.map(|Query(said)| said).unwrap_or_default();
    let Some(back) = trip(&state, &asker, said.state.as_ref()).await? else {
        return refused(&state, &asker, "/", told::stale());
    };
    let next = local(Some(&back.next));
    let vouched = match vouched(&state, single, &said, &back).await {
        Ok(vouched) => vouched,
        Err(told) => return refused(&state, &asker, next, told),
    };
    let known = match known_as(&state.store, &vouched).await? {
        Ok(known) => known,
        Err(unknown) => return refused(&state, &asker, next, told::of_nobody(unknown, &vouched)),
    };
    let (store, came) = entering(&state, &asker, &known.user);
    let secret = succeed_as(&store, (&known, &vouched), came, state.clock.now()).await?;
    let Some(secret) = secret else { return refused(&state, &asker, next, told::stale()) };
    end_former(&state, &guest).await?;
    let mut answer = with_session(next, &secret, &asker);
    answer.headers_mut().append(header::SET_COOKIE, TRIP.taken(asker.is_secure));
    Ok(answer)
}

/// Signing in by an identity provider; no page where there is none.
fn single(state: &crate::State) -> Result<&SingleSignOn, Failure> {
    state.entrance.single().ok_or(Failure::NotFound { what: "page" })
}

/// The trip of this browser, if it is the one that came back. It is over with that.
async fn trip(
    state: &crate::State,
    asker: &Asker,
    came: Option<&SecretString>,
) -> Result<Option<Back>, Failure> {
    let (Some(secret), Some(came)) = (&asker.trip, came) else { return Ok(None) };
    let is_state = |own: &str| is_same(came.expose_secret(), own);
    Ok(end_trip(&state.store, secret, is_state, state.clock.now()).await?)
}

/// Who the identity provider says it is, or what to tell whoever came back.
async fn vouched(
    state: &crate::State,
    single: &SingleSignOn,
    said: &Said,
    back: &Back,
) -> Result<Vouched, Told> {
    if let Some(code) = &said.error {
        return Err(told::of_code(code));
    }
    let Some(code) = &said.code else {
        let why = "it sent somebody back without a code".to_owned();
        return Err(told::of_provider(&IdentityError::Misanswered { why }));
    };
    let vouched = single.provider.identity(code, &back.trip, state.clock.now()).await;
    vouched.map_err(|error| told::of_provider(&error))
}

/// Whoever came back in vain. It counts as a try, as a wrong password does.
fn refused(
    state: &crate::State,
    asker: &Asker,
    next: &str,
    told: Told,
) -> Result<Response, Failure> {
    state.entrance.may_try(asker.peer, state.clock.now())?;
    let mut answer = wrong(state, next, told)?;
    answer.headers_mut().append(header::SET_COOKIE, TRIP.taken(asker.is_secure));
    Ok(answer)
}

fn wrong(state: &crate::State, next: &str, told: Told) -> Result<Response, Failure> {
    let Told { status, sentence, logged } = told;
    if status.is_server_error() {
        tracing::warn!("Nobody can come in by the identity provider: {logged}");
    } else {
        tracing::info!("Somebody did not come in by the identity provider: {logged}");
    }
    page(state, "", next, Some((status, sentence)))
}
