//! TLS of our own, for whoever has no proxy before the service.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::{Accept, TlsAcceptor};

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

    /// Shakes hands over a connection.
    pub(crate) fn shake_hands<I>(&self, stream: I) -> Accept<I>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        self.0.accept(stream)
    }
}
