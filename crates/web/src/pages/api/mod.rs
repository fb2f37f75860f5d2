//! The API, route by route as its document has it, each to be tried out.
//!
//! Forms are sent here, and this page leads on to the route that is meant, because an address with a
//! name in its path cannot be made by a form alone. Where scripts run, one sends the request and shows
//! the answer beside it.

mod shape;

use std::collections::HashMap;
use std::sync::LazyLock;

use askama::Template;
use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::access::Area;
use serde_json::Value;

use super::PageRoute;
use crate::api;
use crate::assets::TRY_PATH;
use crate::extract::Query;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{address, encoded};
use crate::zone::Zone;
use shape::{Group, groups};

const PATH: &str = "/api";

static DOCUMENT: LazyLock<Value> = LazyLock::new(api::document);

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Accounts, show)]
}

#[derive(Template)]
#[template(path = "pages/api/page.html")]
struct Page {
    frame: Frame,
    groups: Vec<Group>,
    is_operator: bool,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(mut asked): Query<HashMap<String, String>>,
) -> Result<Response, Failure> {
    if let Some(route) = asked.remove("route") {
        return Ok(Redirect::to(&leads_to(&route, &asked)?).into_response());
    }
    let frame = Frame::new(&state, &guest, "API", PATH).zone(&zone).script(&TRY_PATH);
    let is_operator = guest.may_see(Area::Operators);
    let groups = groups(&DOCUMENT, |area| guest.may_see(area));
    Ok(html(&Page { frame, groups, is_operator })?.into_response())
}

/// The address of a route that reads, with these things in its path and its query.
fn leads_to(path: &str, asked: &HashMap<String, String>) -> Result<String, Failure> {
    let known = api::table().into_iter().find(|it| it.path == path && it.method == Method::GET);
    let known = known.ok_or(Failure::NotFound { what: "route" })?;
    let mut in_path = Vec::new();
    let mut url = "/api/v1".to_owned();
    for word in known.path.split('/').skip(1) {
        url.push('/');
        match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            None => url.push_str(word),
            Some(name) => {
                let value = asked.get(name).map(|value| value.trim()).unwrap_or_default();
                if value.is_empty() {
                    return Err(Failure::Misasked { sentence: format!("say which {name}.") });
                }
                url.push_str(&encoded(value));
                in_path.push(name);
            }
        }
    }
    let mut rest: Vec<(&str, Option<&str>)> = asked
        .iter()
        .filter(|(name, _)| !in_path.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), Some(value.as_str())))
        .collect();
    rest.sort_unstable();
    // A name may be whatever somebody typed into the address, and is carried as the values are.
    let names: Vec<String> = rest.iter().map(|(name, _)| encoded(name)).collect();
    let pairs = names.iter().zip(&rest).map(|(name, (_, value))| (name.as_str(), *value));
    Ok(address(&url, pairs))
}
