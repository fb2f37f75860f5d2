//! The connection underneath: rustls with Mozilla's roots compiled in, so that no machine's own
//! certificate store decides whom we trust.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use url::{Host, Url};

use super::Limits;

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Tokens would travel in the clear.
    #[error("`{base}` is not https, and plain http is only allowed to this machine itself")]
    InTheClear {
        /// The address as configured, without user name and query.
        base: String,
    },
    /// The address cannot be called at all.
    #[error("`{base}` is not an address such as https://services.example.com")]
    NotAnAddress {
        /// The address as configured.
        base: String,
    },
    /// Nobody's API is there, but the keys of the machine itself may be.
    #[error(
        "`{base}` is a link-local address, where hosters tell a machine about itself and no provider is"
    )]
    LinkLocal {
        /// The address as configured, without user name and query.
        base: String,
    },
    /// The cryptography does not offer what we need.
    #[error("the TLS settings were refused")]
    Tls(#[from] rustls::Error),
    /// The client could not be built.
    #[error("the HTTP client could not be built")]
    Client(#[from] reqwest::Error),
}

/// Refuses addresses that would send a token in the clear, or to where no provider is.
pub fn ensure_safe(base: &Url) -> Result<(), HttpError> {
    let shown = || base.origin().ascii_serialization();
    match base.scheme() {
        "http" | "https" if base.host().as_ref().is_some_and(is_link_local) => {
            Err(HttpError::LinkLocal { base: shown() })
        }
        "https" if base.has_host() => Ok(()),
        "http" if is_this_machine(base) => Ok(()),
        "http" => Err(HttpError::InTheClear { base: shown() }),
        _ => Err(HttpError::NotAnAddress { base: shown() }),
    }
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_link_local(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(_) => false,
        Host::Ipv4(address) => is_link_local_address((*address).into()),
        Host::Ipv6(address) => is_link_local_address((*address).into()),
    }
}

/// Whether an address is one of its own network segment alone.
pub(crate) fn is_link_local_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

pub(crate) fn client(base: &Url, limits: &Limits) -> Result<reqwest::Client, HttpError> {
    ensure_safe(base)?;
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut building = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("everycall/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect_timeout)
        .timeout(limits.request_timeout)
        // A redirect could carry the token elsewhere; an API has no need of them.
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true);
    if is_this_machine(base) {
        building = building.no_proxy();
    }
    Ok(building.build()?)
}
