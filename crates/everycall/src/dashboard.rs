//! The door to the dashboard.

use std::io;
use std::sync::Arc;

use domain::{Clock, Timestamp};
use providers::Wait;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use web::{Entrance, Tls};

use crate::wiring::{Desk, Shown, records};

/// How people come to the dashboard.
pub struct Way {
    /// Whether they sign in.
    pub entrance: Entrance,
    /// A certificate, where it speaks TLS itself.
    pub tls: Option<Tls>,
    /// What stands on every page.
    pub notice: Option<String>,
}

/// Serves the dashboard until `stop`.
pub async fn serve(
    listener: TcpListener,
    (desk, shown): (&Desk, watch::Receiver<Arc<Shown>>),
    way: Way,
    stop: CancellationToken,
) -> io::Result<()> {
    let Way { entrance, tls, notice } = way;
    let state = web::State {
        store: desk.ctx.store.clone(),
        clock: Arc::new(Face(Arc::clone(&desk.ctx.wait))),
        notice,
        read: records(shown.clone()),
        known: desk.known_sources(shown),
        office: Arc::new(desk.office()),
        limits: web::Limits::default(),
        entrance: Arc::new(entrance),
    };
    web::serve(listener, state, tls, stop).await
}

/// A clock that tells the time and cannot wait.
struct Face(Arc<dyn Wait>);

impl Clock for Face {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
