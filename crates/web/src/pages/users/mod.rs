//! Who may sign in, for operators.

mod change;
mod one;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use domain::users::{UserName, UserRole};
use domain::{AccountId, Timestamp};
use engine::users::{UserAsked, UserError, add as user_add, made};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::{GrantRow, UserRow};

use super::PageRoute;
use crate::door::Posted;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::zone::Zone;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Operators;
    vec![
        PageRoute::get("/users", area, show),
        PageRoute::post("/users", area, "Add a user", add),
        PageRoute::get("/users/{user}", area, one::show),
        PageRoute::post("/users/{user}/disable", area, "Shut a user out", change::disable),
        PageRoute::post("/users/{user}/enable", area, "Let a user in again", change::enable),
        PageRoute::post("/users/{user}/unlock", area, "Unlock a user", change::unlock),
        PageRoute::post(
            "/users/{user}/password",
            area,
            "Give a user another password",
            change::password,
        ),
        PageRoute::post(
            "/users/{user}/grant",
            area,
            "Let a user look at an account",
            change::grant,
        ),
        PageRoute::post(
            "/users/{user}/revoke",
            area,
            "Keep a user from an account",
            change::revoke,
        ),
        PageRoute::post(
            "/users/{user}/address",
            area,
            "Enter a user's address at the identity provider",
            change::address,
        ),
        PageRoute::post(
            "/users/{user}/unlink",
            area,
            "Unlink a user from the identity provider",
            change::unlink,
        ),
    ]
}

#[derive(Template)]
#[template(path = "pages/users/page.html")]
struct Page {
    frame: Frame,
    users: Vec<Line>,
    accounts: Vec<(i64, String)>,
    typed: String,
    wrong: Option<String>,
}

/// One user, for a person.
pub struct Line {
    pub id: i64,
    pub name: String,
    pub is: String,
    pub state: &'static str,
    pub class: &'static str,
    pub last: String,
    pub since: String,
    pub by: String,
}

impl Line {
    fn of(
        row: &UserRow,
        grants: &[GrantRow],
        (zone, now): (&Zone, Timestamp),
    ) -> Result<Self, Failure> {
        let time = |millis| zone.second(Timestamp::from_millis(millis)).text;
        let own = grants.iter().filter(|grant| grant.user_id == row.user_id);
        let own: Vec<&str> = own.map(|grant| grant.account.as_str()).collect();
        let is = match row.role()? {
            UserRole::Operator => "operator".to_owned(),
            UserRole::Member if own.is_empty() => "member of no account".to_owned(),
            UserRole::Member => format!("member of {}", own.join(", ")),
        };
        let (state, class) = match row {
            row if row.disabled_at.is_some() => ("shut out", "failed"),
            row if row.is_locked(now) => ("locked", "partial"),
            row if row.password_is_temporary != 0 => ("is to choose a password", "partial"),
            _ => ("may sign in", "success"),
        };
        Ok(Self {
            id: row.user_id,
            name: row.name.clone(),
            is,
            state,
            class,
            last: row.last_sign_in_at.map_or_else(|| "never".to_owned(), time),
            since: time(row.created_at),
            by: row.created_by.clone(),
        })
    }
}

/// A password that is shown this once.
#[derive(Template)]
#[template(path = "pages/users/given.html")]
struct Given {
    frame: Frame,
    id: i64,
    name: String,
    password: String,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Response, Failure> {
    page(&state, (&guest, &zone), "", None).await
}

async fn page(
    state: &crate::State,
    (guest, zone): (&Guest, &Zone),
    typed: &str,
    wrong: Option<String>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let grants = state.store.user_accounts(None).await?;
    let rows = state.store.users_list().await?;
    let users = rows.iter().map(|row| Line::of(row, &grants, (zone, now)));
    let users = users.collect::<Result<_, _>>()?;
    let frame = Frame::new(state, guest, "Users", "/users").read_at(now).zone(zone);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (accounts, typed) = (accounts(state).await?, typed.to_owned());
    Ok((status, html(&Page { frame, users, accounts, typed, wrong })?).into_response())
}

/// The accounts that somebody could look at.
async fn accounts(state: &crate::State) -> Result<Vec<(i64, String)>, Failure> {
    let rows = state.store.accounts_list().await?.into_iter();
    Ok(rows.filter(|row| row.archived_at.is_none()).map(|row| (row.id.0, row.name)).collect())
}

#[derive(Deserialize)]
struct Add {
    name: String,
    /// `operator`, or the id of the account a member begins with, or nothing.
    #[serde(default)]
    is: String,
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Posted(form): Posted<Add>,
) -> Result<Response, Failure> {
    let wrong =
        |error: UserError| page(&state, (&guest, &zone), &form.name, Some(error.to_string()));
    let name = match UserName::new(&form.name) {
        Ok(name) => name,
        Err(error) => return wrong(error.into()).await,
    };
    let (role, accounts) = match form.is.as_str() {
        "operator" => (UserRole::Operator, Vec::new()),
        "" => (UserRole::Member, Vec::new()),
        account => match account.parse() {
            Ok(id) => (UserRole::Member, vec![AccountId(id)]),
            Err(_) => return Err(Failure::NotFound { what: "account" }),
        },
    };
    let password = made()?;
    let password_hash = state.entrance.hasher.made(password.clone()).await?;
    let asked = UserAsked {
        name: &name,
        role,
        accounts: &accounts,
        password_hash: &password_hash,
        is_temporary: true,
        is_first: false,
    };
    match user_add(&state.store, &asked, &guest.by(), state.clock.now()).await {
        Ok(user) => given(&state, &guest, &user, password.expose_secret()),
        Err(error @ UserError::NameTaken { .. }) => wrong(error).await,
        Err(error) => Err(error.into()),
    }
}

fn given(
    state: &crate::State,
    guest: &Guest,
    user: &UserRow,
    password: &str,
) -> Result<Response, Failure> {
    let frame = Frame::new(state, guest, "A password to hand over", "/users");
    let (name, password) = (user.name.clone(), password.to_owned());
    Ok(html(&Given { frame, id: user.user_id, name, password })?.into_response())
}
