//! One user.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use domain::Timestamp;
use domain::users::UserRole;
use store::UserRow;

use super::{Line, accounts};
use crate::extract::Path;
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
    /// By what an identity provider knows them, where there is one.
    single: Option<Single>,
}

/// By what an identity provider knows somebody.
struct Single {
    /// The address that was entered; empty where there is none.
    email: String,
    /// Since when it is known whom it means.
    since: Option<String>,
    /// Whether another identity provider is configured now than the one that said so.
    is_elsewhere: bool,
}

async fn single(
    state: &crate::State,
    user: &UserRow,
    zone: &Zone,
) -> Result<Option<Single>, Failure> {
    let Some(configured) = state.entrance.single() else { return Ok(None) };
    let row = state.store.identity_of(user.user_id).await?;
    let since = row.as_ref().and_then(|row| row.linked_at);
    let issuer = row.as_ref().and_then(|row| row.issuer.as_deref());
    Ok(Some(Single {
        since: since.map(|at| zone.second(Timestamp::from_millis(at)).text),
        is_elsewhere: issuer.is_some_and(|issuer| issuer != configured.provider.issuer()),
        email: row.map(|row| row.email).unwrap_or_default(),
    }))
}

/// The user of the path.
pub async fn user(state: &crate::State, Path(id): Path<i64>) -> Result<UserRow, Failure> {
    state.store.user_get(id).await?.ok_or(Failure::NotFound { what: "user" })
}

pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    path: Path<i64>,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let row = user(&state, path).await?;
    let grants = state.store.user_accounts(Some(row.user_id)).await?;
    let user = Line::of(&row, &grants, (&zone, now))?;
    let own: Vec<(i64, String)> =
        grants.into_iter().map(|grant| (grant.account_id, grant.account)).collect();
    let mut others = accounts(&state).await?;
    others.retain(|account| !own.contains(account));
    let single = single(&state, &row, &zone).await?;
    let frame = Frame::new(&state, &guest, user.name.clone(), "/users").read_at(now).zone(&zone);
    html(&Page {
        frame,
        user,
        is_member: row.role()? == UserRole::Member,
        is_disabled: row.disabled_at.is_some(),
        has_tried: row.failures > 0,
        own,
        others,
        single,
    })
}
