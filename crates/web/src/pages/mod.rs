//! The dashboard's pages: one table, from which the router and the tests are made.

mod calls;
mod overview;
mod run;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::access::{Area, Needs};

use crate::State;
use crate::guest::Guest;

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
    [overview::routes(), calls::routes(), run::routes()].concat()
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
