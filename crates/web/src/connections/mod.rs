//! Connections: how many there may be, and how long one may take to say what it wants.
//!
//! Whoever connects and says nothing, or one letter at a time, or takes nothing of what they asked for,
//! would keep a connection for ever otherwise, and a few hundred of them the service from everybody
//! else.

mod taking;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

use crate::door::{Peer, network};
use crate::limits::Connections;
use crate::seats::{Seat, Seats};
use crate::tls::Tls;
use crate::{State, router};
use taking::Taking;

/// How long requests under way may go on once the service is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait after a connection that could not be taken, such as for want of files.
const REST: Duration = Duration::from_secs(1);

/// Serves until `stop`, over TLS where there is a certificate, then lets requests under way finish for
/// a moment.
pub async fn serve(
    listener: TcpListener,
    state: State,
    tls: Option<Tls>,
    stop: CancellationToken,
) -> io::Result<()> {
    let limits = state.limits.connections;
    let has_proxy = state.entrance.place().has_trusted_proxy;
    let room = Arc::new(Semaphore::new(limits.at_once));
    let addresses = Seats::new(limits.of_one_address);
    let served = Arc::new(Served { app: router(state), tls, limits, stop: stop.clone() });
    let mut open = JoinSet::new();
    while let Some((place, stream, from)) = stop.run_until_cancelled(next(&listener, &room)).await {
        // Those that ended meanwhile are forgotten.
        while open.try_join_next().is_some() {}
        let Ok(of_address) = of_address(&addresses, from.ip(), has_proxy) else { continue };
        let served = Arc::clone(&served);
        open.spawn(async move {
            served.talk(stream, from).await;
            drop((place, of_address));
        });
    }
    drop(listener);
    let done = async { while open.join_next().await.is_some() {} };
    if timeout(GRACE, done).await.is_err() {
        tracing::debug!("{} connections were cut off", open.len());
    }
    Ok(())
}

/// The next connection, once there is room for it.
async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
    let place = Arc::clone(room).acquire_owned().await.expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return (place, stream, from),
            Err(error) if has_left(&error) => {}
            Err(error) => {
                tracing::warn!("A connection could not be taken: {error}");
                sleep(REST).await;
            }
        }
    }
}

/// Whether somebody left before they were let in.
fn has_left(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionAborted | E::ConnectionRefused | E::ConnectionReset)
}

/// An address that has as many connections as it may.
struct Crowded;

/// A seat for one more connection from this address. Those of this machine and of a proxy, through
/// which everybody comes, are not counted and need none.
fn of_address(
    addresses: &Seats<IpAddr>,
    from: IpAddr,
    has_proxy: bool,
) -> Result<Option<Seat<IpAddr>>, Crowded> {
    let address = network(from);
    if has_proxy || address.is_loopback() {
        return Ok(None);
    }
    addresses.take(&address).map(Some).ok_or(Crowded)
}

/// What every connection needs.
struct Served {
    app: Router,
    tls: Option<Tls>,
    limits: Connections,
    stop: CancellationToken,
}

impl Served {
    async fn talk(&self, stream: TcpStream, from: SocketAddr) {
        let stream = Taking::new(stream, self.limits.taking);
        let Some(tls) = &self.tls else { return self.answer(stream, from).await };
        let shaken = timeout(self.limits.patience, tls.shake_hands(stream));
        // Whoever does not shake hands is no news.
        if let Some(Ok(Ok(stream))) = self.stop.run_until_cancelled(shaken).await {
            self.answer(stream, from).await;
        }
    }

    async fn answer<I>(&self, stream: I, from: SocketAddr)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // With the address of whoever asks, for the doors.
        let app = Extension(ConnectInfo(Peer(from))).layer(self.app.clone());
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.patience);
        let service = TowerToHyperService::new(app);
        let mut talk = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = talk.as_mut() => ended,
            () = self.stop.cancelled() => {
                talk.as_mut().graceful_shutdown();
                talk.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("A connection ended before it was done: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_of_connections_and_this_machine_and_a_proxy_have_all() {
        let addresses = Seats::new(1);
        let mut open = Vec::new();
        let mut is_let_in = |from: &str, has_proxy| {
            let from = from.parse().expect("it is an address");
            let place = of_address(&addresses, from, has_proxy);
            let is_let_in = place.is_ok();
            open.push(place);
            is_let_in
        };
        assert!(is_let_in("192.0.2.1", false) && !is_let_in("192.0.2.1", false));
        assert!(is_let_in("192.0.2.2", false) && is_let_in("192.0.2.1", true));
        assert!(is_let_in("2001:db8:1:2::1", false) && !is_let_in("2001:db8:1:2::2", false));
        assert!(is_let_in("127.0.0.1", false) && is_let_in("127.0.0.1", false));
        assert!(is_let_in("::1", false) && is_let_in("::1", false));
    }
}
