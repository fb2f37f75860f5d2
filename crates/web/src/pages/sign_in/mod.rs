//! How people come in: signing in by a password or an identity provider, and adding the first operator.

mod first;
mod identity;
mod told;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use engine::users::{Came, sign_out, succeed, tried};
use secrecy::SecretString;
use serde::Deserialize;
use store::{Author, Store, UserRow};

use super::{PageRoute, To};
use crate::door::{Asker, Posted, SESSION, encoded, local, see};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;

pub use identity::BACK_PATH;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Accounts;
    vec![
        PageRoute::get("/sign-in", area, show).to(To::Anybody),
        PageRoute::post("/sign-in", area, "Sign in", enter).to(To::Anybody),
        PageRoute::get(identity::PATH, area, identity::set_out).to(To::Anybody),
        PageRoute::get(identity::BACK_PATH, area, identity::come_back).to(To::Anybody),
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
    /// What was wrong, as sentences.
    wrong: Option<String>,
    single: Option<Single>,
}

/// The way by an identity provider.
struct Single {
    label: String,
    href: String,
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

/// One answer for everything that can be wrong of a password, so that nobody learns which names there are.
const WRONG: &str = "The name or the password is wrong, or there were too many wrong tries and this \
                     name is locked for a while. An operator can unlock it.";

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
    page(&state, "", next, None)
}

/// The page to sign in at, with what was wrong before.
fn page(
    state: &crate::State,
    name: &str,
    next: &str,
    wrong: Option<(StatusCode, String)>,
) -> Result<Response, Failure> {
    let frame = Frame::plain("Sign in", state.notice.clone());
    let single = state.entrance.single().map(|single| Single {
        label: single.label.clone(),
        href: format!("{}?next={}", identity::PATH, encoded(next)),
    });
    let (status, wrong) = wrong.unzip();
    let page = Page { frame, name: name.to_owned(), next: next.to_owned(), wrong, single };
    Ok((status.unwrap_or(StatusCode::OK), html(&page)?).into_response())
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
    let came_in = match counted.filter(|_| is_right) {
        Some(user) => signed_in(&state, (&guest, &asker), user, next).await?,
        None => None,
    };
    let wrong = (StatusCode::FORBIDDEN, WRONG.to_owned());
    came_in.map_or_else(|| page(&state, &form.name, next, Some(wrong)), Ok)
}

/// Begins a session of somebody whose password was right, and ends the one they came with; nothing
/// where it is right no longer.
pub(super) async fn signed_in(
    state: &crate::State,
    (guest, asker): (&Guest, &Asker),
    user: &UserRow,
    next: &str,
) -> Result<Option<Response>, Failure> {
    let (store, came) = entering(state, asker, user);
    let secret = succeed(&store, user, came, state.clock.now()).await?;
    let Some(secret) = secret else { return Ok(None) };
    end_former(state, guest).await?;
    Ok(Some(with_session(next, &secret, asker)))
}

/// Ends the session somebody came with.
async fn end_former(state: &crate::State, guest: &Guest) -> Result<(), Failure> {
    let Some(before) = guest.person() else { return Ok(()) };
    Ok(sign_out(&state.store, before.session, &before.name).await?)
}

/// On whose behalf somebody signs in, and from where.
fn entering<'a>(state: &crate::State, asker: &'a Asker, user: &UserRow) -> (Store, Came<'a>) {
    let now = state.clock.now();
    let author = Author::new(&who(&user.name), &asker.address, "Sign in", "", now);
    let came = Came { address: &asker.address, agent: &asker.agent };
    (state.store.on_behalf(author), came)
}

/// Sends a browser on, in its new session.
fn with_session(next: &str, secret: &SecretString, asker: &Asker) -> Response {
    let mut answer = see(next);
    answer.headers_mut().insert(header::SET_COOKIE, SESSION.given(secret, asker.is_secure));
    answer
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
    answer.headers_mut().insert(header::SET_COOKIE, SESSION.taken(asker.is_secure));
    Ok(answer)
}

/// How the audit log tells somebody who is about to come in.
fn who(name: &str) -> String {
    format!("user {name}")
}
