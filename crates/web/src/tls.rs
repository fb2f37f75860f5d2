//! TLS of our own, for whoever has no proxy before the service.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::door::Peer;

/// A certificate that is shown, with its key.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read as PEM: {why}")]
    Unreadable {
        /// Which.
        path: String,
        /// What is said.
        why: String,
    },
    /// They do not belong together, or are of a kind nobody knows.
    #[error("the certificate and the key cannot be used: {why}")]
    Unusable {
        /// What is said.
        why: String,
    },
}

/// The longest a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way at once; whoever comes after waits.
const HANDSHAKES_MAX: usize = 256;
/// How long to wait after a connection that could not be taken, such as for want of files.
const REST: Duration = Duration::from_secs(1);

impl Tls {
    /// Reads a certificate with its chain, and its key, both as PEM.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let unreadable = |path: &Path, why: rustls::pki_types::pem::Error| TlsError::Unreadable {
            path: path.display().to_string(),
            why: why.to_string(),
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|why| unreadable(certificate, why))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(|why| unreadable(key, why))?;
        let unusable = |why: rustls::Error| TlsError::Unusable { why: why.to_string() };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().map_err(unusable)?;
        let config = config.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    pub(crate) fn over(self, listener: TcpListener) -> TlsListener {
        TlsListener { listener, acceptor: self.0, handshakes: JoinSet::new() }
    }
}

type Shaken = Option<(TlsStream<TcpStream>, SocketAddr)>;

/// Connections over TLS. Handshakes go on beside each other, so that nobody waits for one that is slow.
pub struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Shaken>,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let has_room = self.handshakes.len() < HANDSHAKES_MAX;
            tokio::select! {
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some(shaken)) = done {
                        return shaken;
                    }
                }
                taken = self.listener.accept(), if has_room => match taken {
                    Ok((stream, from)) => {
                        let shaking = self.acceptor.accept(stream);
                        self.handshakes.spawn(async move {
                            // Whoever does not shake hands is no news.
                            let stream = timeout(HANDSHAKE, shaking).await.ok()?.ok()?;
                            Some((stream, from))
                        });
                    }
                    Err(error) => {
                        tracing::warn!("A connection could not be taken: {error}");
                        tokio::time::sleep(REST).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}
