//! Connections over sockets: whoever says nothing keeps none, and keeps nobody out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::sync::CancellationToken;

use crate::certificate::Made;
use crate::tls::{client, read};
use crate::{folder, sample};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// A service that waits for no request for long.
struct Served {
    address: SocketAddr,
    /// How to speak TLS with it, where it does.
    connector: Option<TlsConnector>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl Stream for TcpStream {}
impl Stream for TlsStream<TcpStream> {}

impl Served {
    /// A connection over which nothing was said yet.
    async fn silent(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// A connection over which requests can be sent.
    async fn open(&self) -> Box<dyn Stream> {
        let stream = self.silent().await;
        let Some(connector) = &self.connector else { return Box::new(stream) };
        let name = ServerName::try_from("localhost").expect("it is a name");
        Box::new(connector.connect(name, stream).await.expect("they shake hands"))
    }
}

/// Asks something of a service with so many connections at once, plain or over TLS.
async fn served(has_tls: bool, at_once: usize, asking: impl AsyncFnOnce(Served)) {
    let folder = folder();
    let made = Made::here("localhost");
    let mut state = sample::empty(folder.path()).await;
    state.limits.connections.at_once = at_once;
    state.limits.connections.patience = Duration::from_secs(1);
    state.limits.connections.taking = Duration::from_secs(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    let stop = CancellationToken::new();
    let tls = has_tls.then(|| read(&folder, &made));
    let connector = has_tls.then(|| TlsConnector::from(Arc::new(client(&made))));
    let serving = web::serve(listener, state, tls, stop.clone());
    let asking = async {
        let asked = timeout(LONG, asking(Served { address, connector })).await;
        stop.cancel();
        asked.expect("nobody waits for ever");
    };
    let (served, ()) = tokio::join!(serving, asking);
    served.expect("it ends well");
}

/// Reads until the service closes the connection.
async fn to_the_end(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> String {
    let mut answer = Vec::new();
    // A server may close without the last word of TLS, or with what it was sent unread.
    let _read = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("it is text")
}

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn whoever_does_not_end_what_they_say_is_sent_away() {
    for has_tls in [false, true] {
        served(has_tls, 10, async |served| {
            let (mut silent, mut half) = (served.silent().await, served.open().await);
            half.write_all(b"GET / HT").await.expect("it takes it");
            // One that was answered is kept as long for another request, and no longer.
            let mut idle = served.open().await;
            idle.write_all(REQUEST).await.expect("it takes it");
            let (silent, half, idle) =
                tokio::join!(to_the_end(&mut silent), to_the_end(&mut half), to_the_end(&mut idle));
            assert_eq!((silent.as_str(), half.as_str()), ("", ""), "tls: {has_tls}");
            assert!(idle.starts_with("HTTP/1.1 200"), "tls: {has_tls}: {idle}");
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_takes_nothing_is_given_up() {
    for has_tls in [false, true] {
        served(has_tls, 10, async |served| {
            let mut greedy = served.open().await;
            let page = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
            // Once nothing more fits between the two, the service waits, and then for no longer.
            while greedy.write_all(page).await.is_ok() {}
        })
        .await;
    }
}

#[tokio::test]
async fn whoever_says_nothing_keeps_nobody_out() {
    for has_tls in [false, true] {
        served(has_tls, 3, async |served| {
            let mut silent = Vec::new();
            for _ in 0..4 {
                silent.push(served.silent().await);
            }
            let mut good = served.open().await;
            good.write_all(REQUEST).await.expect("it takes it");
            let answer = to_the_end(&mut good).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "tls: {has_tls}: {answer}");
        })
        .await;
    }
}
