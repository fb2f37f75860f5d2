//! How people come in: signing in, and adding the first operator.

mod first;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use engine::users::{Came, sign_out, succeed, tried};
use secrecy::SecretString;
use serde::Deserialize;
use store::{Author, UserRow};

use super::{PageRoute, To};
use crate::door::{Asker, Posted, given, local, see, taken};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Accounts;
    vec![
        PageRoute::get("/sign-in", area, show).to(To::Anybody),
        PageRoute::post("/sign-in", area, "Sign in", enter).to(To::Anybody),
        PageRoute::post("/sign-out", area, "Sign out", leave).to(To::Themselves),
        PageRoute::get("/set-up", area, first::show).to(To::Anybody),
        PageRoute::post("/set-up", area, "Set up", first::add).to(To::Anybody),
    ]
}

#[derive(Template)]
#[template(path = "pages/sign_in/page.html")]
struct Page {
    frame: Frame,
    name: String,
    next: String,
    is_wrong: bool,
}

#[derive(Default, Deserialize)]
struct Asked {
    next: Option<String>,
}

#[derive(Deserialize)]
struct SignIn {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: Option<String>,
}

/// One answer for everything that can be wrong, so that nobody learns which names there are.
const WRONG: StatusCode = StatusCode::FORBIDDEN;

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let next = local(asked.next.as_deref());
    if guest.person().is_some() || !state.entrance.has_sign_in() {
        return Ok(see(next));
    }
    if state.store.users_list().await?.is_empty() {
        return Ok(see("/set-up"));
    }
    page(&state, "", next, false)
}

fn page(state: &crate::State, name: &str, next: &str, is_wrong: bool) -> Result<Response, Failure> {
    let frame = Frame::plain("Sign in", state.notice.clone());
    let page = html(&Page { frame, name: name.to_owned(), next: next.to_owned(), is_wrong })?;
    let status = if is_wrong { WRONG } else { StatusCode::OK };
    Ok((status, page).into_response())
}

async fn enter(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    Posted(form): Posted<SignIn>,
) -> Result<Response, Failure> {
    let next = local(form.next.as_deref());
    if !state.entrance.has_sign_in() {
        return Ok(see(next));
    }
    let now = state.clock.now();
    state.entrance.may_try(asker.peer, now)?;
    let tried = tried(&state.store, &form.name, now).await?;
    let came = Came { address: &asker.address, agent: &asker.agent };
    // Beside each other, so that it takes as long whether there is somebody to count or not.
    let (counted, is_right) = tokio::join!(
        tried.count(&state.store, came, now),
        state.entrance.hasher.is_right(form.password, tried.hash()),
    );
    let (counted, is_right) = (counted?, is_right?);
    let Some(user) = counted.filter(|_| is_right) else {
        return page(&state, &form.name, next, true);
    };
    signed_in(&state, (&guest, &asker), user, next).await
}

/// Begins a session of somebody whose password was right, and ends the one they came with.
pub(super) async fn signed_in(
    state: &crate::State,
    (guest, asker): (&Guest, &Asker),
    user: &UserRow,
    next: &str,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    if let Some(before) = guest.person() {
        sign_out(&state.store, before.session, &before.name).await?;
    }
    let author = Author::new(&who(&user.name), &asker.address, "Sign in", "", now);
    let came = Came { address: &asker.address, agent: &asker.agent };
    let secret = succeed(&state.store.on_behalf(author), user, came, now).await?;
    let mut answer = see(next);
    answer.headers_mut().insert(header::SET_COOKIE, given(&secret, asker.is_secure));
    Ok(answer)
}

async fn leave(
    State(state): State<crate::State>,
    guest: Guest,
    asker: Asker,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    if let Some(person) = guest.person() {
        sign_out(&state.store, person.session, &person.name).await?;
    }
    let mut answer = see("/sign-in");
    answer.headers_mut().insert(header::SET_COOKIE, taken(asker.is_secure));
    Ok(answer)
}

/// How the audit log tells somebody who is about to come in.
fn who(name: &str) -> String {
    format!("user {name}")
}
