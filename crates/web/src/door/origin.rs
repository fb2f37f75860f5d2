//! Which page a request was sent from, as far as its browser says.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

/// Whether a request that changes something was sent by a page of ours, or by no browser at all.
///
/// Browsers say it in `Sec-Fetch-Site`, and older ones in `Origin`; no page can make them lie.
pub fn is_ours(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin");
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    let origin = origins.next().map(|origin| origin.to_str().unwrap_or_default());
    match (site, origin) {
        (_, Some(_)) if origins.next().is_some() => false,
        (Some(is_same), _) if !is_same => false,
        // A browser may keep the origin to itself and still say that it is the same.
        (Some(_), Some("null")) | (_, None) => true,
        (_, Some(origin)) => names_host(origin, headers),
    }
}

/// Whether an origin is that of the host a request was sent to.
fn names_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let (Ok(origin), Some(Ok(host))) = (origin.parse::<Uri>(), host.map(str::parse::<Authority>))
    else {
        return false;
    };
    let usual = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let Some(from) = origin.authority() else { return false };
    from.host().eq_ignore_ascii_case(host.host())
        && from.port_u16().unwrap_or(usual) == host.port_u16().unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(host: &'static str, origin: &'static str, site: &'static str, wanted: bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("host", host), ("origin", origin), ("sec-fetch-site", site)] {
            if !value.is_empty() {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        assert_eq!(is_ours(&headers), wanted, "{host} {origin} {site}");
    }

    #[test]
    fn a_form_of_ours_is_told_from_that_of_another_page() {
        let host = "calls.example.com";
        check(host, "", "", true);
        check(host, "https://calls.example.com", "", true);
        check(host, "https://CALLS.example.com:443", "same-origin", true);
        check("127.0.0.1:8080", "http://127.0.0.1:8080", "same-origin", true);
        check(host, "null", "same-origin", true);
        check(host, "", "same-origin", true);
        for site in ["cross-site", "same-site", "none", "Same-Origin"] {
            check(host, "https://calls.example.com", site, false);
        }
        for origin in [
            "null",
            "https://evil.example",
            "https://calls.example.com.evil.example",
            "https://calls.example.com:8443",
            "http://127.0.0.1:8081",
            "file://calls.example.com",
            "calls.example.com",
        ] {
            check(host, origin, "", false);
        }
        check("127.0.0.1:8080", "http://127.0.0.1:8081", "", false);
    }

    #[test]
    fn of_two_origins_nobody_knows_which() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("localhost"));
        headers.append("origin", HeaderValue::from_static("http://localhost"));
        headers.append("origin", HeaderValue::from_static("http://localhost"));
        assert!(!is_ours(&headers));
    }
}
