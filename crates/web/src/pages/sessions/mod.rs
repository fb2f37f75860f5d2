//! Where somebody is signed in, and which of their accounts they look at.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use domain::access::Area;
use domain::{AccountId, Timestamp};
use engine::users::sign_out_elsewhere;
use serde::Deserialize;

use super::{PageRoute, To};
use crate::door::{Posted, local, see};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::{Guest, Person};
use crate::zone::Zone;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Accounts;
    vec![
        PageRoute::get("/sessions", area, show).to(To::Themselves),
        PageRoute::post("/sessions/end", area, "Sign out everywhere else", end).to(To::Themselves),
        PageRoute::post("/look-at", area, "Look at another account", look_at).to(To::Themselves),
    ]
}

#[derive(Template)]
#[template(path = "pages/sessions/page.html")]
struct Page {
    frame: Frame,
    name: String,
    is: &'static str,
    accounts: Vec<String>,
    sessions: Vec<Line>,
    has_new_password: bool,
}

struct Line {
    since: String,
    seen: String,
    address: String,
    agent: String,
    is_this: bool,
}

#[derive(Default, Deserialize)]
struct Asked {
    password: Option<String>,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, Failure> {
    let person = of(&guest)?;
    let now = state.clock.now();
    let rows = state.store.sessions_list(person.user).await?;
    let time = |millis| zone.second(Timestamp::from_millis(millis)).text;
    let line = |row: store::SessionRow| Line {
        since: time(row.created_at),
        seen: time(row.last_seen_at),
        is_this: row.session_id == person.session,
        address: row.address,
        agent: row.agent,
    };
    let frame = Frame::new(&state, &guest, "Your sign-ins", "/sessions").read_at(now).zone(&zone);
    html(&Page {
        frame,
        name: person.name.clone(),
        is: person.role.as_str(),
        accounts: person.accounts.iter().map(|(_, name)| name.clone()).collect(),
        sessions: rows.into_iter().map(line).collect(),
        has_new_password: asked.is_ok_and(|Query(asked)| asked.password.is_some()),
    })
}

async fn end(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(()): Posted<()>,
) -> Result<Response, Failure> {
    let person = of(&guest)?;
    let who = (person.user, person.name.as_str());
    sign_out_elsewhere(&state.store, who, person.session).await?;
    Ok(see("/sessions"))
}

#[derive(Deserialize)]
struct LookAt {
    account: i64,
    #[serde(default)]
    next: Option<String>,
}

async fn look_at(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(form): Posted<LookAt>,
) -> Result<Response, Failure> {
    let (person, account) = (of(&guest)?, AccountId(form.account));
    if !person.accounts.iter().any(|(own, _)| *own == account) {
        return Err(Failure::NotFound { what: "account" });
    }
    let mut tx = state.store.begin().await?;
    tx.session_look_at(person.session, account).await?;
    tx.commit().await?;
    Ok(see(local(form.next.as_deref())))
}

/// Whoever is signed in. The door lets nobody else come here.
fn of(guest: &Guest) -> Result<&Person, Failure> {
    guest.person().ok_or(Failure::NotFound { what: "page" })
}
