//! How pages are shown to this viewer: their time zone.

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::access::Area;
use serde::Deserialize;

use super::PageRoute;
use crate::extract::Query;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::zone::{COOKIE, Zone};

const PATH: &str = "/display";

/// A year, in seconds.
const YEAR: u64 = 365 * 86_400;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Accounts, show)]
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DisplayAsked {
    /// The zone that was chosen.
    zone: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/display/page.html")]
struct Page {
    frame: Frame,
    zone: String,
    common: [&'static str; 14],
}

const COMMON: [&str; 14] = [
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Manila",
    "Australia/Sydney",
];

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<DisplayAsked>,
) -> Result<Response, Failure> {
    let Some(name) = asked.zone.as_deref().map(str::trim).filter(|name| !name.is_empty()) else {
        let frame = Frame::new(&state, &guest, "Display", PATH).zone(&zone);
        return Ok(html(&Page { frame, zone: zone.name, common: COMMON })?.into_response());
    };
    // Only a name of the zone database comes into the header.
    let chosen = Zone::named(name).ok_or_else(|| Failure::Misasked {
        sentence: "zone is a name of the time zone database, such as Europe/Berlin.".to_owned(),
    })?;
    let cookie = format!("{COOKIE}={}; Path=/; Max-Age={YEAR}; SameSite=Lax", chosen.name);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(PATH)).into_response())
}
