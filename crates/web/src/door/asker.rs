//! What a request says of where it comes from.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use secrecy::SecretString;

use super::entrance::Place;
use super::{cookie, origin};
use crate::failure::Failure;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Whoever sends a request, before anybody knows who it is.
#[derive(Clone)]
pub struct Asker {
    /// By which their tries are counted: of the addresses of IPv6 a network has too many.
    pub peer: Option<IpAddr>,
    /// Their address, in short.
    pub address: String,
    /// What they ask with, in short.
    pub agent: String,
    /// Whether nobody reads along.
    pub is_secure: bool,
    /// What their browser was given when they signed in.
    pub secret: Option<SecretString>,
    /// What their browser was given when they were sent to an identity provider.
    pub trip: Option<SecretString>,
    /// Whether a page of ours sent them here, or no page at all.
    pub is_from_here: bool,
}

impl Asker {
    /// Whoever sends this.
    pub fn of(request: &Request, place: &Place) -> Self {
        let headers = request.headers();
        let near = request.extensions().get::<ConnectInfo<Peer>>();
        let near = near.map(|info| info.0.0.ip().to_canonical());
        // A proxy adds to what it was sent, so that only the last is its own word.
        let far = last(headers, "x-forwarded-for").and_then(|text| text.parse::<IpAddr>().ok());
        let address = far.filter(|_| place.has_trusted_proxy).or(near);
        let is_forwarded = place.has_trusted_proxy
            && last(headers, "x-forwarded-proto")
                .is_some_and(|by| by.eq_ignore_ascii_case("https"));
        let is_secure = place.is_tls || is_forwarded;
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            peer: address.map(network),
            address: address.map_or_else(|| "unknown".to_owned(), |ip| network(ip).to_string()),
            agent: brief(agent.unwrap_or_default()).to_owned(),
            is_secure,
            secret: cookie::SESSION.secret(headers, is_secure),
            trip: cookie::TRIP.secret(headers, is_secure),
            is_from_here: origin::is_ours(headers),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let asker = parts.extensions.get::<Self>().cloned();
        asker.ok_or_else(|| Failure::Defect { detail: "a page without a door".to_owned() })
    }
}

fn last<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get_all(name).into_iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim)
}

/// An address of IPv4, or the network of one of IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        other => other,
    }
}

/// What somebody asks with, in words of ours: what a browser says of itself is anybody's text.
fn brief(agent: &str) -> &'static str {
    const SYSTEMS: [&str; 6] = ["iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux"];
    let system = SYSTEMS.iter().position(|system| agent.contains(system));
    let browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
    let browser = browser.iter().position(|browser| agent.contains(browser));
    match (browser, system) {
        (Some(0), Some(3)) => "Edge on Windows",
        (Some(0), _) => "Edge",
        (Some(1), _) => "Opera",
        (Some(2), Some(2)) => "Firefox on Android",
        (Some(2), Some(3)) => "Firefox on Windows",
        (Some(2), Some(4)) => "Firefox on a Mac",
        (Some(2), Some(5)) => "Firefox on Linux",
        (Some(2), _) => "Firefox",
        (Some(3), Some(2)) => "Chrome on Android",
        (Some(3), Some(3)) => "Chrome on Windows",
        (Some(3), Some(4)) => "Chrome on a Mac",
        (Some(3), Some(5)) => "Chrome on Linux",
        (Some(3), _) => "Chrome",
        (Some(4), Some(0)) => "Safari on an iPhone",
        (Some(4), Some(1)) => "Safari on an iPad",
        (Some(4), _) => "Safari",
        (None, _) if agent.is_empty() => "something that does not say",
        _ => "another program",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asker(headers: &[(&str, &str)], near: &str, place: &Place) -> Asker {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).expect("it is one");
        let near = near.parse().expect("it is an address");
        request.extensions_mut().insert(ConnectInfo(Peer(near)));
        Asker::of(&request, place)
    }

    #[test]
    fn only_a_trusted_proxy_says_from_where_a_request_comes() {
        let (open, behind) =
            (Place::default(), Place { has_trusted_proxy: true, ..Place::default() });
        let said =
            [("x-forwarded-for", "198.51.100.7, 203.0.113.9"), ("x-forwarded-proto", "https")];
        let direct = asker(&said, "192.0.2.1:5000", &open);
        assert_eq!((direct.address.as_str(), direct.is_secure), ("192.0.2.1", false));
        let through = asker(&said, "192.0.2.1:5000", &behind);
        assert_eq!((through.address.as_str(), through.is_secure), ("203.0.113.9", true));
        let silent = asker(&[("x-forwarded-for", "who knows")], "192.0.2.1:5000", &behind);
        assert_eq!((silent.address.as_str(), silent.is_secure), ("192.0.2.1", false));
        let tls = Place { is_tls: true, ..Place::default() };
        assert!(asker(&[], "192.0.2.1:5000", &tls).is_secure);
    }

    #[test]
    fn addresses_of_one_network_of_ipv6_are_one() {
        let place = Place::default();
        let one = asker(&[], "[2001:db8:1:2:3:4:5:6]:5000", &place);
        let two = asker(&[], "[2001:db8:1:2::9]:5000", &place);
        let four = asker(&[], "[::ffff:192.0.2.1]:5000", &place);
        assert_eq!(one.peer, two.peer);
        assert_eq!((one.address.as_str(), four.address.as_str()), ("2001:db8:1:2::", "192.0.2.1"));
        assert_eq!(asker(&[], "[::1]:5000", &place).address, "::1");
    }

    #[test]
    fn what_a_browser_says_of_itself_is_told_in_our_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1";
        assert_eq!(brief(firefox), "Firefox on Linux");
        assert_eq!(brief(safari), "Safari on an iPhone");
        assert_eq!(brief("curl/8.5.0"), "another program");
        assert_eq!(brief("<script>"), "another program");
        assert_eq!(brief(""), "something that does not say");
    }
}
