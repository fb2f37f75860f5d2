//! The door to the dashboard.

use std::io;
use std::sync::Arc;

use domain::{Clock, Timestamp};
use providers::Wait;
use store::{Scope, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What the dashboard shows.
struct State {
    store: Store,
    clock: Arc<dyn Clock>,
    notice: Option<String>,
}

/// Serves the dashboard until `stop`.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    wait: Arc<dyn Wait>,
    notice: Option<String>,
    stop: CancellationToken,
) -> io::Result<()> {
    let state = State { store, clock: Arc::new(Hands(wait)), notice };
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => answer(&state, accepted?.0).await?,
        }
    }
}

/// A clock without its waiting.
struct Hands(Arc<dyn Wait>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

async fn answer(state: &State, mut stream: TcpStream) -> io::Result<()> {
    let mut asked = [0; 1024];
    if stream.read(&mut asked).await.is_err() {
        return Ok(());
    }
    let text = page(state).await.unwrap_or_else(|error| error.to_string());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    // A reader that went away is no concern of the others.
    if stream.write_all(format!("{head}{text}").as_bytes()).await.is_err() {}
    Ok(())
}

async fn page(state: &State) -> Result<String, store::StoreError> {
    let mut text =
        format!("Everycall, {}\n{}\n", state.clock.now(), state.notice.as_deref().unwrap_or(""));
    for source in state.store.sources_list().await? {
        let totals = state.store.totals(Scope::Operator, source.id).await?;
        text += &format!("{}: {} calls\n", source.name, totals.calls);
    }
    Ok(text)
}
