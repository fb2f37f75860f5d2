//! One user.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Html;
use domain::users::UserRole;
use store::UserRow;

use super::{Line, accounts};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "pages/users/one.html")]
struct Page {
    frame: Frame,
    user: Line,
    is_member: bool,
    is_disabled: bool,
    has_tried: bool,
    /// Accounts a member may look at, and those they could.
    own: Vec<(i64, String)>,
    others: Vec<(i64, String)>,
}

/// The user of the path.
pub async fn user(
    state: &crate::State,
    path: Result<Path<i64>, PathRejection>,
) -> Result<UserRow, Failure> {
    let Ok(Path(id)) = path else { return Err(Failure::NotFound { what: "user" }) };
    state.store.user_get(id).await?.ok_or(Failure::NotFound { what: "user" })
}

pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    path: Result<Path<i64>, PathRejection>,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let row = user(&state, path).await?;
    let grants = state.store.user_accounts(Some(row.user_id)).await?;
    let user = Line::of(&row, &grants, (&zone, now))?;
    let own: Vec<(i64, String)> =
        grants.into_iter().map(|grant| (grant.account_id, grant.account)).collect();
    let mut others = accounts(&state).await?;
    others.retain(|account| !own.contains(account));
    let frame = Frame::new(&state, &guest, user.name.clone(), "/users").read_at(now).zone(&zone);
    html(&Page {
        frame,
        user,
        is_member: row.role()? == UserRole::Member,
        is_disabled: row.disabled_at.is_some(),
        has_tried: row.failures > 0,
        own,
        others,
    })
}
