//! Posted JSON, signed where there is a secret.

use std::time::Duration;

use domain::{RetryPolicy, Timestamp, hex};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderName};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::Url;

use super::{Letter, NotSent};
use crate::http::{Limits, tls};

const SIGNATURE: HeaderName = HeaderName::from_static("everycall-signature");
const ID: HeaderName = HeaderName::from_static("everycall-id");

fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(15),
        body_bytes_max: 0,
        retry: RetryPolicy::default(),
    }
}

pub(super) async fn post(
    url: &Url,
    letter: &Letter,
    secret: Option<&SecretString>,
    now: Timestamp,
) -> Result<(), NotSent> {
    let client = tls::client(url, &limits()).map_err(|error| NotSent::Ever(error.to_string()))?;
    let mut request = client.post(url.clone()).header(CONTENT_TYPE, "application/json");
    request = request.header(ID, &letter.id);
    if let Some(secret) = secret {
        request = request.header(SIGNATURE, signature(secret, &letter.json, now)?);
    }
    // The address may be a secret in itself, so errors are told without it.
    let answer = request.body(letter.json.clone()).send().await.map_err(|error| {
        let why =
            if error.is_timeout() { "it did not answer in time" } else { "it cannot be reached" };
        tracing::debug!("A letter could not be posted: {}", error.without_url());
        NotSent::Now(why.to_owned())
    })?;
    let status = answer.status();
    let said = format!("it answered {}", status.as_u16());
    match status.as_u16() {
        _ if status.is_success() => Ok(()),
        408 | 425 | 429 | 500.. => Err(NotSent::Now(said)),
        _ => Err(NotSent::Ever(said)),
    }
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 over the seconds, a dot and the body, so that an old letter sent
/// again by somebody else is seen to be old.
pub(super) fn signature(
    secret: &SecretString,
    body: &str,
    now: Timestamp,
) -> Result<String, NotSent> {
    let seconds = now.as_millis() / 1000;
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .map_err(|error| NotSent::Ever(format!("the secret cannot sign: {error}")))?;
    mac.update(format!("{seconds}.{body}").as_bytes());
    Ok(format!("t={seconds},v1={}", hex(&mac.finalize().into_bytes())))
}
