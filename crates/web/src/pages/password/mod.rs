//! Choosing another password.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use domain::users::UserName;
use engine::users::{UserError, known, set_password};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use store::NewPassword;

use super::sign_in::signed_in;
use super::{PageRoute, To};
use crate::door::{Asker, Posted, see};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Accounts;
    vec![
        PageRoute::get("/password", area, show).to(To::Themselves),
        PageRoute::post("/password", area, "Change their password", change).to(To::Themselves),
    ]
}

#[derive(Template)]
#[template(path = "pages/password/page.html")]
struct Page {
    frame: Frame,
    name: String,
    must: bool,
    wrong: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    old: SecretString,
    password: SecretString,
    again: SecretString,
}

const OTHER: &str = "the old password is another";

async fn show(State(state): State<crate::State>, guest: Guest) -> Result<Response, Failure> {
    page(&state, &guest, None)
}

fn page(state: &crate::State, guest: &Guest, wrong: Option<String>) -> Result<Response, Failure> {
    let status = if wrong.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let name = guest.person().map(|person| person.name.clone()).unwrap_or_default();
    let must = guest.must_change_password();
    let frame = Frame::new(state, guest, "Your password", "/password");
    Ok((status, html(&Page { frame, name, must, wrong })?).into_response())
}

async fn change(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    Posted(form): Posted<Change>,
) -> Result<Response, Failure> {
    let person = guest.person().ok_or(Failure::NotFound { what: "page" })?;
    let now = state.clock.now();
    let wrong = |sentence: String| page(&state, &guest, Some(sentence));
    // Whoever sits at another's desk guesses no faster than at the door.
    state.entrance.may_try(asker.peer, now)?;
    let name = UserName::new(&person.name).map_err(UserError::from)?;
    let mut user = known(&state.store, &name).await?;
    let hash = Some(user.password_hash.clone());
    if !state.entrance.hasher.is_right(form.old.clone(), hash).await? {
        return wrong(OTHER.to_owned());
    }
    if form.password.expose_secret() != form.again.expose_secret() {
        return wrong("the two new passwords are not the same".to_owned());
    }
    if form.password.expose_secret() == form.old.expose_secret() {
        return wrong("the new password is the old one".to_owned());
    }
    let hash = match state.entrance.hasher.chosen(form.password, name).await? {
        Ok(hash) => hash,
        Err(UserError::Weak(why)) => return wrong(why.to_string()),
        Err(error) => return Err(error.into()),
    };
    let instead_of = Some(user.password_hash.as_str());
    let new = NewPassword { hash: &hash, is_temporary: false, instead_of };
    if !set_password(&state.store, &user, new, 0, now).await? {
        return wrong(OTHER.to_owned());
    }
    // They go on in a session of its own; all others are over.
    user.password_hash = hash;
    let came_in = signed_in(&state, (&guest, &asker), &user, "/sessions?password=changed").await?;
    Ok(came_in.unwrap_or_else(|| see("/sign-in")))
}
