//! Forms: what a page of ours sends to change something.
//!
//! The door of the pages reads and checks every form before any handler does, so none can forget.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;

use super::origin;
use crate::failure::Failure;

/// The field of every form that shows it to be a page of ours; templates have it as `frame.csrf`.
const FIELD: &str = "csrf";

/// The longest form, in bytes.
const FORM_BYTES_MAX: usize = 256 << 10;

const KIND: &str = "application/x-www-form-urlencoded";

/// What a form says, without its `csrf`. Fields are named as in `T`, each there once at most.
pub struct Posted<T>(pub T);

/// The checked form of a request, on its way to [`Posted`].
#[derive(Clone)]
struct Form(Vec<u8>);

/// Reads the form of a request that changes something, and refuses one that no page of ours sent.
/// `given` is what the forms of whoever sends it carry; nothing before anybody is signed in.
pub async fn read(mut request: Request, given: Option<&str>) -> Result<Request, Failure> {
    if !origin::is_ours(request.headers()) {
        return Err(Failure::NotOurForm);
    }
    let said = request.headers().get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok());
    let kind = said.and_then(|said| said.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(KIND)) {
        return Err(Failure::OtherType { wanted: KIND });
    }
    DefaultBodyLimit::max(FORM_BYTES_MAX).apply(&mut request);
    let (parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(whole, &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Failure::TooLong { bytes_max: FORM_BYTES_MAX };
        }
        Failure::Misasked { sentence: "the form broke off before its end".to_owned() }
    })?;
    let (csrf, rest) = apart(&body);
    if given.is_some_and(|given| !is_same(&csrf, given)) {
        return Err(Failure::NotOurForm);
    }
    let mut request = Request::from_parts(parts, axum::body::Body::empty());
    request.extensions_mut().insert(Form(rest));
    Ok(request)
}

/// Whether what was sent is what was given out, in the same time whatever of it is.
pub fn is_same(sent: &str, given: &str) -> bool {
    !given.is_empty() && bool::from(sent.as_bytes().ct_eq(given.as_bytes()))
}

/// The value of the field that shows whose form it is, and all the others. Two of it are none.
fn apart(body: &[u8]) -> (String, Vec<u8>) {
    let prefix = format!("{FIELD}=");
    let is_field = |pair: &&[u8]| pair.starts_with(prefix.as_bytes());
    let (fields, rest): (Vec<&[u8]>, Vec<&[u8]>) =
        body.split(|byte| *byte == b'&').partition(is_field);
    // Its letters are those of base64 for addresses, which no browser writes in another way.
    let csrf = match fields[..] {
        [one] => String::from_utf8_lossy(&one[prefix.len()..]).into_owned(),
        _ => String::new(),
    };
    (csrf, rest.join(&b'&'))
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Posted<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let form = parts.extensions.get::<Form>();
        let form = form.ok_or_else(|| Failure::Defect { detail: "no form was read".to_owned() })?;
        let read = serde_urlencoded::from_bytes(&form.0);
        read.map(Self).map_err(|error| Failure::Misasked {
            sentence: format!("the form says what is not understood: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, csrf: &str, rest: &str) {
        assert_eq!(apart(body.as_bytes()), (csrf.to_owned(), rest.as_bytes().to_vec()), "{body}");
    }

    #[test]
    fn the_field_of_a_form_is_taken_out_of_it() {
        check("csrf=abc&name=Ann", "abc", "name=Ann");
        check("name=Ann&csrf=abc", "abc", "name=Ann");
        check("name=Ann", "", "name=Ann");
        check("csrf=a&csrf=a", "", "");
        check("csrfx=a&xcsrf=b", "", "csrfx=a&xcsrf=b");
        check("", "", "");
    }

    #[test]
    fn nothing_given_out_is_not_the_same_as_nothing_sent() {
        assert!(is_same("abc", "abc"));
        assert!(!is_same("", "") && !is_same("abc", "abd") && !is_same("ab", "abc"));
    }
}
