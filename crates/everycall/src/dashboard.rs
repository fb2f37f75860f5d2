//! The door to the dashboard.

use std::io;
use std::sync::Arc;

use domain::{Clock, Timestamp};
use engine::Context;
use providers::Wait;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves the dashboard until `stop`, with a `notice` on every page.
pub async fn serve(
    listener: TcpListener,
    ctx: &Context,
    read: web::Reader,
    notice: Option<String>,
    stop: CancellationToken,
) -> io::Result<()> {
    let clock = Arc::new(Face(Arc::clone(&ctx.wait)));
    let (store, limits) = (ctx.store.clone(), web::Limits::default());
    web::serve(listener, web::State { store, clock, notice, read, limits }, stop).await
}

/// A clock that tells the time and cannot wait.
struct Face(Arc<dyn Wait>);

impl Clock for Face {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
