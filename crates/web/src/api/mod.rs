//! The JSON API: one table of routes, from which the router, its document and its tests are made.
//!
//! A request comes in through [`door`]; what a route needs is said once, in its line of the table.

mod accounts;
mod agents;
mod asked;
mod assignments;
mod audit;
mod calls;
mod changes;
mod contacts;
mod door;
mod in_force;
mod instant;
mod jobs;
mod openapi;
mod route;
mod rules;
mod runs;
mod schedules;
mod set_ups;
mod sources;
mod told;
mod waiting;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{MethodFilter, get, on};
use tower_http::timeout::TimeoutLayer;

pub use asked::Named;
pub use assignments::{AssignSaid, assigned};
pub use contacts::{ContactFacts, ContactsAsked, contacts_found};
pub use instant::{DayOrInstant, Instant};
pub use openapi::whole as document;
pub use route::{Route, Takes};

use crate::failure::Failure;
use door::{Door, Throttle};

/// Every route of the API.
pub fn table() -> Vec<Route> {
    [
        runs::routes(),
        jobs::routes(),
        schedules::routes(),
        set_ups::routes(),
        calls::routes(),
        changes::routes(),
        accounts::routes(),
        agents::routes(),
        assignments::routes(),
        rules::routes(),
        waiting::routes(),
        contacts::routes(),
        audit::routes(),
    ]
    .concat()
}

/// Everything under `/api/v1`.
pub fn routes(state: &crate::State) -> Router<crate::State> {
    let throttle = Arc::new(Throttle::new(state.limits));
    let mut router = Router::new();
    for route in table() {
        let method = MethodFilter::try_from(route.method.clone());
        let method = method.expect("the table has methods that a router knows");
        let timeout =
            TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, route.patience());
        let door = Arc::new(Door {
            state: state.clone(),
            throttle: Arc::clone(&throttle),
            needs: route.needs,
            reads_query: route.asks.is_some(),
            tried_by: route.tried_by(),
            takes: route.takes,
            what: route.summary,
            handler: route.handler,
        });
        let serve = on(method, async move |request: Request| door.serve(request).await);
        router = router.route(route.path, serve.route_layer(timeout));
    }
    router
        .route("/openapi.json", get(async || openapi::show()))
        .fallback(async || Failure::NotFound { what: "route" })
        .method_not_allowed_fallback(async || Failure::OtherMethod)
}
