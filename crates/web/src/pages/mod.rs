//! The dashboard's pages: one table, from which the router and the tests are made.

mod about;
mod accounts;
mod agents;
mod assign;
mod call;
mod calls;
mod charts;
mod contacts;
mod coverage;
mod diagnostics;
mod display;
mod gaps;
mod jobs;
mod overview;
mod run;
mod runs;
mod set_aside;
mod sources;
mod statements;
mod waiting;

use std::str::FromStr;

use axum::Extension;
use axum::Router;
use axum::extract::{Request, State as Of};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::access::{Area, Needs};

use serde::Deserialize;
use store::SourceRow;

use crate::State;
use crate::door;
use crate::facts::Kept;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::list::{Filter, address};

/// One page: a method, a path, and what a request needs.
#[derive(Clone)]
pub struct PageRoute {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    /// What it does, as a phrase for the audit log; empty where it changes nothing.
    pub what: &'static str,
    /// What a request needs.
    pub needs: Needs,
    handler: MethodRouter<State>,
}

impl PageRoute {
    /// One that shows something.
    pub fn get<H, T>(path: &'static str, area: Area, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        let needs = Needs { area, writes: false };
        let handler = on(MethodFilter::GET, handler);
        Self { method: Method::GET, path, what: "", needs, handler }
    }

    /// One that changes something: `what` it does is a phrase, such as "Merge two contacts". Its
    /// form was checked when the handler takes it as [`crate::door::Posted`].
    pub fn post<H, T>(path: &'static str, area: Area, what: &'static str, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        let needs = Needs { area, writes: true };
        let handler = on(MethodFilter::POST, handler);
        Self { method: Method::POST, path, what, needs, handler }
    }
}

/// Every page.
pub fn table() -> Vec<PageRoute> {
    [
        overview::routes(),
        calls::routes(),
        call::routes(),
        waiting::routes(),
        assign::routes(),
        set_aside::routes(),
        coverage::routes(),
        gaps::routes(),
        diagnostics::routes(),
        jobs::routes(),
        statements::routes(),
        charts::routes(),
        accounts::routes(),
        agents::routes(),
        contacts::routes(),
        sources::routes(),
        runs::routes(),
        run::routes(),
        about::routes(),
        display::routes(),
    ]
    .concat()
}

/// The pages behind their door.
pub fn routes(state: &State) -> Router<State> {
    let kept = Kept::default();
    let mut router = Router::new();
    for page in table() {
        let door = (state.clone(), page.needs);
        let enter = from_fn_with_state(door, enter);
        router = router
            .route(page.path, page.handler.route_layer(Extension(kept.clone())).route_layer(enter));
    }
    router
}

/// Lets a request in, or says why not.
async fn enter(
    Of((state, needs)): Of<(State, Needs)>,
    mut request: Request,
    next: Next,
) -> Response {
    let guest = Guest::at_this_machine(state.entrance.machine());
    if needs.writes {
        request = match door::read(request, &guest).await {
            Ok(request) => request,
            Err(failure) => return Failure::into_response(failure),
        };
    }
    request.extensions_mut().insert(guest);
    next.run(request).await
}

/// Of one source, or of all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfSourceAsked {
    source: Option<String>,
    /// Whether the list is wanted as a file.
    file: Option<String>,
}

impl OfSourceAsked {
    /// Where the same list is a file.
    fn file_at(&self, path: &str) -> String {
        address(path, [("source", self.source.as_deref()), ("file", Some("csv"))])
    }
}

/// The sources that are asked for.
async fn chosen(state: &State, asked: &OfSourceAsked) -> Result<Vec<SourceRow>, Failure> {
    let mut sources = state.store.sources_list().await?;
    if let Some(name) = asked.source.as_deref().filter(|name| !name.is_empty()) {
        sources.retain(|row| row.name == name);
        if sources.is_empty() {
            return Err(Failure::NotFound { what: "source" });
        }
    }
    Ok(sources)
}

/// The choice of a source.
async fn source_filter(state: &State, asked: &OfSourceAsked) -> Result<Filter, Failure> {
    let names = state.store.sources_list().await?.into_iter();
    let names = names.map(|row| (row.name.clone(), row.name));
    Ok(Filter::of(("source", "Source"), asked.source.as_deref(), names))
}

/// A word that is one of few.
fn word<T: FromStr>(
    name: &str,
    given: Option<String>,
    known: &[&str],
) -> Result<Option<T>, Failure> {
    let Some(word) = given else { return Ok(None) };
    word.parse().map(Some).map_err(|_unknown| Failure::Misasked {
        sentence: format!("{name} is one of {}.", known.join(", ")),
    })
}
