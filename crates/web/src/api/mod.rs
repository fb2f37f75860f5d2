//! The JSON API: one table of routes, from which the router, its document and its tests are made.
//!
//! A request comes in through [`door`]; what a route needs is said once, in its line of the table.

mod accounts;
mod agents;
mod asked;
mod assignments;
mod calls;
mod contacts;
mod door;
mod in_force;
mod instant;
mod jobs;
mod openapi;
mod route;
mod rules;
mod runs;
mod sources;
mod told;
mod waiting;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::timeout::TimeoutLayer;

pub use asked::Named;
pub use assignments::{AssignSaid, assigned};
pub use contacts::{ContactFacts, ContactsAsked, contacts_found};
pub use door::Limits;
pub use instant::Instant;
pub use openapi::whole as document;
pub use route::{Route, Takes};

use crate::failure::Failure;
use door::{Door, Throttle};

/// Every route of the API.
pub fn table() -> Vec<Route> {
    [
        runs::routes(),
        jobs::routes(),
        calls::routes(),
        accounts::routes(),
        agents::routes(),
        assignments::routes(),
        rules::routes(),
        waiting::routes(),
        contacts::routes(),
    ]
    .concat()
}

/// Everything under `/api/v1`.
pub fn routes(state: &crate::State) -> Router<crate::State> {
    let throttle = Arc::new(Throttle::new(state.limits));
    let mut router = Router::new();
    for route in table() {
        let door = Door {
            state: state.clone(),
            throttle: Arc::clone(&throttle),
            needs: route.needs,
            takes: route.takes,
        };
        let patience = route.patience();
        let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, patience);
        let handler = route.handler.route_layer(from_fn_with_state(door, door::enter));
        router = router.route(route.path, handler.route_layer(timeout));
    }
    router
        .route("/openapi.json", get(async || openapi::show()))
        .fallback(async || Failure::NotFound { what: "route" })
        .method_not_allowed_fallback(async || Failure::OtherMethod)
}
