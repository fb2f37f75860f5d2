//! What every request passes: the `Host` check, the headers of the answer, and the log's span.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::door::Entrance;
use crate::failure::Failure;

/// What browsers may load for a page, unless it says otherwise.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                          connect-src 'self'; img-src 'self' data:; form-action 'self'; \
                          base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with that, browsers hide from us which page a form was sent from.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses requests that name another host than this machine's loopback, or one that was configured.
pub async fn known_hosts(
    State(entrance): State<Arc<Entrance>>,
    request: Request,
    next: Next,
) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let asked = request.uri().authority().map(Authority::as_str);
    let hosts = named.into_iter().chain(asked);
    let is_known = |host| is_loopback(host) || is_among(host, &entrance.place().hosts);
    if named.is_some() && hosts.into_iter().all(is_known) {
        return next.run(request).await;
    }
    Failure::ForeignHost { has_sign_in: entrance.has_sign_in() }.into_response()
}

/// Whether a host is one of these names, by whatever port.
fn is_among(host: &str, names: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    // Anything but a host and a port is nothing a browser sends.
    let is_plain = !authority.as_str().contains('@');
    is_plain && is_host_among(authority.host(), names)
}

/// Whether a host, without a port, is one of these names. Addresses of IPv6 are written with brackets
/// or without.
pub fn is_host_among(host: &str, names: &[String]) -> bool {
    let host = bare(host);
    let address = |text: &str| text.parse::<std::net::IpAddr>().ok();
    let is_same = |name: &str| match address(host) {
        Some(of_host) => address(name) == Some(of_host),
        None => name.eq_ignore_ascii_case(host),
    };
    names.iter().any(|name| is_same(bare(name)))
}

/// A host without the brackets of an address.
fn bare(host: &str) -> &str {
    let within = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    within.unwrap_or(host)
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    name.eq_ignore_ascii_case("localhost")
        || bare(name).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// For a year, browsers that were here over TLS of ours come by nothing else. Names below ours are
/// others' affair.
const ONLY_BY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds the headers that keep other pages out, and pages with people's numbers out of caches.
pub async fn secure_headers(
    State(entrance): State<Arc<Entrance>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if entrance.place().is_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_BY_TLS);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The span of a request. It has neither the query nor what stands in the place of an id, which may
/// be a call's or a person's.
pub fn span<B>(request: &axum::http::Request<B>) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = route(request))
}

/// The route a request takes, for the log. Of one that takes none under `/api` nothing is said, for
/// nobody knows what stands in it.
pub fn route<B>(request: &axum::http::Request<B>) -> &str {
    match request.extensions().get::<MatchedPath>() {
        Some(matched) => matched.as_str(),
        None if request.uri().path().starts_with("/api/") => "/api/…",
        None => request.uri().path(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_among, is_loopback};

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:8080"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "example.com", "localhost.example.com", "10.0.0.1", "[::2]", "127.0.0.1.nip.io"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_address_of_ipv6_is_known_in_both_spellings() {
        for configured in ["2001:db8::1", "[2001:db8::1]", "2001:DB8:0:0::1"] {
            let names = [configured.to_owned()];
            for host in ["[2001:db8::1]", "[2001:db8::1]:8443", "[2001:DB8::0:1]:80"] {
                assert!(is_among(host, &names), "{configured}: {host}");
            }
            for host in ["[2001:db8::2]", "2001:db8::1", "[2001:db8::1", "[::1]", "[]"] {
                assert!(!is_among(host, &names), "{configured}: {host}");
            }
        }
    }

    #[test]
    fn a_configured_name_is_known_by_any_port_and_no_other_is() {
        let names = ["calls.example.com".to_owned(), "192.0.2.1".to_owned()];
        for host in ["calls.example.com", "CALLS.example.com:8443", "192.0.2.1:8080"] {
            assert!(is_among(host, &names), "{host}");
        }
        for host in [
            "example.com",
            "xcalls.example.com",
            "calls.example.com.evil.example",
            "calls.example.com@evil.example",
            "evil@calls.example.com",
            "",
        ] {
            assert!(!is_among(host, &names), "{host}");
        }
    }
}
