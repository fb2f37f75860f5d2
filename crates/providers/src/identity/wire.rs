//! What goes over the wire to an identity provider: bounded in time and length, following nothing.

use std::pin::Pin;
use std::time::Duration;

use domain::RetryPolicy;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use crate::http::{HttpError, Limits, ensure_safe, tls};

/// The longest answer; what is published is a few thousand bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// The way to one identity provider.
pub(super) struct Wire {
    client: reqwest::Client,
    /// Whether the issuer is on this machine itself, where plain http does.
    is_near: bool,
}

/// Why there is no answer. Addresses hold codes, so they are left out.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("it does not answer in time")]
    Late,
    #[error("no connection comes about")]
    Unconnected,
    #[error("the connection broke")]
    Broken,
    #[error("its answer is longer than {BODY_BYTES_MAX} bytes")]
    TooLong,
    #[error("it names an address that is not https")]
    InTheClear,
    #[error(transparent)]
    Unfit(#[from] HttpError),
    #[error("the request cannot be written")]
    Unwritable,
}

impl Wire {
    pub(super) fn to(issuer: &Url) -> Result<Self, HttpError> {
        let limits = Limits {
            connect_timeout: Duration::from_secs(4),
            request_timeout: Duration::from_secs(8),
            body_bytes_max: BODY_BYTES_MAX,
            retry: RetryPolicy::default(),
        };
        Ok(Self { client: tls::client(issuer, &limits)?, is_near: issuer.scheme() == "http" })
    }

    /// Refuses an address the identity provider names that is less safe than its own.
    pub(super) fn ensure_fit(&self, url: &Url) -> Result<(), NoAnswer> {
        if url.scheme() != "https" && !self.is_near {
            return Err(NoAnswer::InTheClear);
        }
        Ok(ensure_safe(url)?)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request =
            reqwest::Request::try_from(request).map_err(|_unreadable| NoAnswer::Unwritable)?;
        self.ensure_fit(request.url())?;
        let mut response = self.client.execute(request).await.map_err(|error| judged(&error))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| judged(&error))? {
            if body.len() + part.len() > BODY_BYTES_MAX {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&part);
        }
        let mut answer = HttpResponse::new(body);
        (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
        Ok(answer)
    }
}

fn judged(error: &reqwest::Error) -> NoAnswer {
    match error {
        error if error.is_timeout() => NoAnswer::Late,
        error if error.is_connect() => NoAnswer::Unconnected,
        _ => NoAnswer::Broken,
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
