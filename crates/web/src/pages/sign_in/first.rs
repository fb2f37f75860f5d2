//! Adding the first operator, by whoever sees what the service prints when it starts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::users::{UserName, UserRole};
use engine::users::{UserAsked, UserError, add as user_add};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use store::Author;

use super::{signed_in, who};
use crate::door::{Asker, Posted, see};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;

#[derive(Template)]
#[template(path = "pages/sign_in/first.html")]
struct Page {
    frame: Frame,
    name: String,
    wrong: Option<String>,
    /// Whether there is a code that could be typed.
    is_offered: bool,
}

#[derive(Deserialize)]
pub struct First {
    code: SecretString,
    name: String,
    password: SecretString,
    again: SecretString,
}

pub async fn show(State(state): State<crate::State>) -> Result<Response, Failure> {
    if !is_open(&state).await? {
        return Ok(see("/sign-in"));
    }
    page(&state, "", None)
}

/// Whether nobody was added yet.
async fn is_open(state: &crate::State) -> Result<bool, Failure> {
    Ok(state.entrance.has_sign_in() && state.store.users_list().await?.is_empty())
}

fn page(state: &crate::State, name: &str, wrong: Option<String>) -> Result<Response, Failure> {
    let frame = Frame::plain("Set up", state.notice.clone());
    let is_offered = state.entrance.offers_set_up(state.clock.now());
    let status = if wrong.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    let page = html(&Page { frame, name: name.to_owned(), wrong, is_offered })?;
    Ok((status, page).into_response())
}

pub async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    Posted(form): Posted<First>,
) -> Result<Response, Failure> {
    if !is_open(&state).await? {
        return Ok(see("/sign-in"));
    }
    let now = state.clock.now();
    state.entrance.may_try(asker.peer, now)?;
    let wrong = |sentence: String| page(&state, &form.name, Some(sentence));
    if !state.entrance.opens_set_up(form.code.expose_secret(), now) {
        return wrong("this is not the code, or it does not hold any more".to_owned());
    }
    if form.password.expose_secret() != form.again.expose_secret() {
        return wrong("the two passwords are not the same".to_owned());
    }
    let name = match UserName::new(&form.name) {
        Ok(name) => name,
        Err(error) => return wrong(error.to_string()),
    };
    let chosen = state.entrance.hasher.chosen(form.password, name.clone()).await?;
    let password_hash = match chosen {
        Ok(hash) => hash,
        Err(UserError::Weak(why)) => return wrong(why.to_string()),
        Err(error) => return Err(error.into()),
    };
    let first = UserAsked {
        name: &name,
        role: UserRole::Operator,
        accounts: &[],
        password_hash: &password_hash,
        is_temporary: false,
        is_first: true,
    };
    let author = Author::new(&who(name.as_str()), &asker.address, "Set up", "", now);
    let added = user_add(&state.store.on_behalf(author), &first, "the set-up", now).await;
    let user = match added {
        Ok(user) => user,
        Err(UserError::NotFirst | UserError::NameTaken { .. }) => return Ok(see("/sign-in")),
        Err(error) => return Err(error.into()),
    };
    state.entrance.close_set_up();
    let came_in = signed_in(&state, (&guest, &asker), &user, "/").await?;
    Ok(came_in.unwrap_or_else(|| see("/sign-in")))
}
