//! The door to the dashboard.

use std::io;
use std::sync::Arc;

use domain::{Clock, Timestamp};
use providers::Wait;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::wiring::Desk;

/// Serves the dashboard until `stop`, with a `notice` on every page.
pub async fn serve(
    listener: TcpListener,
    desk: &Desk,
    notice: Option<String>,
    stop: CancellationToken,
) -> io::Result<()> {
    let state = web::State {
        store: desk.ctx.store.clone(),
        clock: Arc::new(Face(Arc::clone(&desk.ctx.wait))),
        notice,
        read: desk.records(),
        known: desk.known_sources(),
        limits: web::Limits::default(),
        entrance: Arc::new(web::Entrance::without_sign_in().map_err(io::Error::other)?),
    };
    web::serve(listener, state, stop).await
}

/// A clock that tells the time and cannot wait.
struct Face(Arc<dyn Wait>);

impl Clock for Face {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
