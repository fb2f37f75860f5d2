//! Requests and answers as plain values, so that a provider needs no HTTP library.

use std::borrow::Cow;
use std::io::Write;

use axum::http::request::Parts as RequestParts;
use axum::http::response::Parts as ResponseParts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `POST` …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The raw query, empty when there is none.
    pub query: String,
    /// The query decoded, in the order given.
    pub params: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
    headers: HeaderMap,
}

impl Asked {
    pub(super) fn new(head: RequestParts, body: Bytes) -> Self {
        let query = head.uri.query().unwrap_or_default().to_owned();
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            params: form_decoded(&query),
            query,
            body,
            headers: head.headers,
        }
    }

    /// `path?query`, or the path alone when there is no query.
    pub fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// A header's value, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The last value given for a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().rfind(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The same request as a server hears it that does not know these parameters.
    #[must_use]
    pub fn without_params(&self, names: &[String]) -> Cow<'_, Self> {
        if names.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut heard = self.clone();
        heard.params.retain(|(name, _)| !names.contains(name));
        Cow::Owned(heard)
    }

    /// The page asked for; 1 when none is.
    pub fn page(&self) -> u32 {
        self.param("page").and_then(|page| page.parse().ok()).unwrap_or(1)
    }

    pub(super) fn accepts_gzip(&self) -> bool {
        self.header("accept-encoding").is_some_and(|it| it.contains("gzip"))
    }
}

/// Decodes `a=b&c=d`, percent signs and plus signs included.
pub fn form_decoded(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(key), percent_decoded(value))
        })
        .collect()
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An answer before it goes on the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, content type included.
    pub headers: Vec<(&'static str, String)>,
    /// Its whole body.
    pub body: Bytes,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::of_type(status, "application/json; charset=utf-8", body)
    }

    /// An answer of another content type.
    pub fn of_type(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into() }
    }

    pub(super) fn finish(self, date: i64, gzip: bool) -> (ResponseParts, Bytes) {
        let (mut parts, ()) = Response::new(()).into_parts();
        parts.status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                parts.headers.append(name, value);
            }
        }
        if let Some(date) = http_date(date) {
            parts.headers.insert(header::DATE, date);
        }
        if !gzip {
            return (parts, self.body);
        }
        let encoding = HeaderValue::from_static("gzip");
        parts.headers.insert(header::CONTENT_ENCODING, encoding);
        (parts, compressed(&self.body))
    }
}

fn http_date(unix_ms: i64) -> Option<HeaderValue> {
    let instant = Timestamp::from_millisecond(unix_ms).ok()?;
    let printer = rfc2822::DateTimePrinter::new();
    let text = printer.timestamp_to_rfc9110_string(&instant).ok()?;
    HeaderValue::from_str(&text).ok()
}

fn compressed(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(body)
        .and_then(|()| encoder.finish())
        .expect("writing to memory cannot fail")
        .into()
}
