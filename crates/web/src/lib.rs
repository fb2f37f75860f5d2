//! The dashboard and the JSON API: what is known, what is not, and what to do about it.
//!
//! People sign in through `door`, programs send a token. Every request whose `Host` is neither a
//! name of this machine nor configured is refused: a page elsewhere that points its own name at
//! 127.0.0.1 (DNS rebinding) must not read people's calls through a browser. Where nobody signs in,
//! it is meant for a loopback port.
//!
//! Pages work without JavaScript; one small script shows jobs as they go on. Page and JSON show the
//! same facts.

mod api;
mod assets;
mod connections;
mod door;
mod extract;
mod facts;
mod failure;
mod figures;
mod frame;
mod guard;
mod guest;
mod health;
mod limits;
mod list;
mod pages;
mod seats;
mod tls;
mod zone;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

pub use api::{Route, Takes, document, table};
pub use connections::serve;
pub use door::{Entrance, Place, SingleSignOn};
pub use engine::search::Reader;
pub use facts::Budget;
use failure::Failure;
pub use guard::is_host_among;
pub use limits::{Connections, Files, Limits};
pub use pages::{PageRoute, SIGN_IN_BACK_PATH, To, table as pages};
pub use tls::{Tls, TlsError};

/// What every page needs.
#[derive(Clone)]
pub struct State {
    /// Where the calls are.
    pub store: store::Store,
    /// Where "now" comes from.
    pub clock: Arc<dyn domain::Clock>,
    /// A sentence shown on every page, such as "Demo: these calls are simulated".
    pub notice: Option<String>,
    /// How records are read.
    pub read: Reader,
    /// What is known of a source beside its rows.
    pub known: Knower,
    /// How much of it one may take.
    pub limits: Limits,
    /// How people come in.
    pub entrance: Arc<Entrance>,
    /// Where sources are tried out and set up.
    pub office: Arc<engine::set_up::Office>,
}

/// What is known of a source from its configuration.
pub struct Known {
    /// What its provider can answer.
    pub capabilities: domain::Capabilities,
    /// How long what came due is the schedule's next work and no gap.
    pub grace: Duration,
    /// How often it is read by itself; nothing where it is not.
    pub rhythm: Option<domain::Rhythm>,
    /// What may be asked of its provider, where this process asks it.
    pub budget: Option<Budget>,
}

/// Says what is known of a source, configured or not.
pub type Knower = Arc<dyn Fn(&store::SourceRow) -> Known + Send + Sync>;

/// The longest a page may take.
const REQUEST: Duration = Duration::from_secs(20);

/// Every page and every JSON answer.
pub fn router(state: State) -> Router {
    let ids = failure::Ids::new(Arc::clone(&state.clock));
    let screens = Router::new()
        .route("/healthz", get(health::show))
        .merge(pages::routes(&state))
        .merge(assets::routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST));
    screens
        .nest("/api/v1", api::routes(&state))
        .fallback(async || Failure::NotFound { what: "page" })
        .method_not_allowed_fallback(async |method: Method| {
            if method.is_safe() { Failure::OnlyForm } else { Failure::NotSo }
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&state.entrance), guard::known_hosts))
        .layer(from_fn_with_state((ids, state.notice.clone()), failure::explain))
        .layer(from_fn_with_state(Arc::clone(&state.entrance), guard::secure_headers))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(guard::span).on_failure(()))
        .with_state(state)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature the layer asks for")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Failure::Defect { detail: text.unwrap_or("a panic without a message").to_owned() }
        .into_response()
}
