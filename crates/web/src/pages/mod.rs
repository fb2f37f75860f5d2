//! The dashboard's pages: one table, from which the router and the tests are made.

mod about;
mod accounts;
mod agents;
mod call;
mod calls;
mod contacts;
mod coverage;
mod display;
mod gaps;
mod overview;
mod run;
mod runs;
mod set_aside;
mod sources;
mod statements;
mod waiting;

use std::str::FromStr;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::access::{Area, Needs};

use serde::Deserialize;
use store::SourceRow;

use crate::State;
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
        Self { method: Method::GET, path, needs, handler: on(MethodFilter::GET, handler) }
    }
}

/// Every page.
pub fn table() -> Vec<PageRoute> {
    [
        overview::routes(),
        calls::routes(),
        call::routes(),
        waiting::routes(),
        set_aside::routes(),
        coverage::routes(),
        gaps::routes(),
        statements::routes(),
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
pub fn routes() -> Router<State> {
    let mut router = Router::new();
    for page in table() {
        router = router.route(page.path, page.handler.route_layer(from_fn(enter)));
    }
    router
}

/// There is no sign-in, so whoever asks is at this machine.
async fn enter(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Guest::at_this_machine());
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
