//! The dashboard's pages: one table, from which the router and the tests are made.

mod about;
mod accounts;
mod agents;
mod api;
mod assign;
mod audit;
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
mod password;
mod run;
mod runs;
mod schedules;
mod sessions;
mod set_aside;
mod sign_in;
mod sources;
mod statements;
mod tokens;
mod users;
mod waiting;

use std::str::FromStr;
use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::access::{Area, Needs};

use serde::Deserialize;
use store::SourceRow;

use crate::State;
use crate::door::{Kept, PageDoor};
use crate::facts::{Glance, Owns, Written};
use crate::failure::Failure;
use crate::list::{Filter, address, given};

/// Where an identity provider sends people back to.
pub use sign_in::BACK_PATH as SIGN_IN_BACK_PATH;

/// Whose a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Whoever may see its area.
    Area,
    /// Everybody who is signed in: it is about themselves.
    Themselves,
    /// Anybody: it is how they come in.
    Anybody,
}

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
    /// Whose it is.
    pub to: To,
    pub(crate) handler: MethodRouter<State>,
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
        Self { method: Method::GET, path, what: "", needs, to: To::Area, handler }
    }

    /// One that changes something: `what` it does is a phrase, such as "Merge two contacts". Its
    /// form was checked when the handler takes it as `door::Posted`.
    pub fn post<H, T>(path: &'static str, area: Area, what: &'static str, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        let needs = Needs { area, writes: true };
        let handler = on(MethodFilter::POST, handler);
        Self { method: Method::POST, path, what, needs, to: To::Area, handler }
    }

    /// It is not of an area.
    #[must_use]
    pub fn to(self, to: To) -> Self {
        Self { to, ..self }
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
        schedules::routes(),
        statements::routes(),
        charts::routes(),
        accounts::routes(),
        agents::routes(),
        contacts::routes(),
        sources::routes(),
        runs::routes(),
        run::routes(),
        api::routes(),
        about::routes(),
        display::routes(),
        sign_in::routes(),
        sessions::routes(),
        password::routes(),
        users::routes(),
        tokens::routes(),
        audit::routes(),
    ]
    .concat()
}

/// The pages behind their door.
pub fn routes(state: &State) -> Router<State> {
    let mut router = Router::new();
    let (written, asked) = (Written::default(), Arc::new(Kept::new()));
    for page in table() {
        let method = MethodFilter::try_from(page.method.clone());
        let method = method.expect("the table has methods that a router knows");
        let path = page.path;
        let (state, written, asked) = (state.clone(), written.clone(), Arc::clone(&asked));
        let door = Arc::new(PageDoor { state, page, written, asked });
        let serve = on(method, async move |request: Request| door.serve(request).await);
        router = router.route(path, serve);
    }
    router
        .layer(Extension(Glance::new(&written)))
        .layer(Extension(Owns::new(&written)))
        .layer(Extension(accounts::Uses::new(&written)))
        .layer(Extension(agents::Handled::new(&written)))
        .layer(Extension(calls::Making::new(state.limits.files)))
        .layer(Extension(charts::Countings::new(&written)))
        .layer(Extension(gaps::Found::new(&written)))
        .layer(Extension(waiting::Rooms::new(&written)))
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
    /// The source, or none where it is all of them.
    fn choice(&self) -> Option<String> {
        given(self.source.as_deref())
    }

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
