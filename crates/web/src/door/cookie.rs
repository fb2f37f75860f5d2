//! What a browser is given when somebody signs in, and while they are at an identity provider.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use domain::users::{SESSION_MAX, TRIP_MAX};
use secrecy::{ExposeSecret, SecretString};

/// A secret that a browser keeps for us.
pub struct Cookie {
    /// Its name where nobody reads along: with the prefix, browsers take it from this host and over
    /// TLS only, so that no neighbour can plant one.
    secure: &'static str,
    plain: &'static str,
    /// How long a browser keeps it.
    kept: Duration,
}

/// Of whoever is signed in.
pub const SESSION: Cookie =
    Cookie { secure: "__Host-everycall", plain: "everycall", kept: SESSION_MAX };

/// Of whoever was sent to an identity provider and is to come back with the same browser.
pub const TRIP: Cookie =
    Cookie { secure: "__Host-everycall-trip", plain: "everycall-trip", kept: TRIP_MAX };

/// Letters of a secret: 256 bits in base64.
const LETTERS: usize = 43;

impl Cookie {
    /// The secret a request carries. Of two nobody knows which.
    pub fn secret(&self, headers: &HeaderMap, is_secure: bool) -> Option<SecretString> {
        let wanted = if is_secure { self.secure } else { self.plain };
        let lines = headers.get_all(header::COOKIE).into_iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let pairs =
            lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value);
        let (first, second) = (found.next()?, found.next());
        let is_one = first.len() == LETTERS && first.bytes().all(is_letter) && second.is_none();
        is_one.then(|| SecretString::from(first))
    }

    /// Gives a browser its secret.
    pub fn given(&self, secret: &SecretString, is_secure: bool) -> HeaderValue {
        self.line(secret.expose_secret(), self.kept.as_secs(), is_secure)
    }

    /// Takes it back.
    pub fn taken(&self, is_secure: bool) -> HeaderValue {
        self.line("", 0, is_secure)
    }

    fn line(&self, value: &str, seconds: u64, is_secure: bool) -> HeaderValue {
        let (name, secure) = if is_secure { (self.secure, "; Secure") } else { (self.plain, "") };
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        let mut line = HeaderValue::from_str(&text).expect("a secret is letters of base64");
        line.set_sensitive(true);
        line
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cookies: &[&str], is_secure: bool, wanted: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append("cookie", HeaderValue::from_str(line).expect("it is text"));
        }
        let found = SESSION.secret(&headers, is_secure);
        assert_eq!(found.as_ref().map(ExposeSecret::expose_secret), wanted, "{cookies:?}");
    }

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        let (one, two) = ("A".repeat(43), "B".repeat(43));
        check(&[&format!("a=b; everycall={one}; c=d")], false, Some(&one));
        check(&["a=b", &format!("everycall={one}")], false, Some(&one));
        check(&[&format!("everycall={one}; everycall={two}")], false, None);
        check(&[&format!("everycall={one}x")], false, None);
        check(&[&format!("everycall={}", "é".repeat(43))], false, None);
        check(&[&format!("xeverycall={one}")], false, None);
        check(&[&format!("everycall-trip={one}")], false, None);
        check(&[&format!("everycall-trip={two}; everycall={one}")], false, Some(&one));
        check(&[], false, None);
        // Over TLS only the one counts that no neighbour can plant.
        check(&[&format!("everycall={one}")], true, None);
        check(&[&format!("everycall={one}; __Host-everycall={two}")], true, Some(&two));
    }

    #[test]
    fn a_cookie_is_for_this_service_alone() {
        let secret = SecretString::from("A".repeat(43));
        let line = SESSION.given(&secret, true);
        let text = line.to_str().expect("it is text");
        assert!(text.starts_with("__Host-everycall=AAA") && text.ends_with("; Secure"), "{text}");
        for wanted in ["; Path=/;", "; HttpOnly;", "; SameSite=Lax;", "Max-Age=2592000"] {
            assert!(text.contains(wanted), "{text}");
        }
        let trip = TRIP.given(&secret, true);
        let text = trip.to_str().expect("it is text");
        assert!(
            text.starts_with("__Host-everycall-trip=AAA") && text.contains("Max-Age=600;"),
            "{text}"
        );
        assert_eq!(SESSION.taken(false), "everycall=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
